//! Photographs and the boxes of their faces, from a list of boxes.

use super::super::list::{Line, List, ManifestError};
use super::super::manifest::GROUP_COLUMNS;
use super::Corners;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Columns of a box, all or none of which a list has.
pub const BOX: [&str; 4] = ["x", "y", "w", "h"];

/// The column that may say what a box is, and the word for one that counts for neither
/// side.
const KIND: &str = "kind";
const IGNORE: &str = "ignore";

/// One photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Photo {
    /// The file as it is named in the list.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its faces.
    pub faces: Vec<Corners>,
    /// Boxes that count for neither side.
    pub ignored: Vec<Corners>,
    /// Photographs that belong together have the same number.
    pub group: usize,
}

/// Photographs with the boxes of their faces.
#[derive(Clone, Debug)]
pub struct Photos {
    /// In the order in which the list first names them.
    pub photos: Vec<Photo>,
    /// The column that groups come from.
    pub group_column: Option<&'static str>,
    /// Number of groups.
    pub groups: usize,
}

impl Photos {
    /// Reads a list with a line a box. Lines of one file belong to one photograph; a
    /// line without a box, and a list without the columns `x` and `y`, names a
    /// photograph in which there is no (further) face.
    ///
    /// # Errors
    /// [`ManifestError`], with the first line that cannot be used.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let list = List::read(path)?;
        let boxes = Boxes::of(&list)?;
        let kind = list.column(KIND);
        let group_column = GROUP_COLUMNS.into_iter().find(|name| list.column(name).is_some());
        let group = group_column.and_then(|name| list.column(name));
        let (mut photos, mut numbers) = (Vec::<Photo>::new(), HashMap::new());
        let (mut names, mut groups) = (HashMap::new(), 0);
        for line in &list.lines {
            let file = list.file(line)?;
            let at = *names.entry(file.to_owned()).or_insert(photos.len());
            if at == photos.len() {
                let number = match group.map(|at| line.value(at)).filter(|g| !g.is_empty()) {
                    Some(name) => *numbers.entry(name.to_owned()).or_insert(groups),
                    None => groups,
                };
                groups = groups.max(number + 1);
                photos.push(Photo {
                    file: file.to_owned(),
                    path: PathBuf::new(),
                    faces: Vec::new(),
                    ignored: Vec::new(),
                    group: number,
                });
            }
            let corners = boxes.as_ref().map(|boxes| boxes.corners(&list, line)).transpose()?;
            if let (Some(corners), Some(photo)) = (corners.flatten(), photos.get_mut(at)) {
                let ignored = kind.is_some_and(|kind| line.value(kind) == IGNORE);
                if ignored { &mut photo.ignored } else { &mut photo.faces }.push(corners);
            }
        }
        let base = list.base(photos.iter().map(|photo| Path::new(&photo.file)));
        for photo in &mut photos {
            photo.path = base.join(&photo.file);
        }
        Ok(Self { photos, group_column, groups })
    }
}

/// Where the columns of a box are.
#[derive(Clone, Copy, Debug)]
pub struct Boxes([usize; 4]);

impl Boxes {
    /// The columns of a list; `None` where it has neither `x` nor `y` (`w` and `h` may
    /// be the picture's).
    ///
    /// # Errors
    /// When it has some of them only.
    pub fn of(list: &List) -> Result<Option<Self>, ManifestError> {
        if list.column("x").is_none() && list.column("y").is_none() {
            return Ok(None);
        }
        let mut columns = [0; 4];
        for (column, name) in columns.iter_mut().zip(BOX) {
            *column = list.needed(&[name])?.1;
        }
        Ok(Some(Self(columns)))
    }

    /// The box of a line; `None` where all its columns are empty.
    ///
    /// # Errors
    /// When one of them is no number, or the box is empty.
    pub fn corners(&self, list: &List, line: &Line) -> Result<Option<Corners>, ManifestError> {
        let words = self.0.map(|at| line.value(at));
        if words.iter().all(|word| word.is_empty()) {
            return Ok(None);
        }
        let mut values = [0.0; 4];
        for (value, word) in values.iter_mut().zip(words) {
            let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
            *value = number.ok_or_else(|| {
                list.meaningless(line, word, "numbers in x, y, w and h, or none of them")
            })?;
        }
        let [x, y, w, h] = values;
        if w <= 0.0 || h <= 0.0 {
            let known = "boxes whose w and h are above 0";
            return Err(list.meaningless(line, &words.join(","), known));
        }
        Ok(Some([x, y, x + w, y + h]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Photos, ManifestError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("m.csv");
        std::fs::write(&path, text).expect("write");
        Photos::read(&path)
    }

    #[test]
    fn lines_of_one_file_are_one_photograph() {
        let text = "file,x,y,w,h,kind,scene\na.jpg,1,2,10,20,human,p\nb.jpg,,,,,,p\n\
                    a.jpg,0.5,0,4,4,ignore,p\na.jpg,5,5,2.5,2,,p\n";
        let photos = read(text).expect("valid");
        let [a, b] = &photos.photos[..] else { panic!("{photos:?}") };
        assert_eq!(a.faces, [[1.0, 2.0, 11.0, 22.0], [5.0, 5.0, 7.5, 7.0]]);
        assert_eq!(a.ignored, [[0.5, 0.0, 4.5, 4.0]]);
        assert_eq!((b.faces.len(), b.ignored.len(), a.group, b.group), (0, 0, 0, 0));
        assert_eq!((photos.groups, photos.group_column), (1, Some("scene")));
    }

    #[test]
    fn a_list_without_boxes_names_photographs_without_faces() {
        let photos = read("file,w,h,source\na.jpg,320,214,mine\nb.jpg,214,320,mine\n");
        let photos = photos.expect("valid");
        assert!(photos.photos.iter().all(|photo| photo.faces.is_empty()));
        assert_eq!((photos.photos.len(), photos.groups, photos.group_column), (2, 2, None));
    }

    #[test]
    fn faults_name_the_line_and_what_would_be_right() {
        for (text, words) in [
            ("file,x,y,w\na.jpg,1,2,3\n", &["`h`"][..]),
            ("file,x,y,w,h\na.jpg,1,2,3,4\na.jpg,1,2,3,\n", &["line 3", "numbers"]),
            ("file,x,y,w,h\na.jpg,1,2,0,4\n", &["line 2", "above 0"]),
            ("file,x,y,w,h\n,1,2,3,4\n", &["line 2", "file name"]),
        ] {
            let said = read(text).expect_err(text).to_string();
            assert!(words.iter().all(|word| said.contains(word)), "{text:?}: {said}");
        }
    }
}
