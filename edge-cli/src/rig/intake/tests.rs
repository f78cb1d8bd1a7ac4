//! Tests of files that come in pieces, break off, and come again.

use super::*;
use crate::args::Xmp;
use crate::pipeline::JudgeOptions;
use crate::render::encode::Jpeg;
use crate::render::{Camera, Scene, Subject, render};
use crate::rig::desk::Rules;
use crate::rig::spool::{Spool, Story};
use edgecull_core::judge::Strictness;
use edgecull_core::verdict::Decision;
use std::fs;

struct Place {
    folder: tempfile::TempDir,
    intake: Intake,
}

fn open(folder: &Path) -> (Intake, Story) {
    let (spool, story) = Spool::open(folder).expect("a spool");
    let rules = Rules { strictness: Strictness::Normal, grouping: None, hold: None, xmp: Xmp::Off };
    let options = JudgeOptions { faces: None, quality: false, ..JudgeOptions::default() };
    let judges = Judges::new(2, options).expect("threads");
    let room = Arc::new(Room::new(folder, 0));
    let desk = Arc::new(Desk::new(spool, rules));
    (Intake::new(desk, judges, room, Stop::new()), story)
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let (intake, _) = open(folder.path());
    Place { folder, intake }
}

fn name() -> GivenName {
    GivenName::new("DCIM/IMG_1.JPG").expect("a name")
}

fn picture() -> Vec<u8> {
    let picture = render(&Scene::new(Subject::Facade, 1), &Camera::new(480, 320));
    Jpeg::default().encode(&picture).expect("encoded")
}

impl Place {
    /// A client that breaks off after these bytes.
    fn break_off(&self, bytes: &[u8]) {
        let mut receiving = self.intake.begin("ftp", &name()).expect("begun");
        receiving.write(bytes).expect("written");
    }

    fn send(&self, bytes: &[u8]) -> Result<Receipt, IntakeError> {
        let mut receiving = self.intake.begin("ftp", &name())?;
        bytes.chunks(1_000).try_for_each(|piece| receiving.write(piece))?;
        receiving.finish()
    }

    fn incoming(&self) -> usize {
        fs::read_dir(self.folder.path().join("incoming")).expect("a folder").count()
    }

    fn frame(&self, id: u64) -> Vec<u8> {
        let spool = self.intake.0.desk.spool();
        let row = spool.get(id).expect("read").expect("a row");
        fs::read(spool.folder(row.state, id).join("IMG_1.JPG")).expect("there")
    }
}

#[test]
fn what_broke_off_goes_when_the_whole_file_has_come() {
    let place = place();
    let picture = picture();
    place.break_off(&picture[..9_000]);
    assert_eq!(place.intake.partial("ftp", &name()), Some(9_000));
    // A shorter one does not take the place of a longer one.
    place.break_off(&picture[..4_000]);
    assert_eq!((place.intake.partial("ftp", &name()), place.incoming()), (Some(9_000), 1));
    place.break_off(&picture[..12_000]);
    assert_eq!((place.intake.partial("ftp", &name()), place.incoming()), (Some(12_000), 1));
    let receipt = place.send(&picture).expect("whole");
    assert_eq!((place.intake.partial("ftp", &name()), place.incoming()), (None, 0));
    assert!(place.frame(receipt.id) == picture);
}

#[test]
fn a_partial_is_gone_on_with() {
    let place = place();
    let picture = picture();
    place.break_off(&picture[..9_000]);
    let ahead = place.intake.resume("ftp", &name(), 9_001);
    assert!(matches!(ahead, Err(IntakeError::Gap { from: 9_001, bytes: 9_000 })));
    let mut receiving = place.intake.resume("ftp", &name(), 8_000).expect("begun");
    assert_eq!(receiving.bytes(), 8_000);
    receiving.write(&picture[8_000..]).expect("written");
    let receipt = receiving.finish().expect("whole");
    assert!(place.frame(receipt.id) == picture);
    // Sent again from its beginning it is the same file.
    assert!(place.send(&picture).is_ok_and(|again| again.known && again.id == receipt.id));
}

#[test]
fn a_file_that_breaks_off_twice_at_one_place_is_what_it_is() {
    let place = place();
    let cut = &picture()[..9_000];
    assert!(matches!(place.send(cut), Err(IntakeError::NotWhole { bytes: 9_000 })));
    let receipt = place.send(cut).expect("taken as it is");
    assert_ne!(receipt.decision, Decision::Reject);
    assert_eq!(place.incoming(), 0);
    assert!(place.frame(receipt.id) == cut);
}

#[test]
fn two_beginnings_of_one_name_are_two_files() {
    let place = place();
    let picture = picture();
    let mut other = picture.clone();
    other[5_000] ^= 0x55;
    place.break_off(&other[..9_000]);
    let receipt = place.send(&picture).expect("whole");
    // The first is nothing that the second begins with: it is kept, as far as it came.
    assert!(place.frame(receipt.id) == picture);
    assert!(place.frame(1) == other[..9_000]);
    assert_eq!(place.incoming(), 0);
}

#[test]
fn nobody_waits_for_a_partial_for_ever() {
    let place = place();
    place.break_off(&picture()[..9_000]);
    place.intake.settle(Duration::from_secs(3_600));
    assert_eq!(place.incoming(), 1);
    place.intake.settle(Duration::ZERO);
    assert_eq!((place.incoming(), place.frame(1).len()), (0, 9_000));
    // Of one that never got a byte there is nothing to take.
    let empty = GivenName::new("empty.jpg").expect("a name");
    drop(place.intake.begin("ftp", &empty).expect("begun"));
    place.intake.settle(Duration::ZERO);
    assert_eq!(place.incoming(), 0);
}

#[test]
fn a_start_takes_up_what_a_kill_left() {
    let place = place();
    let picture = picture();
    place.break_off(&picture[..9_000]);
    let receipt = place.send(&picture).expect("whole");
    let Place { folder, intake } = place;
    let spool = folder.path();
    drop(intake);
    // A beginning of the frame that is there, begun before it; and a whole file whose rename
    // did not happen.
    let old = spool.join("incoming/00000001");
    fs::create_dir(&old).expect("made");
    fs::write(old.join("IMG_1.JPG"), &picture[..9_000]).expect("written");
    let frame = spool.join(format!("kept/{:08}/.origin.json", receipt.id));
    fs::copy(frame, old.join(".origin.json")).expect("copied");
    let new = spool.join("incoming/00000099");
    fs::create_dir(&new).expect("made");
    fs::write(new.join("IMG_2.JPG"), &picture).expect("written");
    let (intake, story) = open(spool);
    assert_eq!(story.leftovers.len(), 2);
    intake.take_up(story.leftovers, story.again);
    let place = Place { folder, intake };
    assert_eq!(place.incoming(), 0);
    assert_eq!(place.intake.partial("ftp", &name()), None);
    assert!(place.folder.path().join("kept/00000099/IMG_2.JPG").is_file());
}
