use super::super::samples::{Sample, names};
use super::super::{Courier, HandedOn, Options};
use super::*;
use std::ffi::OsStr;
use std::time::SystemTime;
use tempfile::TempDir;

const RIG: u64 = 0xAB;

fn host() -> TempDir {
    tempfile::tempdir().expect("host")
}

fn courier(root: &Path) -> Courier {
    let destination = root.display().to_string().parse().expect("folder");
    Courier::new(destination, RIG, Options::default())
}

fn plan(courier: &Courier, sample: &Sample) -> Plan {
    courier.plan(&sample.parcel(), &Stop::new()).expect("plan")
}

fn hand(courier: &Courier, sample: &Sample, plan: &Plan) -> Result<HandedOn, DeliverError> {
    courier.hand_on(&sample.parcel(), plan, &Stop::new())
}

fn part(root: &Path, number: usize) -> PathBuf {
    root.join(format!(".edgecull-00000000000000ab-2a-{number}.part"))
}

#[test]
fn files_of_any_name_arrive_with_their_times_and_the_spool_keeps_its_own() {
    let root = host();
    let sample = Sample::new(&[b"-a b\n\xff.JPG", b"-a b\n\xff.JPG.xmp"]);
    let courier = courier(root.path());
    let done = hand(&courier, &sample, &plan(&courier, &sample)).expect("handed on");
    assert!(done.removes_source);
    assert_eq!(names(root.path()), names(sample.folder()));
    let time = |path: &Path| path.metadata().and_then(|m| m.modified()).expect("time");
    for name in &sample.files {
        assert!(fs::read(root.path().join(name)).expect("there") == sample.content(name));
        let modified: SystemTime = time(&root.path().join(name));
        assert_eq!(modified, time(&sample.folder().join(name)));
    }
}

#[test]
fn an_empty_file_and_a_large_one_are_files_too() {
    let root = host();
    let sample = Sample::new(&[b"empty.JPG", b"large.JPG"]);
    sample.write(OsStr::new("empty.JPG"), b"");
    sample.write(OsStr::new("large.JPG"), &[9; 3 * CHUNK + 1]);
    let courier = courier(root.path());
    let plan = plan(&courier, &sample);
    for _ in 0..2 {
        let _ = hand(&courier, &sample, &plan).expect("handed on");
        assert_eq!(names(root.path()), ["empty.JPG", "large.JPG"]);
        assert_eq!(fs::read(root.path().join("large.JPG")).expect("there"), [9; 3 * CHUNK + 1]);
    }
}

#[test]
fn a_frame_moves_under_one_free_stem() {
    let root = host();
    fs::write(root.path().join("1.CR3"), "another frame's").expect("write");
    let sample = Sample::new(&[b"1.JPG", b"1.xmp", b"1.JPG.xmp"]);
    let courier = courier(root.path());
    let _ = hand(&courier, &sample, &plan(&courier, &sample)).expect("handed on");
    assert_eq!(names(root.path()), ["1-1.JPG", "1-1.JPG.xmp", "1-1.xmp", "1.CR3"]);
    // The next of its name, planned before anybody has looked again.
    assert_eq!(plan(&courier, &sample).stem(), "1-2");
}

/// Makes what a crash left in a folder.
type Make<'a> = &'a dyn Fn(&Path) -> io::Result<()>;

