//! A CSV file with a header and a column `file`: what every manifest is.
//!
//! In comes its path; out come its lines, and where the files lie that it names.

use csv::{ReaderBuilder, StringRecord};
use std::path::{Path, PathBuf};

/// Folders above the manifest's that its names may be relative to: lists of a
/// collection lie beside its files, or in a subfolder of it.
const LEVELS_UP: usize = 2;

/// A list, read.
#[derive(Clone, Debug)]
pub struct List {
    /// Where it lies.
    pub path: PathBuf,
    /// Names of all columns.
    pub headers: StringRecord,
    /// Its lines.
    pub lines: Vec<Line>,
    file: usize,
}

/// One line of a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
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
    /// It holds what cannot be used.
    #[error("{}: {why}", path.display())]
    Content {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
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

impl List {
    /// Reads the list at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is no CSV file, or has no column `file`.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let csv = |source: csv::Error| ManifestError::Csv { path: path.to_owned(), source };
        let file = std::fs::File::open(path)
            .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
        let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let headers = without_mark(reader.headers().map_err(csv)?);
        let mut list = Self { path: path.to_owned(), headers, lines: Vec::new(), file: 0 };
        list.file = list.needed(&["file"])?.1;
        for record in reader.records() {
            let values = record.map_err(csv)?;
            let number = values.position().map_or(0, csv::Position::line);
            list.lines.push(Line { number, values });
        }
        Ok(list)
    }

    /// Where the column of this name is.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.headers.iter().position(|header| header == name)
    }

    /// The first of these columns that is there, and where it is.
    ///
    /// # Errors
    /// When none is.
    pub fn needed<'n>(&self, names: &[&'n str]) -> Result<(&'n str, usize), ManifestError> {
        let found = names.iter().find_map(|name| self.column(name).map(|at| (*name, at)));
        found.ok_or_else(|| ManifestError::Column {
            path: self.path.clone(),
            wanted: format!("`{}`", names.join("` or `")),
        })
    }

    /// The file that a line names.
    ///
    /// # Errors
    /// When it names none.
    pub fn file<'l>(&self, line: &'l Line) -> Result<&'l str, ManifestError> {
        match line.values.get(self.file).filter(|name| !name.is_empty()) {
            Some(name) => Ok(name),
            None => Err(ManifestError::File { path: self.path.clone(), line: line.number }),
        }
    }

    /// The error of a value that means nothing.
    #[must_use]
    pub fn meaningless(&self, line: &Line, word: &str, known: &str) -> ManifestError {
        ManifestError::Label {
            path: self.path.clone(),
            line: line.number,
            label: word.to_owned(),
            known: known.to_owned(),
        }
    }

    /// The folder that all relative names are below: the list's own, or, where that
    /// has none of the files, the nearest of the two above it that has any. One file
    /// that is gone is thus never taken for another of its name elsewhere.
    pub fn base<'a>(&self, names: impl Iterator<Item = &'a Path> + Clone) -> PathBuf {
        base(self.path.parent().unwrap_or(Path::new("")), names)
    }
}

impl Line {
    /// The value in a column, empty where there is none.
    #[must_use]
    pub fn value(&self, column: usize) -> &str {
        self.values.get(column).unwrap_or_default()
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
    use super::*;

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
