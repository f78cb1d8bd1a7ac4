//! Tests of the spool: what a start finds, and what it makes of it.

use super::row::Verdict;
use super::*;
use std::ffi::OsStr;

/// A folder with a spool that no rig holds any more.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().expect("a folder");
    drop(Spool::open(place.path()).expect("a spool"));
    place
}

/// Lays a file among those that come, as a source does.
fn arrive(spool: &Spool, name: &str, bytes: &[u8]) -> Row {
    let given = GivenName::new(name).expect("a name");
    let (id, folder) = spool.begin(&Origin::new("ftp", &given)).expect("begun");
    let path = folder.join(given.name());
    fs::write(&path, bytes).expect("written");
    let (bytes, hash) = hash_of(&path).expect("read");
    Row {
        id,
        state: State::Kept,
        source: "ftp".into(),
        folder: Name(given.folder().into()),
        files: vec![FileRow { name: Name(given.name().into()), bytes, hash }],
        received_ms: 5,
        verdict: Verdict::Keep,
        record: "{}".into(),
        released: false,
        after: None,
        plan: None,
    }
}

fn admit(spool: &Spool, name: &str, bytes: &[u8]) -> Row {
    let row = arrive(spool, name, bytes);
    spool.change(&[Change { row: row.clone(), from: None }]).expect("moved");
    row
}

fn ids(spool: &Spool, state: State) -> Vec<u64> {
    let mut ids = Vec::new();
    spool
        .each(state, |row| {
            ids.push(row.id);
            true
        })
        .expect("read");
    ids
}

#[test]
fn a_frame_is_where_its_row_says_and_numbers_go_on() {
    let place = place();
    let (spool, _) = Spool::open(place.path()).expect("a spool");
    let row = admit(&spool, "a/1.jpg", b"one");
    assert_eq!(fs::read(spool.folder(State::Kept, 1).join("1.jpg")).expect("there"), b"one");
    assert_eq!(spool.get(1).expect("read"), Some(row));
    let rig = spool.rig();
    drop(spool);
    let (spool, story) = Spool::open(place.path()).expect("again");
    assert!(story.said.is_empty() && story.leftovers.is_empty());
    assert_eq!(spool.rig(), rig);
    assert_eq!(admit(&spool, "2.jpg", b"two").id, 2);
}

#[test]
fn only_one_rig_at_a_time() {
    let place = place();
    let (_spool, _) = Spool::open(place.path()).expect("a spool");
    assert!(matches!(Spool::open(place.path()), Err(SpoolError::InUse { .. })));
}

#[test]
fn changes_happen_together_or_not_at_all() {
    let place = place();
    let (spool, _) = Spool::open(place.path()).expect("a spool");
    let first = admit(&spool, "1.jpg", b"one");
    let second = arrive(&spool, "2.jpg", b"two");
    fs::remove_dir(place.path().join("rejected")).expect("removed");
    let review = Row { state: State::Review, ..first.clone() };
    let rejected = Row { state: State::Rejected, ..second };
    let changes =
        [Change { row: review, from: Some(State::Kept) }, Change { row: rejected, from: None }];
    assert!(spool.change(&changes).is_err());
    assert!(spool.folder(State::Kept, 1).join("1.jpg").is_file());
    assert!(spool.incoming(2).join("2.jpg").is_file());
    assert_eq!(spool.get(1).expect("read"), Some(first));
    assert_eq!(spool.get(2).expect("read"), None);
}

#[test]
fn a_rename_of_which_the_journal_has_not_heard_has_happened() {
    let place = place();
    let (spool, _) = Spool::open(place.path()).expect("a spool");
    admit(&spool, "1.jpg", b"one");
    let (old, new) = (spool.folder(State::Kept, 1), spool.folder(State::Review, 1));
    drop(spool);
    fs::rename(old, new).expect("renamed");
    let (spool, _) = Spool::open(place.path()).expect("again");
    assert_eq!((ids(&spool, State::Kept), ids(&spool, State::Review)), (vec![], vec![1]));
}