#[test]
fn whatever_a_crash_left_is_finished() {
    let sample = Sample::new(&[b"1.JPG", b"1.xmp"]);
    let (image, sidecar) = (OsStr::new("1.JPG"), OsStr::new("1.xmp"));
    let content = sample.content(image);
    let half = content.split_at(content.len() / 2).0;
    let arrived = |root: &Path| fs::write(root.join("1.xmp"), sample.content(sidecar));
    // Every state between two system calls, as the power cut leaves it.
    let states: [(&str, Make<'_>); 8] = [
        ("nothing", &|_| Ok(())),
        ("empty temporary", &|root| fs::write(part(root, 0), "")),
        ("half a copy", &|root| fs::write(part(root, 1), half)),
        ("both copied", &|root| {
            fs::write(part(root, 0), sample.content(sidecar))?;
            fs::write(part(root, 1), &content)
        }),
        ("the sidecar placed", &|root| {
            arrived(root)?;
            fs::write(part(root, 1), &content)
        }),
        ("the image under both names", &|root| {
            arrived(root)?;
            fs::write(part(root, 1), &content)?;
            fs::hard_link(part(root, 1), root.join("1.JPG"))
        }),
        ("the image's name held", &|root| {
            arrived(root)?;
            fs::write(part(root, 1), &content)?;
            fs::write(root.join("1.JPG"), "")
        }),
        ("all", &|root| {
            arrived(root)?;
            fs::write(root.join("1.JPG"), &content)
        }),
    ];
    for (name, make) in states {
        let root = host();
        let courier = courier(root.path());
        let plan = plan(&courier, &sample);
        make(root.path()).expect(name);
        let _ = hand(&courier, &sample, &plan).expect(name);
        assert_eq!(names(root.path()), ["1.JPG", "1.xmp"], "{name}");
        for file in [image, sidecar] {
            let there = fs::read(root.path().join(file)).expect(name);
            assert!(there == sample.content(file), "{name}: {file:?}");
        }
    }
}

#[test]
fn what_is_somebody_elses_stays_and_nothing_of_ours_is_left_beside_it() {
    let sample = Sample::new(&[b"1.JPG", b"1.xmp"]);
    let mut other = sample.content(OsStr::new("1.JPG"));
    other.reverse();
    for theirs in [other.as_slice(), b"short", b""] {
        let root = host();
        let courier = courier(root.path());
        let first = plan(&courier, &sample);
        // An empty file is theirs as well, when no copy of ours waits for its name; half
        // a copy does not.
        fs::write(root.path().join("1.JPG"), theirs).expect("write");
        fs::write(part(root.path(), 1), "half").expect("write");
        let ended = hand(&courier, &sample, &first);
        assert!(matches!(ended, Err(DeliverError::Taken(_))), "{ended:?}");
        assert_eq!(names(root.path()), ["1.JPG"]);
        let second = plan(&courier, &sample);
        let _ = hand(&courier, &sample, &second).expect("handed on");
        assert_eq!(names(root.path()), ["1-1.JPG", "1-1.xmp", "1.JPG"]);
        assert_eq!(fs::read(root.path().join("1.JPG")).expect("theirs"), theirs);
    }
    // A link or a folder is nobody's frame either.
    let root = host();
    let courier = courier(root.path());
    let plan = plan(&courier, &sample);
    std::os::unix::fs::symlink(sample.folder().join("1.JPG"), root.path().join("1.JPG"))
        .expect("link");
    assert!(matches!(hand(&courier, &sample, &plan), Err(DeliverError::Taken(_))));
}

#[test]
fn a_name_taken_at_the_last_moment_takes_the_sidecar_back() {
    let root = host();
    let sample = Sample::new(&[b"1.JPG", b"1.xmp"]);
    let courier = courier(root.path());
    let plan = plan(&courier, &sample);
    let host = Host { root: root.path(), mounted: false };
    let steps = plan.steps().iter().enumerate();
    let mut jobs: Vec<Job> =
        steps.map(|(n, step)| host.job(RIG, &sample.parcel(), n, step)).collect();
    host.make(&mut jobs, &Stop::new()).expect("copied");
    fs::write(root.path().join("1.JPG"), "theirs").expect("write");
    let mut placed = Vec::new();
    let error = host.place(&mut jobs, &mut placed).expect_err("taken");
    assert!(matches!(&error, DeliverError::Taken(p) if *p == root.path().join("1.JPG")));
    assert_eq!(placed, [root.path().join("1.xmp")]);
    tidy(&jobs, &placed, &error);
    assert_eq!(names(root.path()), ["1.JPG"]);
    assert_eq!(fs::read(root.path().join("1.JPG")).expect("theirs"), b"theirs");
}

#[test]
fn a_refused_name_is_not_planned_again_even_where_no_list_has_it() {
    // As where `IMG.JPG` and `img.jpg` are one file.
    let root = host();
    let sample = Sample::new(&[b"1.JPG"]);
    let courier = courier(root.path());
    let first = plan(&courier, &sample);
    fs::write(root.path().join("1.JPG"), "theirs").expect("write");
    assert!(matches!(hand(&courier, &sample, &first), Err(DeliverError::Taken(_))));
    fs::remove_file(root.path().join("1.JPG")).expect("remove");
    assert_eq!(plan(&courier, &sample).stem(), "1-1");
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let root = host();
    let away = root.path().join("studio");
    let sample = Sample::new(&[b"1.JPG"]);
    let far = courier(&away);
    let ended = far.plan(&sample.parcel(), &Stop::new());
    assert!(matches!(ended, Err(DeliverError::Away(_))), "{ended:?}");
    fs::create_dir(&away).expect("it comes");
    let planned = plan(&far, &sample);
    fs::remove_dir(&away).expect("and goes");
    let ended = hand(&far, &sample, &planned);
    assert!(matches!(ended, Err(DeliverError::Away(_))), "{ended:?}");
    assert!(!away.exists());
    fs::write(&away, "a file").expect("write");
    assert!(matches!(hand(&far, &sample, &planned), Err(DeliverError::Away(_))));
    fs::remove_file(&away).expect("remove");
    fs::create_dir(&away).expect("it is back");
    let _ = hand(&far, &sample, &planned).expect("handed on");
    assert_eq!(names(&away), ["1.JPG"]);
}

#[test]
fn what_must_be_mounted_is_not_filled_while_it_is_not() {
    let sample = Sample::new(&[b"1.JPG"]);
    let options = Options { mounted: true, ..Options::default() };
    let to = |root: &Path| {
        let destination = root.display().to_string().parse().expect("folder");
        Courier::new(destination, RIG, options.clone())
    };
    let system = Path::new("/").metadata().expect("/").dev();
    let dev = |root: &Path| root.metadata().expect("folder").dev();
    let root = host();
    let far = to(root.path());
    let stop = Stop::new();
    if dev(root.path()) == system {
        let ended = far.plan(&sample.parcel(), &stop);
        assert!(matches!(&ended, Err(DeliverError::Away(s)) if s.contains("not mounted")));
        let planned = Plan::numbered(&sample.files, 0).expect("plan");
        let ended = far.hand_on(&sample.parcel(), &planned, &stop);
        assert!(matches!(ended, Err(DeliverError::Away(_))), "{ended:?}");
        assert!(names(root.path()).is_empty());
    }
    let Some(shm) = tempfile::tempdir_in("/dev/shm").ok().filter(|t| dev(t.path()) != system)
    else {
        eprintln!("no /dev/shm here: a mounted folder is not tested");
        return;
    };
    let near = to(shm.path());
    let planned = near.plan(&sample.parcel(), &stop).expect("plan");
    let _ = near.hand_on(&sample.parcel(), &planned, &stop).expect("handed on");
    assert_eq!(names(shm.path()), ["1.JPG"]);
}

#[test]
fn a_full_disk_is_told_and_left_as_it_was() {
    // The device that is always full stands for a disk that is.
    let error = fs::write("/dev/full", "x").expect_err("full");
    let root = host();
    let host = Host { root: root.path(), mounted: false };
    assert!(matches!(host.there(root.path(), &error), DeliverError::Full(_)));
    let kinds = [
        (Errno::HOSTDOWN, "Away"),
        (Errno::STALE, "Away"),
        (Errno::DQUOT, "Full"),
        (Errno::ROFS, "Refused"),
        (Errno::ACCESS, "Refused"),
        (Errno::IO, "Failed"),
    ];
    for (errno, name) in kinds {
        let told = host.there(root.path(), &errno.into());
        assert!(format!("{told:?}").starts_with(name), "{told:?}");
        assert!(told.to_string().contains(&root.path().display().to_string()));
    }
}

#[test]
fn the_rig_stops_in_the_middle_of_a_file_and_leaves_nothing_half() {
    let root = host();
    let sample = Sample::new(&[b"1.JPG"]);
    let courier = courier(root.path());
    let plan = plan(&courier, &sample);
    let stop = Stop::new();
    stop.raise();
    let ended = courier.hand_on(&sample.parcel(), &plan, &stop);
    assert!(matches!(ended, Err(DeliverError::Stopped)), "{ended:?}");
    assert!(names(root.path()).is_empty());
}

#[test]
fn two_rigs_with_one_host_do_not_touch_each_other() {
    let root = host();
    let sample = Sample::new(&[b"1.JPG"]);
    let courier = courier(root.path());
    let plan = plan(&courier, &sample);
    let others = root.path().join(".edgecull-00000000000000ac-2a-0.part");
    fs::write(&others, "another rig's").expect("write");
    let _ = hand(&courier, &sample, &plan).expect("handed on");
    assert_eq!(fs::read(&others).expect("theirs"), b"another rig's");
}

#[test]
fn a_plan_for_other_files_is_not_carried_out() {
    let root = host();
    let sample = Sample::new(&[b"1.JPG"]);
    let other = Sample::new(&[b"2.JPG"]);
    let courier = courier(root.path());
    let planned = plan(&courier, &other);
    assert!(matches!(hand(&courier, &sample, &planned), Err(DeliverError::Failed(_))));
    let planned = plan(&courier, &sample);
    fs::remove_file(sample.folder().join("1.JPG")).expect("remove");
    let ended = hand(&courier, &sample, &planned);
    assert!(matches!(&ended, Err(DeliverError::Failed(s)) if s.contains("1.JPG")), "{ended:?}");
    assert!(names(root.path()).is_empty());
}
