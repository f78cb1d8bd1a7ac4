//! The fault drill: a rig that is killed again and again while frames pour in.
//!
//! Afterwards every frame that was acknowledged is there exactly once, at the host or in
//! the spool, byte for byte, with its verdict. `EDGECULL_KILLS` says how often it is killed
//! (40; 500 for a long drill), `EDGECULL_SEED` repeats a drill.

#![cfg(unix)]

use edgecull::render::encode::Jpeg;
use edgecull::render::{Camera, Picture, Scene, Subject, render};
use edgecull_tests::rig::{Rig, files_below, in_spool, list, until, with_comment};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Numbers by chance: SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Files that wait in the hot folder, at most.
const MOST_WAITING: usize = 50;

/// Files in a folder.
fn count(folder: &Path) -> usize {
    fs::read_dir(folder).expect("a folder").count()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// Photographs of all verdicts.
fn photographs() -> Vec<Vec<u8>> {
    let good = render(&Scene::new(Subject::Facade, 1), &Camera::new(640, 420));
    let fine = render(&Scene::new(Subject::Foliage, 2), &Camera::new(640, 420));
    let black = Picture { rgb: vec![0; good.rgb.len()], ..good.clone() };
    let encode = |picture: &Picture| Jpeg::default().encode(picture).expect("encoded");
    vec![encode(&good), encode(&fine), encode(&black)]
}

/// What was sent and acknowledged, by name.
type Sent = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// Uploads by FTP, again and again until the rig says that it has the file.
fn upload(port: &AtomicU64, name: &str, bytes: &[u8], rate: u64, over: &AtomicBool) -> bool {
    while !over.load(Ordering::Relaxed) {
        let at = port.load(Ordering::Relaxed);
        let url = format!("ftp://127.0.0.1:{at}/{name}");
        let child = Command::new("curl")
            .args([
                "--silent",
                "--max-time",
                "20",
                "--limit-rate",
                &rate.to_string(),
                "-T",
                "-",
                &url,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.expect("curl runs");
        // A killed rig breaks the pipe.
        let _ = child.stdin.take().expect("a pipe").write_all(bytes);
        if child.wait().expect("a status").success() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn no_frame_is_lost_doubled_or_altered_however_often_the_rig_is_killed() {
    let kills = number("EDGECULL_KILLS", 40);
    let seed = number("EDGECULL_SEED", 1);
    println!("{kills} kills, seed {seed}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    for name in ["in", "out"] {
        fs::create_dir(path(name)).expect("made");
    }
    let spool = path("spool");
    let args = || -> Vec<OsString> {
        let mut source = OsString::from("hotfolder:");
        source.push(path("in"));
        let options = ["ftp://127.0.0.1:0", "--ftp-anonymous", "--no-bursts", "--no-quality"];
        let mut args: Vec<OsString> = options.iter().map(OsString::from).collect();
        args.extend([source, "--deliver".into(), "keep".into(), "--to".into(), path("out").into()]);
        args
    };
    let sent: Sent = Arc::default();
    let over = Arc::new(AtomicBool::new(false));
    let port = Arc::new(AtomicU64::new(1));
    let photographs = Arc::new(photographs());
    let mut senders = Vec::new();
    for sender in 0..3u64 {
        let (sent, over, port) = (Arc::clone(&sent), Arc::clone(&over), Arc::clone(&port));
        let photographs = Arc::clone(&photographs);
        let hot = path("in");
        senders.push(std::thread::spawn(move || {
            let mut random = Random(seed * 100 + sender);
            for n in 0u64.. {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let name = format!("S{sender}_{n:05}.JPG");
                let photograph = &photographs[random.below(photographs.len() as u64) as usize];
                let bytes = with_comment(photograph, &name);
                // Written down before: a rig may be killed after it has taken the file.
                if sender == 0 {
                    let hidden = hot.join(format!(".{name}"));
                    fs::write(&hidden, &bytes).expect("written");
                    sent.lock().expect("whole").insert(name.clone(), bytes);
                    fs::rename(hidden, hot.join(name)).expect("renamed");
                    std::thread::sleep(Duration::from_millis(random.below(60)));
                    while count(&hot) > MOST_WAITING && !over.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                } else {
                    let rate = 400_000 + random.below(8_000_000);
                    if upload(&port, &name, &bytes, rate, &over) {
                        sent.lock().expect("whole").insert(name, bytes);
                    }
                }
            }
        }));
    }
    let mut random = Random(seed);
    let mut heard = 0;
    for _ in 0..kills {
        let rig = Rig::spawn(&spool, args());
        // The port is another at each start.
        let began = std::time::Instant::now();
        let life = Duration::from_millis(20 + random.below(400));
        while began.elapsed() < life {
            let log = rig.log();
            if let Some(at) = log.get(heard..).and_then(port_in) {
                port.store(at, Ordering::Relaxed);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        heard = rig.log().len();
        rig.kill();
    }
    over.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().expect("no panic");
    }
    let rig = Rig::spawn(&spool, args());
    until("the hot folder is empty", || count(&path("in")) == 0);
    until("all that is to go has gone", || {
        list(&spool).iter().all(|row| row["state"] != "kept" && row["state"] != "unjudged")
    });
    assert!(rig.stop().success());
    let sent = sent.lock().expect("whole");
    assert!(sent.len() as u64 > kills / 4, "{} frames are no drill", sent.len());
    check(&sent, &path("out"), &spool);
    println!("{} frames acknowledged, none lost, doubled or altered", sent.len());
}

/// The port in the last line that tells one.
fn port_in(log: &str) -> Option<u64> {
    let at = log.rfind("ftp: listening on ")?;
    let address = log.get(at..)?.split_whitespace().nth(3)?;
    address.rsplit(':').next()?.parse().ok()
}

/// Every frame that was sent is there once, byte for byte, with its verdict.
fn check(sent: &BTreeMap<String, Vec<u8>>, out: &Path, spool: &Path) {
    let rows = list(spool);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let name_of = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    for (path, bytes) in files_below(out) {
        let name = name_of(&path);
        *found.entry(name.clone()).or_default() += 1;
        if let Some(whole) = sent.get(&name) {
            assert!(bytes == *whole, "{name} at the host differs");
        }
    }
    for (path, bytes) in in_spool(spool) {
        let name = name_of(&path);
        *found.entry(name.clone()).or_default() += 1;
        if let Some(whole) = sent.get(&name) {
            assert!(bytes == *whole, "{} differs", path.display());
        }
        let row = rows.iter().find(|row| row["files"][0]["name"] == name.as_str());
        let row = row.unwrap_or_else(|| panic!("{name} is not journalled"));
        let state = path.iter().next().expect("a place").to_string_lossy();
        assert_eq!(row["state"], &*state, "{name}");
        let record: serde_json::Value =
            serde_json::from_str(row["record"].as_str().expect("text")).expect("JSON");
        assert_eq!(record["verdict"], row["verdict"], "{name}");
        assert!(record["measures"].is_object(), "{name} was judged");
    }
    for name in sent.keys() {
        assert_eq!(found.get(name).copied().unwrap_or(0), 1, "{name}");
    }
    // What was sent but not acknowledged may be there, once.
    for (name, count) in found {
        assert_eq!(count, 1, "{name}");
    }
}
