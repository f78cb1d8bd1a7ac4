//! `edgecull eval --task quality`: rated photographs, rendered and of the data
//! packs, by the program itself.

use edgecull::render::encode::Jpeg;
use edgecull::render::{Camera, Scene, Subject, render};
use edgecull_tests::process::{Ended, run};
use edgecull_tests::records::{LIMIT, cull, name, records};
use edgecull_tests::{Named, data, folder};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

fn eval(manifest: &Path, args: &[&str]) -> Ended {
    let args = args.iter().map(OsStr::new);
    let command = ["eval", "--task=quality"].map(OsStr::new);
    run(command.into_iter().chain(args).chain([manifest.as_os_str()]), LIMIT)
}

fn report(ended: &Ended) -> Value {
    serde_json::from_slice(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {}", ended.stderr))
}

/// One frame of each scene in focus, a little out of it, and far out of it: five
/// stars, three, one.
fn shoot() -> (Vec<Named>, String) {
    let in_focus = Camera::new(480, 320);
    let cameras = [
        (5, in_focus.clone()),
        (3, in_focus.clone().lens(50.0, 2.8).focused_at(3.0)),
        (1, in_focus.lens(50.0, 1.4).focused_at(0.8)),
    ];
    let mut manifest = String::from("scene,stars,label,file\n");
    let mut files = Vec::new();
    for (subject, seed) in [(Subject::Facade, 1), (Subject::Foliage, 2), (Subject::Landscape, 3)] {
        for (stars, camera) in &cameras {
            let picture = render(&Scene::new(subject, seed), camera);
            let file = format!("{subject:?}_{stars}.jpg");
            manifest += &format!("{subject:?},{stars} stars,{stars},{file}\n");
            files.push((file, Jpeg::default().encode(&picture).expect("encoded")));
        }
    }
    (files, manifest)
}

#[test]
fn scores_rise_with_the_stars_of_rendered_photographs() {
    let (files, manifest) = shoot();
    let folder = folder(&files);
    // The list lies in a folder of its own, two levels below the photographs.
    let lists = folder.path().join("lists/of-mine");
    fs::create_dir_all(&lists).expect("made");
    let path = lists.join("stars.csv");
    fs::write(&path, &manifest).expect("written");

    let ended = eval(&path, &["--format=json", "--jobs=2"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let report = report(&ended);
    for (field, value) in [
        ("schema", json!("edgecull.eval.v1")),
        ("task", json!("quality")),
        ("files", json!(9)),
        ("label_column", json!("label")),
        ("group_column", json!("scene")),
        ("groups", json!(3)),
        ("not_judged", json!([])),
    ] {
        assert_eq!(report[field], value, "{field}");
    }
    let score = report["scores"].as_array().expect("a list").last().expect("one");
    assert_eq!((&score["score"], &score["files"]), (&json!("score"), &json!(9)));
    for figure in ["spearman", "pearson"] {
        let value = score[figure].as_f64().expect("a number");
        assert!((0.5..=1.0).contains(&value), "{figure}: {score}");
        let interval = &score[format!("{figure}_interval")];
        let [low, high] = [0, 1].map(|end| interval[end].as_f64().expect("a number"));
        assert!(low <= value && value <= high, "{figure}: {score}");
    }

    // What it says of the files is what `cull` says.
    let culled = records(&cull(folder.path(), &[]).stdout);
    let quarters = report["quarters"].as_array().expect("a list");
    for verdict in ["keep", "review", "reject"] {
        let here: u64 = quarters.iter().map(|q| q[verdict].as_u64().expect("a count")).sum();
        let there = culled.iter().filter(|r| r["verdict"] == verdict).count();
        assert_eq!(here, there as u64, "{verdict}");
    }
    let [lowest, highest] = [&quarters[0], &quarters[3]];
    assert_eq!((&lowest["lowest"], &lowest["highest"]), (&json!(1.0), &json!(1.0)));
    assert_eq!((&lowest["judged"], &highest["judged"]), (&json!(3), &json!(3)));
    assert_eq!((&lowest["keep"], &highest["keep"]), (&json!(0), &json!(3)));
    for d in score["rated_high_scored_low"].as_array().expect("a list") {
        assert!(d["score_place"].as_f64() > d["rating_place"].as_f64(), "{d}");
        let culled = culled.iter().find(|r| d["file"] == name(r)).expect("a record");
        let [a, b] = [&d["score"], &culled["score"]].map(|s| s.as_f64().expect("a number"));
        assert!((a - b).abs() <= 5e-5 && d["verdict"] == culled["verdict"], "{d} {culled}");
    }
}

#[test]
fn a_person_reads_the_same_and_what_could_not_be_judged() {
    let (files, manifest) = shoot();
    let folder = folder(&files);
    let path = folder.path().join("stars.csv");
    fs::write(&path, manifest + "Hall,2 stars,2,gone.jpg\nHall,,,later.jpg\n").expect("written");
    let ended = eval(&path, &[]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(2), ""));
    let said = String::from_utf8(ended.stdout.clone()).expect("UTF-8");
    for words in [
        "quality: 10 labelled files, 4 groups by `scene`",
        "1 rows without a label",
        "by label",
        "lowest quarter",
        "`score` against the ratings (9 files)",
        "Spearman's rank correlation",
        "Pearson's correlation",
        "rated high, scored low",
        "1 files could not be judged",
        "gone.jpg: there is no such file",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(eval(&path, &["--jobs=1"]).stdout, ended.stdout);
}

#[test]
fn what_cannot_be_asked_is_refused_in_a_sentence() {
    let folder = folder(&[("m.csv".to_owned(), b"file,mos\na.jpg,fine\n".to_vec())]);
    let path = folder.path().join("m.csv");
    for (args, words) in [
        (&["--max-keepers-flagged=1%"][..], &["--max-keepers-flagged", "quality", "leave"][..]),
        (&[], &["m.csv line 2", "fine", "numbers"]),
    ] {
        let ended = eval(&path, args);
        assert_eq!((ended.status, ended.stdout.len()), (Some(1), 0), "{args:?}");
        assert!(words.iter().all(|w| ended.stderr.contains(w)), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn the_score_rises_with_what_people_say_of_real_photographs() {
    let Some(pack) = data("quality") else {
        return;
    };
    // Its names are relative to the folder of all packs, one above.
    let ended = eval(&pack.join("clive.csv"), &["--format=json"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let report = report(&ended);
    assert_eq!((&report["files"], &report["label_column"]), (&json!(917), &json!("mos")));
    for score in report["scores"].as_array().expect("a list") {
        let [spearman, pearson] =
            ["spearman", "pearson"].map(|f| score[f].as_f64().expect("there"));
        eprintln!(
            "{} of {} files: Spearman {spearman:.4}, Pearson {pearson:.4}",
            score["score"], score["files"]
        );
        assert!(spearman > 0.0, "{score}");
    }
    let score = report["scores"].as_array().expect("a list").last().expect("one");
    assert_eq!((&score["score"], &score["files"]), (&json!("score"), &json!(917)));
    let disagreements = score["rated_high_scored_low"].as_array().expect("a list");
    assert_eq!(disagreements.len(), 10);
    let judged = report["quarters"].as_array().expect("a list").iter();
    let judged: u64 = judged.map(|q| q["judged"].as_u64().expect("a count")).sum();
    assert_eq!(judged, 917);
}
