//! How much longer than its scan a whole verdict takes: `verdict-ratio FILE [RUNS]`.
//!
//! One thread; with all, without quality, and without faces too, in turn; medians of the
//! pipeline's own times.

use edgecull::pipeline::{Judge, JudgeOptions, Judged};
use std::path::PathBuf;

fn main() {
    let mut args = std::env::args_os().skip(1);
    let Some(file) = args.next().map(PathBuf::from) else {
        eprintln!("usage: verdict-ratio FILE [RUNS]");
        std::process::exit(1);
    };
    let runs = args.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(15usize).max(1);
    let with = JudgeOptions::default();
    let without = JudgeOptions { quality: false, ..with };
    let mut judges = [with, without, JudgeOptions { faces: None, ..without }].map(Judge::new);
    let mut judged: [Vec<Judged>; 3] = Default::default();
    for _ in 0..=runs {
        for (judge, judged) in judges.iter_mut().zip(&mut judged) {
            judged.push(judge.file(&file));
        }
    }
    println!("{}", file.display());
    for (name, judged) in ["all", "no quality", "no faces"].into_iter().zip(&judged) {
        // The first run waits for memory and the disk.
        let runs = &judged[1..];
        if let Some(error) = &runs[0].error {
            println!("{error}");
        }
        let median = |of: fn(&Judged) -> u64| {
            let mut all: Vec<u64> = runs.iter().map(of).collect();
            all.sort_unstable();
            all[all.len() / 2] as f64 / 1e3
        };
        let scan = median(|j| j.timing.scan);
        let all = median(|j| j.timing.scan + j.timing.faces + j.timing.measure + j.timing.quality);
        println!(
            "{name:10}  {} faces, {} looked at; scan {scan:.2} ms, faces {:.2}, quality {:.2}, \
             measures and verdict {:.2}; whole / scan {:.2}",
            runs[0].faces.len(),
            runs[0].faces.iter().filter(|face| face.eyes.is_some()).count(),
            median(|j| j.timing.faces),
            median(|j| j.timing.quality),
            median(|j| j.timing.measure),
            all / scan,
        );
    }
}
