//! Bursts and sets of whole folders, as a user meets them.

use edgecull::render::sets::{Series, series};
use edgecull_tests::process::run;
use edgecull_tests::records::{LIMIT, cull_together, judged_together, records};
use edgecull_tests::{Named, data, files, folder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A round that no limit was chosen on.
const ROUND: u64 = 9;

/// The files of a series, some seconds after those of the one before.
fn shots(series: &Series, start_s: u32) -> Vec<Named> {
    let frames = series.frames(9 * 3_600_000 + start_s * 1000);
    let named = frames.iter().enumerate();
    named
        .map(|(i, shot)| (format!("{start_s:03}_{i}.jpg"), shot.file().expect("encoded")))
        .collect()
}

/// The series of this name.
fn named(all: &[Series], name: &str) -> Series {
    all.iter().find(|series| series.name.starts_with(name)).expect(name).clone()
}

/// The frames of a record's name.
fn of<'r>(records: &'r BTreeMap<String, Value>, start: &str) -> Vec<&'r Value> {
    records.iter().filter(|(name, _)| name.starts_with(start)).map(|(_, r)| r).collect()
}

fn has(record: &Value, code: &str) -> bool {
    record["reasons"].as_array().expect("reasons").iter().any(|reason| reason["code"] == code)
}

#[test]
fn sets_stay_whole_and_the_best_of_a_burst_is_kept() {
    let all = series(ROUND, 480);
    let (bracket, burst) = (named(&all, "bracket_5_turns_2_exif"), named(&all, "burst"));
    let shoot = folder(&[shots(&bracket, 0), shots(&burst, 60)].concat());
    let found = judged_together(shoot.path(), &[]);

    let frames = of(&found, "000_");
    assert_eq!(frames.len(), 5);
    for (index, record) in frames.iter().enumerate() {
        let set = json!({"kind": "bracket", "id": 1, "index": index, "size": 5});
        assert_eq!(record["set"], set);
        assert_eq!(record["burst"], Value::Null);
        assert!(["keep", "review"].contains(&record["verdict"].as_str().expect("a verdict")));
        assert!(!has(record, "underexposed") && !has(record, "overexposed"), "{record}");
    }

    let frames = of(&found, "060_");
    let mut ranks = Vec::new();
    for record in &frames {
        assert_eq!(record["set"], Value::Null);
        let (id, size) = (&record["burst"]["id"], &record["burst"]["size"]);
        assert_eq!((id, size), (&json!(1), &json!(frames.len())), "{record}");
        let rank = record["burst"]["rank"].as_u64().expect("a rank");
        assert_eq!(has(record, "near_duplicate"), rank > 1);
        assert!(rank == 1 || record["verdict"] != "keep");
        ranks.push(rank);
    }
    ranks.sort_unstable();
    assert_eq!(ranks, (1..=frames.len() as u64).collect::<Vec<_>>());
}

#[test]
fn how_many_stay_is_the_users_choice() {
    let all = series(ROUND, 480);
    let shoot = folder(&shots(&named(&all, "burst"), 0));
    let near = |args: &[&str]| {
        let found = judged_together(shoot.path(), args);
        found.values().filter(|record| has(record, "near_duplicate")).count()
    };
    let count = files(shoot.path(), "jpg").len();
    assert_eq!(near(&["--no-faces"]), count - 1);
    assert_eq!(near(&["--no-faces", "--keep-per-burst=2"]), count - 2);

    let alone = judged_together(shoot.path(), &["--no-faces", "--no-bursts"]);
    for record in alone.values() {
        assert_eq!((&record["burst"], &record["set"]), (&Value::Null, &Value::Null));
    }

    // Strict: all but the best go, with their sidecars, which name the burst.
    let rejects = tempfile::tempdir().expect("a folder");
    let to = format!("--move-rejects={}", rejects.path().display());
    let ended =
        cull_together(shoot.path(), &["--no-faces", "--strictness=strict", "--xmp=adobe", &to]);
    let records = records(&ended.stdout);
    assert_eq!(records.len(), count, "{}", ended.stderr);
    let best = records.iter().find(|record| record["burst"]["rank"] == 1).expect("a best");
    let left = files(shoot.path(), "jpg");
    let path = Path::new(best["path"].as_str().expect("a path"));
    assert!(left.len() <= 1 && left.iter().all(|file| file == path), "{left:?}");
    assert_eq!(files(rejects.path(), "jpg").len(), count - left.len());
    for sidecar in files(rejects.path(), "xmp").iter().chain(&files(shoot.path(), "xmp")) {
        let text = fs::read_to_string(sidecar).expect("a sidecar");
        assert!(text.contains("cull:burst:000_0") && text.contains("cull|burst|000_0"), "{text}");
    }
}

