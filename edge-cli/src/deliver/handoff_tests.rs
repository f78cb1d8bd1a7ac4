use super::*;
use crate::source::folder::{Found, Walk};
use std::collections::BTreeMap;

fn make(root: &Path, files: &[&str]) {
    for file in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        // The content tells where a file came from.
        fs::write(&path, file.as_bytes()).expect("file");
    }
}

/// Every file below `root` but the journal, with its content.
fn content(root: &Path) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name() != Some(OsStr::new(".edgecull-rejects")) {
                let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
                out.insert(name, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    out
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn frames(root: &Path) -> Vec<Frame> {
    Walk::new(vec![root.to_owned()], None)
        .map(|found| match found {
            Found::Frame(frame) => frame,
            Found::Unreadable { path, error } => panic!("{}: {error}", path.display()),
        })
        .collect()
}

fn move_all(from: &Path, to: &Path) -> Vec<Vec<Moved>> {
    let mut rejects = Rejects::open(to, false).expect("open");
    frames(from).iter().map(|f| rejects.hand_off(f).expect("moved")).collect()
}

#[test]
fn a_frame_moves_with_all_that_is_its_own() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(
        a.path(),
        &["d/1.JPG", "d/1.CR3", "d/1.xmp", "d/1.JPG.xmp", "d/1.CR3.xmp", "d/1.txt", "d/10.xmp"],
    );
    move_all(a.path(), r.path());
    assert_eq!(content(a.path()), map(&[("d/1.txt", "d/1.txt"), ("d/10.xmp", "d/10.xmp")]));
    let moved = ["d/1.JPG", "d/1.CR3", "d/1.xmp", "d/1.JPG.xmp", "d/1.CR3.xmp"].map(|n| (n, n));
    assert_eq!(content(r.path()), map(&moved));
}

#[test]
fn a_sidecar_that_may_be_another_frames_stays() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["1.jpg", "1.png", "1.xmp"]);
    let mut rejects = Rejects::open(r.path(), false).expect("open");
    rejects.hand_off(&frames(a.path())[0]).expect("moved");
    assert_eq!(content(a.path()), map(&[("1.png", "1.png"), ("1.xmp", "1.xmp")]));
}

#[test]
fn a_taken_name_makes_the_whole_frame_move_under_a_free_one() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["1.JPG", "1.CR2", "1.JPG.xmp"]);
    // Only a RAW file of the stem, and only a sidecar of the next, are there:
    // a JPEG beside either would be taken for its own.
    make(r.path(), &["1.CR2", "1-1.CR2.xmp"]);
    let moved = move_all(a.path(), r.path());
    assert_eq!(moved[0][0].to, r.path().join("1-2.JPG"));
    assert_eq!(content(a.path()), map(&[]));
    assert_eq!(
        content(r.path()),
        map(&[
            ("1.CR2", "1.CR2"),
            ("1-1.CR2.xmp", "1-1.CR2.xmp"),
            ("1-2.JPG", "1.JPG"),
            ("1-2.CR2", "1.CR2"),
            ("1-2.JPG.xmp", "1.JPG.xmp"),
        ])
    );
}

#[test]
fn a_name_that_is_taken_in_between_is_not_overwritten() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["1.JPG", "1.CR2"]);
    let mut rejects = Rejects::open(r.path(), false).expect("open");
    rejects.look_up(&r.path().join("")).expect("look");
    rejects.taken = Some((r.path().join(""), Stems::default()));
    make(r.path(), &["1.CR2"]);
    rejects.hand_off(&frames(a.path())[0]).expect("moved");
    let expected = [("1.CR2", "1.CR2"), ("1-1.JPG", "1.JPG"), ("1-1.CR2", "1.CR2")];
    assert_eq!(content(r.path()), map(&expected));
    assert_eq!(content(a.path()), map(&[]));
}

#[test]
fn frames_of_one_name_in_two_given_folders_get_names_of_their_own() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["x/1.jpg", "y/1.jpg"]);
    let mut rejects = Rejects::open(r.path(), false).expect("open");
    for folder in ["x", "y"] {
        for frame in frames(&a.path().join(folder)) {
            rejects.hand_off(&frame).expect("moved");
        }
    }
    assert_eq!(content(r.path()), map(&[("1.jpg", "x/1.jpg"), ("1-1.jpg", "y/1.jpg")]));
}

