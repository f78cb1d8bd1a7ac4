//! Portraits and the state of their eyes, from a list with a line a face.

use super::super::faces::Corners;
use super::super::faces::labels::Boxes;
use super::super::list::{Line, List, ManifestError};
use edgecull_core::eye::EyeState;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Columns that hold the states of the person's own left and right eye, in the order in
/// which they are looked for.
const PAIRS: [[&str; 2]; 2] = [["eye_left", "eye_right"], ["blink_left", "blink_right"]];

/// Columns that hold the state of both.
const BOTH: [&str; 2] = ["eyes", "label"];

/// Columns of the centres of the person's own left and right eye.
const CENTRES: [[&str; 2]; 2] = [["leye_x", "leye_y"], ["reye_x", "reye_y"]];

/// Columns that say which lines belong together.
const GROUPS: [&str; 4] = ["person", "scene", "pair", "group"];

/// A teacher's blink score is open below the first, closed above the second; what lies
/// between says nothing.
const OPEN_BELOW: f64 = 0.25;
const CLOSED_ABOVE: f64 = 0.5;

/// A photograph with labelled faces.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// The file as it is named in the list.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// The faces.
    pub people: Vec<Person>,
}

/// A labelled face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Person {
    /// Its box; without one, the largest face is meant.
    pub corners: Option<Corners>,
    /// The states of the eye on the left of the picture and of the one on the right;
    /// `None` where the label says nothing.
    pub eyes: [Option<EyeState>; 2],
    /// Their centres, left of the picture first.
    pub centres: Option<[[f64; 2]; 2]>,
    /// Faces that belong together have the same number.
    pub group: usize,
}

/// Portraits, read.
#[derive(Clone, Debug)]
pub struct Portraits {
    /// In the order in which the list first names them.
    pub portraits: Vec<Portrait>,
    /// Lines without any label.
    pub unlabelled: u64,
    /// The columns that labels come from.
    pub label_columns: String,
    /// The column that groups come from.
    pub group_column: Option<&'static str>,
    /// Number of groups.
    pub groups: usize,
}

impl Portraits {
    /// Reads a list with a line a face.
    ///
    /// # Errors
    /// [`ManifestError`], with the first line that cannot be used.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let list = List::read(path)?;
        let pair = PAIRS.into_iter().find(|pair| pair.iter().all(|n| list.column(n).is_some()));
        let (names, columns) = match pair {
            Some([left, right]) => {
                let columns = [list.needed(&[left])?.1, list.needed(&[right])?.1];
                (format!("{left}, {right}"), columns)
            }
            None => {
                let wanted = [PAIRS.as_flattened(), &BOTH].concat();
                let (name, column) = list.needed(&BOTH).or_else(|_| list.needed(&wanted))?;
                (name.to_owned(), [column; 2])
            }
        };
        let boxes = Boxes::of(&list)?;
        let group_column = GROUPS.into_iter().find(|name| list.column(name).is_some());
        let group = group_column.and_then(|name| list.column(name));
        let mut read = Self {
            portraits: Vec::new(),
            unlabelled: 0,
            label_columns: names,
            group_column,
            groups: 0,
        };
        let (mut numbers, mut files) = (HashMap::new(), HashMap::new());
        for line in &list.lines {
            let file = list.file(line)?;
            let words = columns.map(|column| line.value(column));
            if words.iter().all(|word| word.is_empty()) {
                read.unlabelled += 1;
                continue;
            }
            let [mut left, mut right] = [None; 2];
            for (state, word) in [(&mut left, words[0]), (&mut right, words[1])] {
                *state = self::state(word).ok_or_else(|| {
                    list.meaningless(line, word, "open, closed, hidden, or a blink score of 0 to 1")
                })?;
            }
            let centres = centres(&list, line);
            // The person's own left is on the right of an upright picture.
            let turned = centres.is_none_or(|[left, right]| left[0] >= right[0]);
            let sides =
                |[left, right]: [[f64; 2]; 2]| if turned { [right, left] } else { [left, right] };
            let number = match group.map(|at| line.value(at)).filter(|g| !g.is_empty()) {
                Some(name) => *numbers.entry(name.to_owned()).or_insert(read.groups),
                None => read.groups,
            };
            read.groups = read.groups.max(number + 1);
            let corners = boxes.as_ref().map(|boxes| boxes.corners(&list, line)).transpose()?;
            let person = Person {
                corners: corners.flatten(),
                eyes: if turned { [right, left] } else { [left, right] },
                centres: centres.map(sides),
                group: number,
            };
            let at = *files.entry(file.to_owned()).or_insert(read.portraits.len());
            if at == read.portraits.len() {
                let (file, path) = (file.to_owned(), PathBuf::new());
                read.portraits.push(Portrait { file, path, people: Vec::new() });
            }
            if let Some(portrait) = read.portraits.get_mut(at) {
                portrait.people.push(person);
            }
        }
        let base = list.base(read.portraits.iter().map(|portrait| Path::new(&portrait.file)));
        for portrait in &mut read.portraits {
            portrait.path = base.join(&portrait.file);
        }
        Ok(read)
    }
}

