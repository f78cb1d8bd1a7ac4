//! The list of labelled files.
//!
//! In comes a CSV file with a header; out come [`Row`]s with a label each, which
//! is of the type `L` that the task's labels have. Columns that a task does not
//! know are carried along and not looked at. `docs/eval.md` tells people how to
//! write one.

use super::task::Labels;
use csv::{ReaderBuilder, StringRecord};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Columns that may hold the group, in the order in which they are looked for.
const GROUP_COLUMNS: [&str; 3] = ["scene", "pair", "group"];

/// Folders above the manifest's that its names may be relative to: lists of a
/// collection lie beside its files, or in a subfolder of it.
const LEVELS_UP: usize = 2;

/// A manifest, read.
#[derive(Clone, Debug)]
pub struct Manifest<L> {
    /// Names of all columns.
    pub headers: StringRecord,
    /// Rows with a label.
    pub rows: Vec<Row<L>>,
    /// Rows whose label is empty.
    pub unlabelled: u64,
    /// The column that labels come from.
    pub label_column: &'static str,
    /// The column that groups come from.
    pub group_column: Option<&'static str>,
    /// Number of groups.
    pub groups: usize,
}

/// One labelled file.
#[derive(Clone, Debug)]
pub struct Row<L> {
    /// The file as it is named there.
    pub file: String,
    /// Where it is; see [`Manifest::read`] for relative names.
    pub path: PathBuf,
    /// Its label.
    pub label: L,
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

impl<L> Manifest<L> {
    /// Reads the manifest at `path` with the labels of a task.
    ///
    /// All relative names are below one folder: the manifest's own, or, where that
    /// has none of the files, the nearest of the two above it that has any. One
    /// file that is gone is thus never taken for another of its name elsewhere.
    ///
    /// # Errors
    /// [`ManifestError`], with the first line that cannot be used.
    pub fn read<P>(path: &Path, labels: &Labels<P>) -> Result<Self, ManifestError>
    where
        P: Fn(&str) -> Option<L>,
    {
        let csv = |source: csv::Error| ManifestError::Csv { path: path.to_owned(), source };
        let file = std::fs::File::open(path)
            .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
        let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let headers = without_mark(reader.headers().map_err(csv)?);
        let column = |name: &str| headers.iter().position(|h| h == name);
        let missing = |names: &[&str]| ManifestError::Column {
            path: path.to_owned(),
            wanted: format!("`{}`", names.join("` or `")),
        };
        let file = column("file").ok_or_else(|| missing(&["file"]))?;
        let found = |&name: &&'static str| column(name).map(|at| (name, at));
        let (label_column, label) =
            labels.columns.iter().find_map(found).ok_or_else(|| missing(&labels.columns))?;
        let group_column = GROUP_COLUMNS.into_iter().find(|name| column(name).is_some());
        let group = group_column.and_then(column);

        let mut numbers = HashMap::new();
        let mut manifest = Self {
            headers: headers.clone(),
            rows: Vec::new(),
            unlabelled: 0,
            label_column,
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
            let label = (labels.parse)(word).ok_or_else(|| ManifestError::Label {
                path: path.to_owned(),
                line,
                label: word.to_owned(),
                known: labels.known.clone(),
            })?;
            let own = manifest.groups;
            let number = match group.map(value).filter(|g| !g.is_empty()) {
                Some(name) => *numbers.entry(name.to_owned()).or_insert(own),
                None => own,
            };
            manifest.groups = manifest.groups.max(number + 1);
            let (file, path) = (name, PathBuf::new());
            manifest.rows.push(Row { file, path, label, group: number, values });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let base = base(folder, manifest.rows.iter().map(|row| Path::new(&row.file)));
        for row in &mut manifest.rows {
            row.path = base.join(&row.file);
        }
        Ok(manifest)
    }
}

/// The folder that relative names are below.
fn base<'a>(folder: &Path, names: impl Iterator<Item = &'a Path> + Clone) -> PathBuf {
    // The system resolves "..", so that links lead where they should.
    let up = |levels| (0..levels).fold(folder.to_owned(), |above, _| above.join(".."));
    let holds_any =
        |base: &PathBuf| names.clone().any(|name| name.is_relative() && base.join(name).exists());
    (0..=LEVELS_UP).map(up).find(holds_any).unwrap_or_else(|| folder.to_owned())
}

/// The header without the byte order mark that spreadsheets write first.
fn without_mark(headers: &StringRecord) -> StringRecord {
    headers.iter().map(|h| h.trim_start_matches('\u{FEFF}').trim()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::task::{BLUR, EXPOSURE, QUALITY};
    use super::*;

    fn read<L, P>(text: &str, labels: &Labels<P>) -> Result<Manifest<L>, ManifestError>
    where
        P: Fn(&str) -> Option<L>,
    {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("m.csv");
        std::fs::write(&path, text).expect("write");
        Manifest::read(&path, labels)
    }

    #[test]
    fn groups_are_shared_by_name_and_rows_without_one_stand_alone() {
        let m = read("file,blur,scene\na.jpg,0,7\nb.jpg,1,7\nc.jpg,1,\nd.jpg,0,\n", &BLUR.labels());
        let m = m.expect("valid");
        let groups: Vec<_> = m.rows.iter().map(|r| r.group).collect();
        assert_eq!((groups, m.groups, m.group_column), (vec![0, 0, 1, 2], 3, Some("scene")));
        assert!(m.rows[0].path.ends_with("a.jpg") && m.rows[0].path.parent().is_some());
        assert_eq!(m.rows.iter().map(|r| r.label).collect::<Vec<_>>(), [0, 1, 1, 0]);
    }

    #[test]
    fn ones_own_list_needs_file_and_label_only() {
        let text =
            "\u{FEFF}note, label ,file\nfine,keep,a b.jpg\n,,later.jpg\n\"a, b\",under,c.jpg\n";
        let m = read(text, &EXPOSURE.labels()).expect("valid");
        assert_eq!((m.rows.len(), m.unlabelled, m.groups), (2, 1, 2));
        assert_eq!(m.rows[0].file, "a b.jpg");
        assert_eq!(EXPOSURE.classes[m.rows[1].label].name, "under");
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
            let said = read(text, &BLUR.labels()).expect_err(text).to_string();
            assert!(words.iter().all(|w| said.contains(w)), "{text:?}: {said}");
        }
        let said =
            Manifest::read(Path::new("/nowhere/m.csv"), &BLUR.labels()).expect_err("no file");
        assert!(said.to_string().contains("/nowhere/m.csv"));
    }

    #[test]
    fn ratings_are_numbers_on_any_scale() {
        let m = read("file,mos,std\na.jpg,62.5,3\nb.jpg,-1,4\nc.jpg,,4\n", &QUALITY.labels());
        let m = m.expect("valid");
        assert_eq!(m.rows.iter().map(|r| r.label).collect::<Vec<_>>(), [62.5, -1.0]);
        assert_eq!((m.label_column, m.unlabelled), ("mos", 1));
        // The task's own column goes before others.
        let m = read("label,quality,file\n3,4,a.jpg\n", &QUALITY.labels()).expect("valid");
        assert_eq!((m.label_column, m.rows[0].label), ("quality", 4.0));
        for word in ["good", "nan", "inf", "4 stars"] {
            let said = read(&format!("file,label\na.jpg,{word}\n"), &QUALITY.labels());
            let said = said.expect_err(word).to_string();
            assert!(said.contains("line 2") && said.contains("62.5"), "{said}");
        }
        let said = read("file,blur\n", &QUALITY.labels()).expect_err("no label").to_string();
        assert!(said.contains("`quality` or `mos` or `label`"), "{said}");
    }

    #[test]
    fn names_are_below_one_folder() {
        let top = tempfile::tempdir().expect("folder");
        let lists = top.path().join("a/b/c");
        std::fs::create_dir_all(&lists).expect("folders");
        let touch = |name: &str| std::fs::write(top.path().join(name), "").expect("write");
        let text = "file,blur\nx.jpg,0\nb/y.jpg,1\n";
        std::fs::write(lists.join("m.csv"), text).expect("write");
        let rows = || {
            let m = Manifest::read(&lists.join("m.csv"), &BLUR.labels()).expect("valid");
            m.rows.into_iter().map(|row| row.path).collect::<Vec<_>>()
        };
        // Three levels up is out of reach: both are gone from the manifest's folder.
        touch("x.jpg");
        assert_eq!(rows(), [lists.join("x.jpg"), lists.join("b/y.jpg")]);
        // a/b/c/../.. is a.
        touch("a/b/y.jpg");
        let above = lists.join("../..");
        assert_eq!(rows(), [above.join("x.jpg"), above.join("b/y.jpg")]);
        // What is nearer wins, for all names.
        touch("a/b/x.jpg");
        let near = lists.join("..");
        assert_eq!(rows(), [near.join("x.jpg"), near.join("b/y.jpg")]);
        touch("a/b/c/x.jpg");
        assert_eq!(rows(), [lists.join("x.jpg"), lists.join("b/y.jpg")]);
    }

    #[test]
    fn a_manifest_named_without_a_folder_looks_above_as_well() {
        let names = ["nowhere/of/this/name.jpg"].map(Path::new);
        assert_eq!(base(Path::new(""), names.into_iter()), Path::new(""));
        // Tests run in the package's folder, which lies in the workspace.
        let names = ["edge-cli/Cargo.toml"].map(Path::new);
        assert_eq!(base(Path::new(""), names.into_iter()), Path::new(".."));
        // Absolute names say nothing about relative ones.
        let absolute = std::env::current_dir().expect("a folder");
        let names = [absolute.as_path(), Path::new("edge-cli/Cargo.toml")];
        assert_eq!(base(Path::new("src"), names.into_iter()), Path::new("src/../.."));
    }
}