#[test]
fn copies_are_one_burst_but_not_across_folders() {
    let all = series(ROUND, 480);
    let file = named(&all, "bracket_3_metered_2_exif").frames(0)[0].file().expect("encoded");
    let shoot = tempfile::tempdir().expect("a folder");
    for name in ["a/one.jpg", "a/two.jpg", "b/three.jpg"] {
        let path = shoot.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, &file).expect("written");
    }
    let found = judged_together(shoot.path(), &["--no-faces"]);
    assert_eq!(found["one.jpg"]["burst"], json!({"id": 1, "rank": 1, "size": 2}));
    assert_eq!(found["two.jpg"]["burst"], json!({"id": 1, "rank": 2, "size": 2}));
    assert_eq!(found["three.jpg"]["burst"], Value::Null);

    // A damaged file in between harms neither.
    fs::write(shoot.path().join("a/other.jpg"), &file[..40]).expect("written");
    let ended = cull_together(shoot.path(), &["--no-faces"]);
    assert_eq!(ended.status, Some(2));
    let bursts: Vec<_> = records(&ended.stdout).iter().map(|r| r["burst"].clone()).collect();
    assert_eq!(
        [&bursts[0]["size"], &bursts[1], &bursts[2]["size"]],
        [&json!(2), &Value::Null, &json!(2)]
    );
}

#[test]
fn the_table_names_bursts_and_sets() {
    let all = series(ROUND, 480);
    let bracket = shots(&named(&all, "bracket_3_metered_2_exif"), 0);
    let shoot = folder(&[bracket, shots(&named(&all, "burst"), 60)].concat());
    let args = ["cull".as_ref(), "--no-faces".as_ref(), shoot.path().as_os_str()];
    let ended = run(args.to_vec(), LIMIT);
    let text = String::from_utf8(ended.stdout).expect("text");
    assert!(text.contains("bracket 1: 3 of 3") && text.contains("burst 1: best of "), "{text}");
}

#[test]
fn brackets_of_real_photographs_stay_whole() {
    let Some(pack) = data("bursts") else { return };
    let ended = cull_together(&pack, &["--no-faces", "--no-quality"]);
    let mut sets: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for record in records(&ended.stdout) {
        let path = Path::new(record["path"].as_str().expect("a path")).parent().expect("a folder");
        let group = path.file_name().expect("a name").to_string_lossy().into_owned();
        if group.starts_with("hdr") {
            assert_ne!(record["verdict"], "reject", "{record}");
        }
        sets.entry(group).or_default().push(record["set"].clone());
    }
    for (group, sets) in sets {
        let first = &sets[0];
        if group.starts_with("hdr") {
            assert_eq!(first["kind"], "bracket", "{group}");
            assert_eq!(first["size"], json!(sets.len()), "{group}");
            assert!(sets.iter().all(|set| set["id"] == first["id"]), "{group}");
        } else if group == "bedroom" {
            assert!(sets.iter().all(Value::is_null), "a video is no set");
        }
    }
}
