//! What is said of a device in words.

use super::super::result::{Bench, Device, Sensors, Size, Soak, Throttling};
use super::tables::number;

/// Names and values, in the order in which they are shown; all results have the same names.
pub(super) fn facts(bench: &Bench) -> Vec<(&'static str, String)> {
    let Bench { device, program, before, after, .. } = bench;
    let limit = [before, after].into_iter().find_map(|s| s.frequency.as_ref()?.limit_mhz);
    let limit = limit.map(|mhz| format!(", up to {}", ghz(mhz)));
    let processor = device.processor.clone().unwrap_or_else(|| "unknown".into());
    let listed = |names: &[String]| match names {
        [] => "none".into(),
        names => names.join(", "),
    };
    vec![
        ("processor", processor + &limit.unwrap_or_default()),
        (
            "instructions",
            format!("{}; kernels chosen: {}", listed(&device.instructions), device.kernels),
        ),
        ("memory", device.memory_kib.map_or_else(|| "unknown".into(), memory)),
        ("system", device.system.clone().unwrap_or_else(|| "unknown".into())),
        (
            "edgecull",
            format!(
                "{} for {}, {} build, features: {}",
                program.version,
                program.target,
                program.profile,
                listed(&program.features)
            ),
        ),
        ("frames", frames(bench)),
        ("before", sensors(before)),
        ("after", sensors(after)),
    ]
}

/// The board's name, or what kind of machine it is.
pub(super) fn title(bench: &Bench) -> String {
    let Device { model, processor, virtual_machine, .. } = &bench.device;
    if let Some(model) = model {
        return model.clone();
    }
    let architecture = match bench.program.target.split('-').next() {
        Some("x86_64") => "x86-64",
        other => other.unwrap_or("unknown"),
    };
    let kind = if *virtual_machine == Some(true) { "virtual machine" } else { "machine" };
    match processor {
        Some(processor) => format!("{architecture} {kind}, {processor}"),
        None => format!("{architecture} {kind}"),
    }
}

/// What was noted, and what a soak shows.
pub(super) fn notes(bench: &Bench) -> Vec<String> {
    let files = bench.not_judged.iter().map(|n| format!("Left out: {}: {}.", n.file, n.error));
    bench.notes.iter().cloned().chain(bench.soak.iter().filter_map(pace)).chain(files).collect()
}

/// How the pace at the end stands to that at the start; of fifths, as one stretch is noisy.
fn pace(soak: &Soak) -> Option<String> {
    let rates: Vec<f64> = soak.points.iter().map(|point| point.frames_per_second).collect();
    let fifth = rates.len() / 5;
    if fifth == 0 {
        return None;
    }
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (first, last) = (mean(&rates[..fifth]), mean(&rates[rates.len() - fifth..]));
    Some(format!(
        "Soak: {} frames/s in the first fifth of the time, {} in the last ({:+.0} %).",
        number(first),
        number(last),
        (last / first - 1.0) * 100.0
    ))
}

fn frames(bench: &Bench) -> String {
    let mut parts: Vec<String> = Vec::new();
    for size in &bench.sizes {
        let what = if size.rendered { "rendered" } else { "own" };
        let mb = number(size.bytes as f64 / 1e6);
        let found = match size.faces {
            _ if !bench.asked.faces => String::new(),
            1.0 => ", 1 face".into(),
            faces => format!(", {faces} faces"),
        };
        let Size { frames, name, .. } = size;
        let which =
            if size.rendered { format!("{frames} of {name}") } else { format!("{frames} files") };
        parts.push(format!("{which} ({what}, {mb} MB each{found})"));
    }
    let without = [("faces", bench.asked.faces), ("quality", bench.asked.quality)];
    for (what, asked) in without {
        if !asked {
            parts.push(format!("judged without {what}"));
        }
    }
    if parts.is_empty() { "none".into() } else { parts.join("; ") }
}

fn sensors(sensors: &Sensors) -> String {
    let mut parts = Vec::new();
    let mut zones: Vec<_> = sensors.temperatures.iter().collect();
    zones.sort_by(|a, b| b.celsius.total_cmp(&a.celsius));
    match zones.first() {
        Some(zone) => parts.push(format!("{:.1} °C ({})", zone.celsius, zone.zone)),
        None => parts.push("temperature unknown".into()),
    }
    parts.push(match &sensors.frequency {
        Some(f) if f.lowest_mhz == f.highest_mhz => ghz(f.lowest_mhz),
        Some(f) => format!("{} to {}", ghz(f.lowest_mhz), ghz(f.highest_mhz)),
        None => "clock unknown".into(),
    });
    parts.push(sensors.throttling.as_ref().map_or("throttling unknown".into(), throttling));
    if let Some(load) = sensors.load {
        parts.push(format!("load {load}"));
    }
    parts.join(", ")
}

fn throttling(Throttling { now, since_boot, .. }: &Throttling) -> String {
    let now = if now.is_empty() { "not held back".into() } else { now.join(", ") };
    if since_boot.is_empty() {
        return now;
    }
    format!("{now} (since it was started: {})", since_boot.join(", "))
}

fn ghz(mhz: f64) -> String {
    format!("{:.2} GHz", mhz / 1000.0)
}

fn memory(kib: u64) -> String {
    let mib = kib as f64 / 1024.0;
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}
