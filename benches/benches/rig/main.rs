//! What a rig costs: `cargo build --release && cargo bench -p edgecull-benches --bench rig`.
//!
//! Three parts, all with the built program as a process, over FTP on the loopback device,
//! with rendered frames of 24 megapixels and without faces:
//!
//! - latency: from the moment at which the client has sent its last byte to the `226` that
//!   says that frame and verdict are durable; unhurried, and at the pace of a camera on a
//!   fast wire; what fsync takes of it, by the rig's own log, stands apart
//! - load: ten frames a second for a minute, with what is handed on taken away: how many
//!   frames wait, and the most memory
//! - idle: processor time and bytes written while nothing comes
//!
//! Arguments choose parts: `latency`, `load`, `idle`. `EDGECULL_BENCH_SPOOL` names a folder
//! on the disk that is to be measured.

mod client;

use client::Client;
use edgecull_benches::kept_photograph;
use edgecull_tests::process::program;
use edgecull_tests::rig::{Rig, with_comment};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Frames whose latency is measured.
const FRAMES: usize = 120;

/// Frames a second under load, and for how long.
const RATE: u32 = 10;
const LOAD: Duration = Duration::from_secs(60);

/// How long an idle rig is watched.
const IDLE: Duration = Duration::from_secs(30);

/// Bytes a second of a camera on a gigabit wire.
const WIRE: u64 = 110_000_000;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|a| a == part);
    println!("program  {}", program().display());
    let photograph = kept_photograph(6000, 4000).expect("a photograph");
    println!("frame    6000 x 4000, {:.1} MB", photograph.len() as f64 / 1e6);
    if wanted("latency") {
        for (what, options) in [("", &["--no-quality"][..]), (" with quality", &[])] {
            for (pace, rate) in [("as fast as it goes", None), ("at 110 MB/s", Some(WIRE))] {
                latency(&photograph, &format!("{pace}{what}"), rate, options);
            }
        }
    }
    if wanted("load") {
        load(&photograph);
    }
    if wanted("idle") {
        idle();
    }
}

/// A folder on the disk that is measured.
fn folder() -> tempfile::TempDir {
    let place = std::env::var_os("EDGECULL_BENCH_SPOOL")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    tempfile::tempdir_in(place).expect("a folder")
}

/// A rig that takes FTP from anybody, and its port.
fn rig(folder: &Path, options: &[&str]) -> (Rig, u16) {
    let mut args = vec!["ftp://127.0.0.1:0", "--ftp-anonymous", "--no-faces"];
    args.extend(options);
    let rig = Rig::start(&folder.join("spool"), args);
    let line = rig.wait_for_log("ftp: listening on ");
    let address = line.rsplit(' ').next().expect("an address");
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok());
    (rig, port.expect("a port"))
}