#[test]
fn a_dry_run_changes_nothing_and_plans_the_same_names() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["1.jpg", "d/1.jpg", "d/1.nef"]);
    make(r.path(), &["d/1.jpg"]);
    let (before, there) = (content(a.path()), content(r.path()));
    let mut rejects = Rejects::open(r.path(), true).expect("open");
    let planned: Vec<_> =
        frames(a.path()).iter().map(|f| rejects.hand_off(f).expect("planned")).collect();
    assert_eq!((content(a.path()), content(r.path())), (before, there));
    assert!(!r.path().join(".edgecull-rejects").exists());
    assert_eq!(planned, move_all(a.path(), r.path()));
}

#[test]
fn a_failure_half_way_puts_everything_back() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["1.jpg", "1.nef"]);
    let frame = &frames(a.path())[0];
    let steps = plan(&members(frame), r.path(), OsStr::new("1"), OsStr::new("1"));
    // The second file vanishes before its turn.
    fs::remove_file(a.path().join("1.nef")).expect("remove");
    for run in [rename_all, copy_all] {
        let said = run(&steps).expect_err("must fail").to_string();
        assert!(said.contains("1.nef") && said.contains("stays where it was"), "{said}");
        assert_eq!(content(a.path()), map(&[("1.jpg", "1.jpg")]));
        assert_eq!(content(r.path()), map(&[]));
    }
}

#[test]
fn an_unfinished_move_is_reported_by_the_next_run() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["1.jpg", "1.nef"]);
    let steps = plan(&members(&frames(a.path())[0]), r.path(), OsStr::new("1"), OsStr::new("1"));
    let mut rejects = Rejects::open(r.path(), false).expect("open");
    assert_eq!(rejects.unfinished().count(), 0);
    rejects.journal.as_mut().expect("journal").begin(&steps).expect("begin");
    fs::rename(&steps[0].from, &steps[0].to).expect("first step");
    let said: Vec<_> = Rejects::open(r.path(), false).expect("open").unfinished().collect();
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("1.jpg is now"), "{said:?}");
    assert!(said[1].contains("1.nef is still there"), "{said:?}");
}

#[cfg(unix)]
#[test]
fn links_are_left_alone() {
    let (a, r) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("r"));
    make(a.path(), &["d/real.jpg"]);
    std::os::unix::fs::symlink("d/real.jpg", a.path().join("1.jpg")).expect("link");
    let mut rejects = Rejects::open(r.path(), false).expect("open");
    let said = rejects.hand_off(&frames(a.path())[0]).expect_err("link").to_string();
    assert!(said.contains("it is a link"), "{said}");
    assert!(a.path().join("1.jpg").is_symlink());
    assert_eq!(content(r.path()), map(&[]));
}

#[test]
fn another_filesystem_gets_copies_before_anything_is_removed() {
    let a = tempfile::tempdir().expect("a");
    let Ok(r) = tempfile::tempdir_in("/dev/shm") else {
        eprintln!("no /dev/shm here: moving to another filesystem is not tested");
        return;
    };
    make(a.path(), &["d/1.JPG", "d/1.CR2", "d/1.xmp", "d/2.jpg"]);
    make(r.path(), &["d/1.JPG"]);
    let steps = [Step { from: a.path().join("d/2.jpg"), to: r.path().join("d/2.jpg") }];
    let crosses =
        rename_all(&steps).is_err_and(|e| e.source.kind() == io::ErrorKind::CrossesDevices);
    if !crosses {
        eprintln!("/dev/shm is the filesystem of the temporary folder: not tested");
        return;
    }
    move_all(a.path(), r.path());
    assert_eq!(content(a.path()), map(&[]));
    assert_eq!(
        content(r.path()),
        map(&[
            ("d/1.JPG", "d/1.JPG"),
            ("d/1-1.JPG", "d/1.JPG"),
            ("d/1-1.CR2", "d/1.CR2"),
            ("d/1-1.xmp", "d/1.xmp"),
            ("d/2.jpg", "d/2.jpg"),
        ])
    );
}
