//! The names that a frame's files get where they go.

use crate::deliver::names::{MAX_SUFFIX, numbered, renamed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path};

/// Which name each file of a parcel gets, in the order in which they go: sidecars first.
/// It is journalled before anything is moved, so that whoever finishes the work after a
/// crash uses the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    steps: Vec<Step>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// What it is called in the spool.
    #[serde(with = "bytes")]
    pub(super) file: OsString,
    /// What it will be called.
    #[serde(with = "bytes")]
    pub(super) name: OsString,
}

impl Plan {
    /// Every file keeps its name, or, where `n` is not 0, gets the frame's `n`th other
    /// one. `None` where that gives two files one name, or a name is none.
    pub(super) fn numbered(files: &[OsString], n: u32) -> Option<Self> {
        let stem = stem(files);
        let step = |file: &OsString| {
            let name = if n == 0 {
                Some(file.clone())
            } else {
                let own = first_stem(file);
                renamed(file, stem, &numbered(stem, n))
                    .or_else(|| renamed(file, own, &numbered(own, n)))
            };
            Some(Step { file: file.clone(), name: name? })
        };
        let mut steps: Vec<Step> = files.iter().map(step).collect::<Option<_>>()?;
        // Stable: pictures stay in their order.
        steps.sort_by_key(|step| !is_sidecar(&step.file));
        let plan = Self { steps };
        plan.is_sound().then_some(plan)
    }

    /// The first plan whose stem `take` gives.
    pub(super) fn free(files: &[OsString], mut take: impl FnMut(&OsStr) -> bool) -> Option<Self> {
        let stem = stem(files);
        let n = (0..MAX_SUFFIX).find(|&n| take(&numbered(stem, n)))?;
        Self::numbered(files, n)
    }

    /// The files get the stem that the files of another plan have there: they belong with
    /// these. `None` where that gives no names.
    pub(in crate::rig) fn after(leader: &Self, files: &[OsString]) -> Option<Self> {
        let (stem, free) = (stem(files), leader.stem());
        let step =
            |file: &OsString| Some(Step { file: file.clone(), name: renamed(file, stem, free)? });
        let plan = Self { steps: files.iter().map(step).collect::<Option<_>>()? };
        (!plan.steps.is_empty() && plan.is_sound()).then_some(plan)
    }

    /// The names that the files get, in the order in which they go.
    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.steps.iter().map(|step| step.name.as_os_str())
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The stem that it uses.
    pub(super) fn stem(&self) -> &OsStr {
        let mut names = self.steps.iter().map(|step| &step.name);
        names
            .clone()
            .find(|name| !is_sidecar(name))
            .or(names.next_back())
            .map_or(OsStr::new(""), |name| Path::new(name).file_stem().unwrap_or(name))
    }

    /// Whether it is for these files, each in its folder and once, so that it can be
    /// carried out wherever it was kept meanwhile.
    pub(in crate::rig) fn is_for(&self, files: &[OsString]) -> bool {
        let planned: HashSet<_> = self.steps.iter().map(|step| &step.file).collect();
        self.is_sound() && planned == files.iter().collect()
    }

    fn is_sound(&self) -> bool {
        let (mut files, mut names) = (HashSet::new(), HashSet::new());
        self.steps.iter().all(|Step { file, name }| {
            is_name(file) && is_name(name) && files.insert(file) && names.insert(name)
        })
    }
}

/// Whether a file is about others.
pub(super) fn is_sidecar(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xmp"))
}

/// Whether it is the name of a file in a folder.
fn is_name(name: &OsStr) -> bool {
    let mut parts = Path::new(name).components();
    let alone = matches!(parts.next(), Some(Component::Normal(part)) if part == name);
    alone && parts.next().is_none() && !name.as_bytes().contains(&0)
}

/// The stem of a frame: that of its first picture.
fn stem(files: &[OsString]) -> &OsStr {
    let first = files.iter().find(|file| !is_sidecar(file)).or(files.first());
    first.map_or(OsStr::new(""), |name| Path::new(name).file_stem().unwrap_or(name))
}

/// A name without any ending.
fn first_stem(name: &OsStr) -> &OsStr {
    let mut part = name;
    while let Some(stem) = Path::new(part).file_stem().filter(|stem| *stem != part) {
        part = stem;
    }
    part
}

/// Names as base64 of their bytes: a journal must not change what is not UTF-8.
mod bytes {
    use super::*;

    pub(super) fn serialize<S: Serializer>(name: &OsStr, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(name.as_bytes()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OsString, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(OsString::from_vec).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str], n: u32) -> Option<Vec<String>> {
        let files: Vec<OsString> = files.iter().map(OsString::from).collect();
        let plan = Plan::numbered(&files, n)?;
        assert!(plan.is_for(&files));
        Some(plan.names().map(|name| name.to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn sidecars_go_first_and_the_frame_keeps_one_stem() {
        let files = ["1.CR3", "1.JPG", "1.xmp", "1.JPG.XMP"];
        let kept = ["1.xmp", "1.JPG.XMP", "1.CR3", "1.JPG"].map(str::to_owned);
        assert_eq!(names(&files, 0), Some(kept.to_vec()));
        let other = ["1-3.xmp", "1-3.JPG.XMP", "1-3.CR3", "1-3.JPG"].map(str::to_owned);
        assert_eq!(names(&files, 3), Some(other.to_vec()));
        // One that is not of the frame's stem keeps its own.
        let other = ["b-1.c.xmp", "a-1.JPG"].map(str::to_owned);
        assert_eq!(names(&["a.JPG", "b.c.xmp"], 1), Some(other.to_vec()));
    }

    #[test]
    fn nothing_leads_out_of_the_folder() {
        for bad in ["", ".", "..", "/a", "a/b", "a/", "../a", "a\0"] {
            assert_eq!(names(&["1.JPG", bad], 0), None, "{bad:?}");
        }
        assert_eq!(names(&["1.JPG", "1.JPG"], 0), None);
        let step = Step { file: "1.JPG".into(), name: "../1.JPG".into() };
        assert!(!Plan { steps: vec![step] }.is_for(&["1.JPG".into()]));
        let plan = Plan::numbered(&["1.JPG".into()], 0).expect("plan");
        assert!(!plan.is_for(&["1.JPG".into(), "1.xmp".into()]));
    }

    #[test]
    fn a_plan_outlives_the_process_to_the_byte() {
        let files = [OsString::from_vec(b"\xff\n \".JPG".to_vec()), "x.xmp".into()];
        let plan = Plan::numbered(&files, 1).expect("plan");
        let kept = serde_json::to_string(&plan).expect("text");
        assert_eq!(serde_json::from_str::<Plan>(&kept).expect("plan"), plan);
        assert_eq!(plan.stem().as_bytes(), b"\xff\n \"-1");
        assert!(serde_json::from_str::<Plan>(r#"{"steps":[{"file":"*","name":""}]}"#).is_err());
    }
}