fn latency(photograph: &[u8], what: &str, rate: Option<u64>, options: &[&str]) {
    let place = folder();
    let (rig, port) = rig(place.path(), options);
    let mut client = Client::connect(port);
    let mut last_byte = Vec::new();
    for n in 0..FRAMES {
        let name = format!("F_{n:05}.JPG");
        let took = client.store(&name, &with_comment(photograph, &name), rate);
        last_byte.push(took.as_secs_f64() * 1e3);
        if rate.is_some() {
            // The pause of a camera between two frames.
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    let log = rig.log();
    println!("\nlast byte sent -> 226, {what}: {FRAMES} frames");
    println!("  ms                        p50     p95     max");
    row("last byte to 226", last_byte);
    for (field, what) in [
        ("verdict_ms=", "  of it: until the verdict"),
        ("sync_ms=", "  of it: fsync of the file"),
        ("commit_ms=", "  of it: place and journal"),
    ] {
        row(what, log.lines().filter_map(|line| number_after(line, field)).collect());
    }
    assert!(rig.stop().success());
}

fn number_after(line: &str, field: &str) -> Option<f64> {
    let at = line.find(field)? + field.len();
    line.get(at..)?.split_whitespace().next()?.parse().ok()
}

fn row(what: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = values.len().saturating_sub(1);
        values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
    };
    println!("  {what:<24} {:>6.1}  {:>6.1}  {:>6.1}", at(0.5), at(0.95), at(1.0));
}

fn load(photograph: &[u8]) {
    let place = folder();
    let out = place.path().join("out");
    fs::create_dir(&out).expect("made");
    let to = out.to_str().expect("a path in UTF-8").to_owned();
    let (rig, port) = rig(place.path(), &["--no-bursts", "--to", &to]);
    let mut client = Client::connect(port);
    let began = Instant::now();
    let cpu = cpu_seconds(rig.id());
    let (mut sent, mut taken, mut late) = (0u32, 0u64, 0u32);
    let mut waiting: Vec<usize> = Vec::new();
    while began.elapsed() < LOAD {
        let due = Duration::from_secs(1) * sent / RATE;
        match due.checked_sub(began.elapsed()) {
            Some(left) => std::thread::sleep(left),
            None => late += u32::from(sent > 0),
        }
        let name = format!("L_{sent:05}.JPG");
        client.store(&name, &with_comment(photograph, &name), None);
        sent += 1;
        // As a raw converter that imports from a hot folder does.
        for entry in fs::read_dir(&out).expect("a folder").flatten() {
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if !hidden && fs::remove_file(entry.path()).is_ok() {
                taken += 1;
            }
        }
        if sent % RATE == 0 {
            let kept = fs::read_dir(place.path().join("spool/kept")).expect("a folder");
            waiting.push(kept.count());
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu = cpu_seconds(rig.id()) - cpu;
    println!("\nload: {sent} frames in {seconds:.1} s, {late} begun late");
    println!("  handed on and taken    {taken}");
    let third = waiting.len() / 3;
    let most = |part: &[usize]| part.iter().max().copied().unwrap_or_default();
    println!(
        "  frames that wait       at most {} in the first third, {} in the last",
        most(&waiting[..third]),
        most(&waiting[waiting.len() - third..])
    );
    println!("  processor              {:.2} cores", cpu / seconds);
    println!("  most memory            {:.1} MiB", status(rig.id(), "VmHWM:") as f64 / 1024.0);
    assert!(rig.stop().success());
}

fn idle() {
    let place = folder();
    let hot = place.path().join("in");
    fs::create_dir(&hot).expect("made");
    let source = format!("hotfolder:{}", hot.display());
    let (rig, port) = rig(place.path(), &[&source, "--hold-burst", "2"]);
    let mut client = Client::connect(port);
    client.store("one.jpg", &kept_photograph(640, 480).expect("a photograph"), None);
    std::thread::sleep(Duration::from_secs(5));
    let (cpu, written) = (cpu_seconds(rig.id()), written(rig.id()));
    std::thread::sleep(IDLE);
    let share = (cpu_seconds(rig.id()) - cpu) / IDLE.as_secs_f64();
    let written = self::written(rig.id()) - written;
    println!("\nidle for {} s, with FTP and a hot folder", IDLE.as_secs());
    println!("  processor              {:.2} % of a core", share * 100.0);
    println!("  bytes written          {written}");
    println!("  memory                 {:.1} MiB", status(rig.id(), "VmRSS:") as f64 / 1024.0);
    assert!(rig.stop().success());
}

/// Seconds of processor time so far: fields 14 and 15 of proc(5)'s `stat`.
fn cpu_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    // The name before them may hold anything, but ends with the last parenthesis.
    let fields = stat.rsplit(')').next().expect("fields").split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).map(|n| n.parse::<f64>().expect("a number")).sum();
    // USER_HZ, which is 100 wherever Linux runs.
    ticks / 100.0
}

/// KiB from proc(5)'s `status`.
fn status(process: u32, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = text.lines().find_map(|line| line.strip_prefix(field)).expect("a field");
    line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number")
}

/// Bytes that a process had written to disks.
fn written(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/io")).expect("a process");
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|n| n.trim().parse().ok()).expect("a number")
}
