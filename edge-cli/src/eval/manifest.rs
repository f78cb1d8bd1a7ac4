//! The list of labelled files.
//!
//! In comes a CSV file with a header; out come [`Row`]s with a label each, which
//! is of the type `L` that the task's labels have. Columns that a task does not
//! know are carried along and not looked at. `docs/eval.md` tells people how to
//! write one.

use super::list::{List, ManifestError};
use super::task::Labels;
use csv::StringRecord;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Columns that may hold the group, in the order in which they are looked for.
pub const GROUP_COLUMNS: [&str; 3] = ["scene", "pair", "group"];

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
    /// Where it is; see [`List::base`] for relative names.
    pub path: PathBuf,
    /// Its label.
    pub label: L,
    /// Number of its group; rows without one have a group of their own.
    pub group: usize,
    /// All its values.
    pub values: StringRecord,
}

impl<L> Manifest<L> {
    /// Reads the manifest at `path` with the labels of a task. [`List::base`] tells
    /// where relative names lie.
    ///
    /// # Errors
    /// [`ManifestError`], with the first line that cannot be used.
    pub fn read<P>(path: &Path, labels: &Labels<P>) -> Result<Self, ManifestError>
    where
        P: Fn(&str) -> Option<L>,
    {
        let list = List::read(path)?;
        let (label_column, label) = list.needed(&labels.columns)?;
        let group_column = GROUP_COLUMNS.into_iter().find(|name| list.column(name).is_some());
        let group = group_column.and_then(|name| list.column(name));

        let mut numbers = HashMap::new();
        let mut manifest = Self {
            headers: list.headers.clone(),
            rows: Vec::new(),
            unlabelled: 0,
            label_column,
            group_column,
            groups: 0,
        };
        for line in &list.lines {
            let word = line.value(label);
            if word.is_empty() {
                manifest.unlabelled += 1;
                continue;
            }
            let file = list.file(line)?.to_owned();
            let label =
                (labels.parse)(word).ok_or_else(|| list.meaningless(line, word, &labels.known))?;
            let own = manifest.groups;
            let number = match group.map(|at| line.value(at)).filter(|g| !g.is_empty()) {
                Some(name) => *numbers.entry(name.to_owned()).or_insert(own),
                None => own,
            };
            manifest.groups = manifest.groups.max(number + 1);
            let (path, values) = (PathBuf::new(), line.values.clone());
            manifest.rows.push(Row { file, path, label, group: number, values });
        }
        let base = list.base(manifest.rows.iter().map(|row| Path::new(&row.file)));
        for row in &mut manifest.rows {
            row.path = base.join(&row.file);
        }
        Ok(manifest)
    }
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
}
