//! The list of labelled files.
//!
//! In comes a CSV file with a header; out come [`Row`]s. Columns that a task does
//! not know are carried along and not looked at. `docs/eval.md` tells people how
//! to write one.

use super::task::Task;
use csv::{ReaderBuilder, StringRecord};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Columns that may hold the group, in the order in which they are looked for.
const GROUP_COLUMNS: [&str; 3] = ["scene", "pair", "group"];

/// A manifest, read.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Names of all columns.
    pub headers: StringRecord,
    /// Rows with a label.
    pub rows: Vec<Row>,
    /// Rows whose label is empty.
    pub unlabelled: u64,
    /// The column that groups come from.
    pub group_column: Option<&'static str>,
    /// Number of groups.
    pub groups: usize,
}

/// One labelled file.
#[derive(Clone, Debug)]
pub struct Row {
    /// The file as it is named there.
    pub file: String,
    /// Where it is: relative names are below the manifest's folder.
    pub path: PathBuf,
    /// Index into [`Task::classes`].
    pub class: usize,
    /// Number of its group; rows without one have a group of their own.
    pub group: usize,
    /// All its values.
    pub values: StringRecord,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It cannot be opened.
    #[error("the manifest {} cannot be read: {source}", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no CSV file with a header.
    #[error("the manifest {} is not understood: {source}", path.display())]
    Csv {
        /// Its path.
        path: PathBuf,
        /// Where, and what was expected.
        source: csv::Error,
    },
    /// A column is missing.
    #[error("the manifest {} has no column {wanted}; its first line must name the columns", path.display())]
    Column {
        /// Its path.
        path: PathBuf,
        /// What the column may be called.
        wanted: String,
    },
    /// A label that the task does not know.
    #[error("{} line {line}: the label {label:?} means nothing to this task; it knows {known}", path.display())]
    Label {
        /// Its path.
        path: PathBuf,
        /// Line in it, from 1.
        line: u64,
        /// What is there.
        label: String,
        /// What could be.
        known: String,
    },
    /// A row without a file name.
    #[error("{} line {line}: there is no file name", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Line in it, from 1.
        line: u64,
    },
}

impl Manifest {
    /// Reads the manifest at `path` for a task.
    ///
    /// # Errors
    /// [`ManifestError`], with the first line that cannot be used.
    pub fn read(path: &Path, task: &Task) -> Result<Self, ManifestError> {
        let csv = |source: csv::Error| ManifestError::Csv { path: path.to_owned(), source };
        let file = std::fs::File::open(path)
            .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
        let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let headers = without_mark(reader.headers().map_err(csv)?);
        let column = |name: &str| headers.iter().position(|h| h == name);
        let missing = |wanted: String| ManifestError::Column { path: path.to_owned(), wanted };
        let file = column("file").ok_or_else(|| missing("`file`".into()))?;
        let names = [task.name, "label"];
        let label = names.into_iter().find_map(column);
        let label = label.ok_or_else(|| missing(format!("`label` (or `{}`)", task.name)))?;
        let group_column = GROUP_COLUMNS.into_iter().find(|name| column(name).is_some());
        let group = group_column.and_then(column);

        let folder = path.parent().unwrap_or(Path::new(""));
        let mut numbers = HashMap::new();
        let mut manifest = Self {
            headers: headers.clone(),
            rows: Vec::new(),
            unlabelled: 0,
            group_column,
            groups: 0,
        };
        for record in reader.records() {
            let values = record.map_err(csv)?;
            let line = values.position().map_or(0, csv::Position::line);
            let value = |at: usize| values.get(at).unwrap_or_default();
            let (name, word) = (value(file).to_owned(), value(label));
            if word.is_empty() {
                manifest.unlabelled += 1;
                continue;
            }
            if name.is_empty() {
                return Err(ManifestError::File { path: path.to_owned(), line });
            }
            let class = task.class(word).ok_or_else(|| ManifestError::Label {
                path: path.to_owned(),
                line,
                label: word.to_owned(),
                known: task.words(),
            })?;
            let own = manifest.groups;
            let number = match group.map(value).filter(|g| !g.is_empty()) {
                Some(name) => *numbers.entry(name.to_owned()).or_insert(own),
                None => own,
            };
            manifest.groups = manifest.groups.max(number + 1);
            manifest.rows.push(Row {
                path: folder.join(&name),
                file: name,
                class,
                group: number,
                values,
            });
        }
        Ok(manifest)
    }
}

/// The header without the byte order mark that spreadsheets write first.
fn without_mark(headers: &StringRecord) -> StringRecord {
    headers.iter().map(|h| h.trim_start_matches('\u{FEFF}').trim()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::task::{BLUR, EXPOSURE};
    use super::*;

    fn read(text: &str, task: &Task) -> Result<Manifest, ManifestError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("m.csv");
        std::fs::write(&path, text).expect("write");
        Manifest::read(&path, task)
    }

    #[test]
    fn groups_are_shared_by_name_and_rows_without_one_stand_alone() {
        let m = read("file,blur,scene\na.jpg,0,7\nb.jpg,1,7\nc.jpg,1,\nd.jpg,0,\n", &BLUR);
        let m = m.expect("valid");
        let groups: Vec<_> = m.rows.iter().map(|r| r.group).collect();
        assert_eq!((groups, m.groups, m.group_column), (vec![0, 0, 1, 2], 3, Some("scene")));
        assert!(m.rows[0].path.ends_with("a.jpg") && m.rows[0].path.parent().is_some());
        assert_eq!(m.rows.iter().map(|r| r.class).collect::<Vec<_>>(), [0, 1, 1, 0]);
    }

    #[test]
    fn ones_own_list_needs_file_and_label_only() {
        let text =
            "\u{FEFF}note, label ,file\nfine,keep,a b.jpg\n,,later.jpg\n\"a, b\",under,c.jpg\n";
        let m = read(text, &EXPOSURE).expect("valid");
        assert_eq!((m.rows.len(), m.unlabelled, m.groups), (2, 1, 2));
        assert_eq!(m.rows[0].file, "a b.jpg");
        assert_eq!(EXPOSURE.classes[m.rows[1].class].name, "under");
    }

    #[test]
    fn faults_name_the_line_and_what_would_be_right() {
        for (text, words) in [
            ("file,scene\na.jpg,1\n", &["label", "blur"][..]),
            ("name,label\na.jpg,1\n", &["file"]),
            ("file,label\na.jpg,0\nb.jpg,fuzzy\n", &["line 3", "fuzzy", "blurred", "sharp"]),
            ("file,label\na.jpg,0,extra\n", &["not understood", "line: 2"]),
            ("file,label\n,1\n", &["line 2", "file name"]),
        ] {
            let said = read(text, &BLUR).expect_err(text).to_string();
            assert!(words.iter().all(|w| said.contains(w)), "{text:?}: {said}");
        }
        let said = Manifest::read(Path::new("/nowhere/m.csv"), &BLUR).expect_err("no file");
        assert!(said.to_string().contains("/nowhere/m.csv"));
    }
}