#[test]
fn what_was_handed_on_goes_and_nothing_else() {
    let place = place();
    let (spool, _) = Spool::open(place.path()).expect("a spool");
    let rows = [admit(&spool, "1.jpg", b"one"), admit(&spool, "2.jpg", b"two")];
    let folders = rows.clone().map(|row| spool.folder(State::Kept, row.id));
    fs::write(folders[0].join("1.xmp"), "sidecar").expect("written");
    fs::write(folders[1].join("mine.txt"), "a note").expect("written");
    for row in &rows {
        let handed_on = Row { state: State::HandedOn, ..row.clone() };
        spool.journal.put(&[&handed_on]).expect("written");
    }
    drop(spool);
    let (spool, _) = Spool::open(place.path()).expect("again");
    assert!(!folders[0].exists());
    assert_eq!(spool.names_in(&folders[1]).expect("listed"), [OsStr::new("mine.txt")]);
    assert_eq!(ids(&spool, State::Done), [1, 2]);
}

#[test]
fn frames_that_the_journal_does_not_know_are_taken_in() {
    let place = place();
    let (spool, _) = Spool::open(place.path()).expect("a spool");
    let rows = [
        admit(&spool, "a/1.jpg", b"one"),
        admit(&spool, "2.jpg", b"two"),
        admit(&spool, "3", b"3"),
    ];
    fs::remove_file(spool.folder(State::Kept, 2).join(ROW)).expect("removed");
    // A row that is not its frame's.
    fs::write(spool.folder(State::Kept, 3).join("3"), b"changed").expect("written");
    drop(spool);
    fs::remove_file(place.path().join(JOURNAL)).expect("removed");
    let (spool, story) = Spool::open(place.path()).expect("again");
    assert_eq!(story.last_id, 3);
    assert_eq!(spool.get(1).expect("read"), Some(rows[0].clone()));
    let second = spool.get(2).expect("read").expect("taken in");
    assert_eq!((&second.source, &second.files), (&rows[1].source, &rows[1].files));
    let third = spool.get(3).expect("read").expect("taken in");
    assert_eq!(third.files[0].bytes, 7);
}

#[test]
fn what_was_coming_is_told() {
    let place = place();
    let (spool, _) = Spool::open(place.path()).expect("a spool");
    arrive(&spool, "a/1.jpg", b"half of");
    let judged = Row { state: State::Judged, ..arrive(&spool, "2.jpg", b"two") };
    spool.change(&[Change { row: judged, from: None }]).expect("moved");
    fs::create_dir(spool.incoming(9)).expect("made");
    drop(spool);
    let (spool, story) = Spool::open(place.path()).expect("again");
    let [leftover] = &story.leftovers[..] else { panic!("one: {:?}", story.leftovers) };
    assert_eq!((leftover.id, leftover.bytes), (1, 7));
    assert_eq!(leftover.origin.given(), GivenName::new("a/1.jpg").ok());
    assert_eq!(story.again.iter().map(|row| row.id).collect::<Vec<_>>(), [2]);
    assert!(!spool.incoming(9).exists());
    assert_eq!(
        spool.begin(&Origin::new("x", &GivenName::new("y").expect("a name"))).expect("begun").0,
        10
    );
}

#[test]
fn the_files_of_one_exposure_are_laid_together() {
    let place = place();
    let (spool, _) = Spool::open(place.path()).expect("a spool");
    let mut leader = admit(&spool, "1.jpg", b"one");
    let raw = arrive(&spool, "1.cr3", b"raw");
    spool.join(&raw, None, &mut leader).expect("joined");
    assert_eq!(spool.files(&leader).expect("listed"), ["1.cr3", "1.jpg"]);
    assert_eq!(spool.get(1).expect("read").expect("a row").files.len(), 2);
    assert!(!spool.incoming(2).exists());
    // Killed between the file's rename and the journal.
    let late = arrive(&spool, "1.wav", b"memo");
    let from = spool.incoming(late.id).join("1.wav");
    fs::rename(from, spool.folder(State::Kept, 1).join("1.wav")).expect("renamed");
    drop(spool);
    let (spool, _) = Spool::open(place.path()).expect("again");
    let names: Vec<_> = spool.get(1).expect("read").expect("a row").files;
    assert_eq!(names.last().map(|file| &*file.name.0), Some(OsStr::new("1.wav")));
}
