//! Tests of the desk.

use super::*;
use edgecull_core::verdict::Decision;
use std::fs;

struct Place {
    _folder: tempfile::TempDir,
    desk: Desk,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let (spool, _) = Spool::open(folder.path()).expect("a spool");
    let strictness = Strictness::Normal;
    let rules = Rules { strictness, grouping: None, hold: None, xmp: Xmp::Off };
    Place { _folder: folder, desk: Desk::new(spool, rules) }
}

impl Place {
    /// Hands in a file that was decided so.
    fn admit(&self, name: &str, bytes: &[u8], decision: Decision) -> Result<Receipt, SpoolError> {
        let name = GivenName::new(name).expect("a name");
        let spool = self.desk.spool();
        let (id, folder) =
            spool.begin(&crate::rig::spool::Origin::new("ftp", &name)).expect("begun");
        let path = folder.join(name.name());
        fs::write(&path, bytes).expect("written");
        let (bytes, hash) = crate::rig::spool::hash_of(&path).expect("read");
        let mut judged = Judged::unread("");
        judged.verdict.decision = decision;
        self.desk.admit(Arrived { id, source: "ftp".into(), name, bytes, hash, judged })
    }

    fn row(&self, id: u64) -> Row {
        self.desk.spool().get(id).expect("read").expect("a row")
    }
}

#[test]
fn the_same_file_twice_is_one_frame() {
    let place = place();
    let first = place.admit("a/1.jpg", b"one", Decision::Keep).expect("taken");
    assert!(!first.known);
    let again = place.admit("a/1.jpg", b"one", Decision::Keep).expect("taken");
    assert_eq!((again.id, again.known), (first.id, true));
    for (name, bytes) in [("a/2.jpg", b"one"), ("b/1.jpg", b"one"), ("a/1.jpg", b"two")] {
        let other = place.admit(name, bytes, Decision::Keep).expect("taken");
        assert!(!other.known, "{name}");
    }
    // Sent again by a person, long after it went.
    let gone = Row { received_ms: 1, ..place.row(first.id) };
    place.desk.spool().update(&gone).expect("written");
    assert!(place.admit("a/1.jpg", b"one", Decision::Keep).is_ok_and(|r| r.known));
    place.desk.handed_on(&gone, true).expect("gone");
    assert!(place.admit("a/1.jpg", b"one", Decision::Keep).is_ok_and(|r| !r.known));
}

#[test]
fn places_follow_the_decision_and_a_person() {
    let place = place();
    let decisions = [Decision::Keep, Decision::Review, Decision::Reject, Decision::Error];
    for (n, decision) in decisions.into_iter().enumerate() {
        let name = format!("{n}.jpg");
        let taken = place.admit(&name, name.as_bytes(), decision).expect("taken");
        let row = place.row(taken.id);
        assert_eq!(row.state, State::of(decision));
        assert!(place.desk.spool().folder(row.state, row.id).join(&name).is_file());
    }
    let released = place.desk.release(3).expect("written").expect("it waits");
    assert_eq!((released.state, place.row(3).state), (State::Kept, State::Kept));
    assert_eq!(place.desk.release(99).expect("read"), None);
    let order: Vec<u64> = (0..5)
        .map_while(|from| place.desk.first(&[State::Kept, State::Unjudged], from).ok()?)
        .map(|row| row.id)
        .collect();
    assert_eq!(order, [1, 1, 3, 3, 4]);
}

#[test]
fn a_file_with_a_provisional_name_waits_for_its_own() {
    let place = place();
    let leader = place.admit("1.jpg", b"one", Decision::Review).expect("taken");
    let hidden = place.admit(".in.2.jpg", b"two", Decision::Keep).expect("taken");
    let raw = place.admit("1.tmp", b"raw", Decision::Error).expect("taken");
    assert_eq!(place.row(hidden.id).state, State::Judged);
    let name = |path: &str| GivenName::new(path).expect("a name");
    let rename = |from, to| place.desk.rename("ftp", &name(from), &name(to));
    assert_eq!(rename(".in.2.jpg", "2.jpg").expect("renamed"), Some(Renamed::Done));
    assert_eq!(place.row(hidden.id).state, State::Kept);
    assert!(place.row(hidden.id).record.contains("2.jpg"));
    let Some(Renamed::JudgeAgain(again)) = rename("1.tmp", "1.cr3").expect("renamed") else {
        panic!("its ending says something else now");
    };
    let (row, found) = *again;
    assert_eq!(found.as_ref().map(|row| row.id), Some(leader.id));
    place.desk.again(row, found, Judged::unread("")).expect("taken");
    assert_eq!(place.row(leader.id).files.len(), 2);
    assert_eq!(place.row(raw.id).state, State::Done);
    assert_eq!(rename("9.jpg", "8.jpg").expect("read"), None);
}

#[test]
fn a_raw_file_that_says_nothing_is_judged_by_its_jpeg() {
    let place = place();
    let raw = place.admit("1.cr3", b"raw", Decision::Error).expect("taken");
    assert_eq!(place.row(raw.id).state, State::Unjudged);
    let jpeg = place.admit("1.jpg", b"jpeg", Decision::Reject).expect("taken");
    assert_eq!((jpeg.id, jpeg.decision), (raw.id, Decision::Reject));
    let row = place.row(raw.id);
    assert_eq!((row.state, row.given()), (State::Rejected, "1.jpg".into()));
    assert_eq!(place.desk.spool().files(&row).expect("listed"), ["1.cr3", "1.jpg"]);
    // The same after the RAW file has gone.
    let raw = place.admit("2.cr3", b"raw 2", Decision::Error).expect("taken");
    place.desk.handed_on(&place.row(raw.id), true).expect("gone");
    let jpeg = place.admit("2.jpg", b"jpeg 2", Decision::Review).expect("taken");
    let row = place.row(jpeg.id);
    assert_eq!((row.state, row.after), (State::Review, Some(raw.id)));
}

#[test]
fn what_cannot_be_placed_stays_and_may_come_again() {
    let place = place();
    let kept = place.desk.spool().root().join("kept");
    fs::remove_dir(&kept).expect("removed");
    assert!(place.admit("1.jpg", b"one", Decision::Keep).is_err());
    assert!(place.desk.spool().incoming(1).join("1.jpg").is_file());
    fs::create_dir(&kept).expect("made");
    assert!(place.admit("1.jpg", b"one", Decision::Keep).is_ok_and(|taken| !taken.known));
    assert_eq!(place.row(2).state, State::Kept);
}