/// What a word says, which may be nothing; `None` if it means nothing.
fn state(word: &str) -> Option<Option<EyeState>> {
    let states = [EyeState::Open, EyeState::Closed, EyeState::Hidden];
    if let Some(state) = states.into_iter().find(|s| s.name().eq_ignore_ascii_case(word)) {
        return Some(Some(state));
    }
    if word.is_empty() {
        return Some(None);
    }
    let score: f64 = word.parse().ok().filter(|score| (0.0..=1.0).contains(score))?;
    Some(match score {
        score if score < OPEN_BELOW => Some(EyeState::Open),
        score if score > CLOSED_ABOVE => Some(EyeState::Closed),
        _ => None,
    })
}

/// The centres of the person's own left and right eye, where the list has them.
fn centres(list: &List, line: &Line) -> Option<[[f64; 2]; 2]> {
    let mut centres = [[0.0; 2]; 2];
    for (value, name) in centres.as_flattened_mut().iter_mut().zip(CENTRES.as_flattened()) {
        *value = line.value(list.column(name)?).parse().ok()?;
    }
    Some(centres)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EyeState::{Closed, Hidden, Open};

    fn read(text: &str) -> Result<Portraits, ManifestError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("m.csv");
        std::fs::write(&path, text).expect("write");
        Portraits::read(&path)
    }

    #[test]
    fn blink_scores_go_to_the_eye_that_the_centres_name() {
        let text = "file,x,y,w,h,leye_x,leye_y,reye_x,reye_y,blink_left,blink_right,person\n\
                    a.jpg,1,2,30,40,24,10,8,11,0.1,0.9,7\n\
                    a.jpg,50,2,30,40,58,10,74,11,0.1,0.9,8\n\
                    b.jpg,1,2,30,40,24,10,8,11,0.25,0.5,7\n\
                    c.jpg,1,2,30,40,24,10,8,11,,,7\n";
        let read = read(text).expect("valid");
        let [a, b] = &read.portraits[..] else { panic!("{read:?}") };
        assert_eq!(a.people[0].eyes, [Some(Closed), Some(Open)]);
        assert_eq!(a.people[0].centres, Some([[8.0, 11.0], [24.0, 10.0]]));
        // Upside down: the person's left is on the left.
        assert_eq!(a.people[1].eyes, [Some(Open), Some(Closed)]);
        assert_eq!((b.people[0].eyes, b.people[0].group), ([None; 2], a.people[0].group));
        assert_eq!((read.unlabelled, read.groups, read.group_column), (1, 2, Some("person")));
        assert_eq!(read.label_columns, "blink_left, blink_right");
    }

    #[test]
    fn ones_own_list_needs_a_file_and_a_word() {
        let read = read("file,label\na.jpg,Closed\nb.jpg,hidden\n").expect("valid");
        let eyes: Vec<_> = read.portraits.iter().map(|p| p.people[0].eyes).collect();
        assert_eq!(eyes, [[Some(Closed); 2], [Some(Hidden); 2]]);
        assert!(read.portraits.iter().all(|p| p.people[0].corners.is_none()));
        assert_eq!((read.groups, read.label_columns.as_str()), (2, "label"));
        // The person's own left is on the right of the picture.
        let read = self::read("file,eye_left,eye_right\na.jpg,open,closed\n").expect("valid");
        assert_eq!(read.portraits[0].people[0].eyes, [Some(Closed), Some(Open)]);
    }

    #[test]
    fn faults_name_the_line_and_what_would_be_right() {
        for (text, words) in [
            ("file,x,y,w,h\na.jpg,1,2,3,4\n", &["`eye_left`", "`label`"][..]),
            ("file,label\na.jpg,shut\n", &["line 2", "shut", "closed"]),
            ("file,label\na.jpg,1.5\n", &["line 2", "1.5", "blink"]),
        ] {
            let said = read(text).expect_err(text).to_string();
            assert!(words.iter().all(|word| said.contains(word)), "{text:?}: {said}");
        }
    }
}
