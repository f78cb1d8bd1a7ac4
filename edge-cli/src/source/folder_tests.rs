use super::*;
use std::fs;

fn tree(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("folder");
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, b"x").expect("file");
    }
    root
}

/// Paths of the frames relative to `root`, companions in brackets.
fn walk(root: &Path, paths: &[&str], rejects: Option<&str>) -> Vec<String> {
    let name = |p: &Path| p.strip_prefix(root).expect("below").to_string_lossy().into_owned();
    let rejects = rejects.map(|r| root.join(r));
    Walk::new(paths.iter().map(|p| root.join(p)).collect(), rejects.as_deref())
        .map(|found| match found {
            Found::Frame(f) if f.companions.is_empty() => name(&f.path),
            Found::Frame(f) => {
                let with: Vec<_> = f.companions.iter().map(|c| name(c)).collect();
                format!("{} [{}]", name(&f.path), with.join(" "))
            }
            Found::Unreadable { path, error } => format!("{} {:?}", name(&path), error.kind()),
        })
        .collect()
}

#[test]
fn order_is_by_bytes_files_first_and_hidden_and_other_files_are_passed_over() {
    let t = tree(&[
        "b.jpg",
        "B.JPG",
        "a/z.png",
        "a/.hidden.jpg",
        ".cache/x.jpg",
        "notes.txt",
        "a-b/1.tif",
        "a/sub/2.webp",
        "c.xmp",
        ".c.jpg",
    ]);
    let expected = ["B.JPG", "b.jpg", "a/z.png", "a/sub/2.webp", "a-b/1.tif"];
    assert_eq!(walk(t.path(), &[""], None), expected);
}

#[test]
fn raw_follows_the_jpeg_of_its_stem() {
    let t =
        tree(&["1.CR3", "1.JPG", "1.heic", "2.NEF", "3.png", "3.dng", "4.jpeg", "4.jpg", "4.ARW"]);
    let expected = ["1.JPG [1.CR3 1.heic]", "2.NEF", "3.dng", "3.png", "4.jpeg [4.ARW]", "4.jpg"];
    assert_eq!(walk(t.path(), &[""], None), expected);
    let sole: Vec<_> = Walk::new(vec![t.path().to_owned()], None)
        .map(|f| match f {
            Found::Frame(f) => f.sole_of_stem,
            Found::Unreadable { .. } => panic!("readable"),
        })
        .collect();
    assert_eq!(sole, [true, true, false, false, false, false]);
}

#[test]
fn without_a_jpeg_raw_is_judged_and_heif_follows() {
    let t = tree(&["1.HIF", "1.nef", "2.heic", "3.DNG", "3.HEIC", "3.NEF", "4.dng", "4.tif"]);
    let expected = ["1.nef [1.HIF]", "2.heic", "3.DNG [3.NEF 3.HEIC]", "4.dng", "4.tif"];
    assert_eq!(walk(t.path(), &[""], None), expected);
    // Any of its files names the frame.
    assert_eq!(walk(t.path(), &["3.HEIC", "3.NEF", "1.HIF"], None), [expected[2], expected[0]]);
}

#[test]
fn duplicates_are_judged_once() {
    let t = tree(&["d/1.jpg", "d/1.cr2", "d/2.jpg", "d/note.txt", "d/e/3.jpg"]);
    let all = ["d/1.jpg [d/1.cr2]", "d/2.jpg", "d/e/3.jpg"];
    assert_eq!(walk(t.path(), &["d", "d", "d/../d", "d/2.jpg", "d/e"], None), all);
    let named_first = ["d/2.jpg", "d/1.jpg [d/1.cr2]", "d/e/3.jpg"];
    assert_eq!(walk(t.path(), &["d/2.jpg", "d", "d/1.cr2"], None), named_first);
    let raw_named = ["d/1.jpg [d/1.cr2]", "d/note.txt"];
    assert_eq!(
        walk(t.path(), &["d/1.cr2", "d/1.jpg", "d/note.txt", "d/note.txt"], None),
        raw_named
    );
}

#[test]
fn a_missing_path_has_its_line_and_the_others_go_on() {
    let t = tree(&["1.jpg"]);
    assert_eq!(walk(t.path(), &["no.jpg", "1.jpg"], None), ["no.jpg NotFound", "1.jpg"]);
}

#[test]
fn reject_folders_are_passed_over_by_marker_and_by_name() {
    let t = tree(&["1.jpg", "old/.edgecull-rejects", "old/2.jpg", "new/3.jpg", "sub/4.jpg"]);
    assert_eq!(walk(t.path(), &[""], Some("new")), ["1.jpg", "sub/4.jpg"]);
    // Named itself, it is looked at.
    assert_eq!(walk(t.path(), &["old"], None), ["old/2.jpg"]);
}

#[test]
fn the_place_below_the_given_path_is_kept() {
    let t = tree(&["d/e/3.jpg", "d/1.jpg"]);
    let below: Vec<_> = Walk::new(vec![t.path().join("d"), t.path().join("d/1.jpg")], None)
        .map(|f| match f {
            Found::Frame(f) => f.below,
            Found::Unreadable { .. } => panic!("readable"),
        })
        .collect();
    assert_eq!(below, [PathBuf::new(), PathBuf::from("e")]);
}

#[cfg(unix)]
#[test]
fn loops_of_links_end_and_dead_links_have_their_line() {
    use std::os::unix::fs::symlink;
    let t = tree(&["d/1.jpg"]);
    symlink(t.path().join("d"), t.path().join("d/again")).expect("link");
    symlink("nowhere", t.path().join("d/2.jpg")).expect("link");
    symlink("nowhere", t.path().join("d/2.txt")).expect("link");
    assert_eq!(walk(t.path(), &["d"], None), ["d/1.jpg", "d/2.jpg"]);
}
