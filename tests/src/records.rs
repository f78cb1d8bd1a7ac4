//! The lines of `--format ndjson`.

use crate::process::{Ended, run};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Far more than any run of these tests takes on a slow machine: it ends a run
/// that would never end.
pub const LIMIT: Duration = Duration::from_secs(600);

/// Runs `cull --format ndjson --no-bursts` on a file or folder: each frame by itself.
///
/// # Panics
/// When it does not end.
#[must_use]
pub fn cull(path: &Path, args: &[&str]) -> Ended {
    cull_together(path, &[&["--no-bursts"], args].concat())
}

/// Runs `cull --format ndjson` on a file or folder.
///
/// # Panics
/// When it does not end.
#[must_use]
pub fn cull_together(path: &Path, args: &[&str]) -> Ended {
    let mut all = vec!["cull".as_ref(), "--format=ndjson".as_ref()];
    all.extend(args.iter().map(std::ffi::OsStr::new));
    all.push(path.as_os_str());
    run(all, LIMIT)
}

/// Reads the lines of a run's output.
///
/// # Panics
/// When a line is not whole, is no JSON, or is not as the published schema says.
#[must_use]
pub fn records(stdout: &[u8]) -> Vec<Value> {
    let schema = include_str!("../../docs/frame.v1.schema.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    let lines = stdout.split_inclusive(|&byte| byte == b'\n');
    lines
        .map(|line| {
            let line = line.strip_suffix(b"\n").expect("every line ends");
            let record = serde_json::from_slice(line).expect("every line is JSON");
            if let Err(error) = schema.validate(&record) {
                panic!("{error}: {record}");
            }
            record
        })
        .collect()
}

/// The records of a file or folder, [by name](by_name), all of which can be judged, each
/// by itself.
///
/// # Panics
/// When one cannot be judged, or anything is said on the standard error.
#[must_use]
pub fn judged(path: &Path, args: &[&str]) -> BTreeMap<String, Value> {
    judged_together(path, &[&["--no-bursts"], args].concat())
}

/// The same with what each frame's company changes.
///
/// # Panics
/// As [`judged`].
#[must_use]
pub fn judged_together(path: &Path, args: &[&str]) -> BTreeMap<String, Value> {
    let ended = cull_together(path, args);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    by_name(records(&ended.stdout))
}

/// Each record by the name of its file, without what differs from run to run
/// and from folder to folder: durations and the path.
///
/// # Panics
/// When two files have one name.
#[must_use]
pub fn by_name(records: Vec<Value>) -> BTreeMap<String, Value> {
    let count = records.len();
    let named: BTreeMap<String, Value> = records
        .into_iter()
        .map(|mut record| {
            let name = name(&record).to_owned();
            let fields = record.as_object_mut().expect("an object");
            fields.remove("timing_us");
            fields.remove("path");
            (name, record)
        })
        .collect();
    assert_eq!(named.len(), count, "two files of one name");
    named
}

/// The name of a record's file, without its folders.
///
/// # Panics
/// When there is no path.
#[must_use]
pub fn name(record: &Value) -> &str {
    let path = record["path"].as_str().expect("a path");
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The codes of a record's reasons, strongest first.
///
/// # Panics
/// When the reasons are no list of objects with codes.
#[must_use]
pub fn codes(record: &Value) -> Vec<&str> {
    let reasons = record["reasons"].as_array().expect("a list");
    reasons.iter().map(|reason| reason["code"].as_str().expect("a code")).collect()
}

/// The region of the first reason with this code.
///
/// # Panics
/// When there is no such reason, or it has no region.
#[must_use]
pub fn region(record: &Value, code: &str) -> [u64; 4] {
    let reasons = record["reasons"].as_array().expect("a list");
    let reason = reasons.iter().find(|reason| reason["code"] == code);
    let region = &reason.unwrap_or_else(|| panic!("no {code}: {record}"))["region"];
    std::array::from_fn(|i| region[i].as_u64().expect("four whole numbers"))
}
