//! The list of files that belong together: a line a file, in the order of the camera.

use super::super::list::{List, ManifestError};
use super::super::manifest::GROUP_COLUMNS;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The column with the time of a frame in seconds since any moment, instead of EXIF's.
pub const TIME: &str = "time";

/// A list, read.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Its files.
    pub frames: Vec<Labelled>,
    /// The column that groups come from.
    pub group_column: Option<&'static str>,
    /// Number of groups.
    pub groups: usize,
    /// Whether it tells times.
    pub timed: bool,
}

/// One file.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// The file as it is named there.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// Number of its group; a file without one has a group of its own.
    pub group: usize,
    /// Time in milliseconds; `None` where the list tells none.
    pub time_ms: Option<i64>,
}

impl Frames {
    /// Reads a list.
    ///
    /// # Errors
    /// [`ManifestError`], with the first line that cannot be used.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let list = List::read(path)?;
        let group_column = GROUP_COLUMNS.into_iter().find(|name| list.column(name).is_some());
        let group = group_column.and_then(|name| list.column(name));
        let time = list.column(TIME);
        let (mut frames, mut numbers, mut groups) = (Vec::new(), HashMap::new(), 0);
        for line in &list.lines {
            let file = list.file(line)?.to_owned();
            let number = match group.map(|at| line.value(at)).filter(|name| !name.is_empty()) {
                Some(name) => *numbers.entry(name.to_owned()).or_insert(groups),
                None => groups,
            };
            groups = groups.max(number + 1);
            let word = time.map(|at| line.value(at)).filter(|word| !word.is_empty());
            let time_ms = word.map(|word| {
                let seconds = word.parse::<f64>().ok().filter(|s| s.abs() < 1e12);
                let ms = seconds.map(|s| (s * 1000.0).round() as i64);
                ms.ok_or_else(|| {
                    list.meaningless(line, word, "seconds in the column time, such as 12.25")
                })
            });
            let time_ms = time_ms.transpose()?;
            frames.push(Labelled { file, path: PathBuf::new(), group: number, time_ms });
        }
        let base = list.base(frames.iter().map(|frame| Path::new(&frame.file)));
        for frame in &mut frames {
            frame.path = base.join(&frame.file);
        }
        Ok(Self { frames, group_column, groups, timed: time.is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Frames, ManifestError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("m.csv");
        std::fs::write(&path, text).expect("write");
        Frames::read(&path)
    }

    #[test]
    fn files_without_a_group_stand_alone_and_times_may_be_missing() {
        let list = read("group,file,time\na,1.jpg,0.25\n,2.jpg,\na,3.jpg,-1\n,4.jpg,7\n");
        let list = list.expect("valid");
        let found: Vec<_> = list.frames.iter().map(|f| (f.group, f.time_ms)).collect();
        assert_eq!(found, [(0, Some(250)), (1, None), (0, Some(-1000)), (2, Some(7000))]);
        assert_eq!((list.groups, list.group_column, list.timed), (3, Some("group"), true));
        let plain = read("file\n1.jpg\n2.jpg\n").expect("valid");
        assert_eq!((plain.groups, plain.group_column, plain.timed), (2, None, false));
    }

    #[test]
    fn a_time_that_is_none_is_named() {
        for word in ["noon", "nan", "inf", "1e300"] {
            let said = read(&format!("file,time\n1.jpg,{word}\n")).expect_err(word).to_string();
            assert!(said.contains("line 2") && said.contains("seconds"), "{said}");
        }
    }
}
