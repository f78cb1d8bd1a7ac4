//! What a start finds: folders and a journal that a killed rig left as they were.
//!
//! A rename of which the journal has not heard has happened. A frame that the journal
//! says was handed on may go. A journal that is damaged is set aside, and made anew from
//! the rows beside the frames' files.

use super::journal::{Journal, JournalError};
use super::row::{FileRow, Hash, Verdict};
use super::{
    INCOMING, JOURNAL, Name, ORIGIN, Origin, ROW, Row, Spool, SpoolError, State, parse_number,
};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_128;

/// What a start found and did.
#[derive(Debug, Default)]
pub struct Story {
    /// Sentences for people, when something was not as a clean stop leaves it.
    pub said: Vec<String>,
    /// Files of which the last byte may not have come.
    pub leftovers: Vec<Leftover>,
    /// Frames that are to be judged again.
    pub again: Vec<Row>,
    /// The greatest number of a folder.
    pub last_id: u64,
}

/// A file in the folder of those that come.
#[derive(Debug)]
pub struct Leftover {
    /// The number of its folder.
    pub id: u64,
    /// Where it came from.
    pub origin: Origin,
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// Opens the journal, or sets a damaged one aside and makes a new one.
pub(super) fn journal(root: &Path) -> Result<(Journal, Story), JournalError> {
    let path = root.join(JOURNAL);
    let mut story = Story::default();
    let damage = match Journal::open(&path) {
        Ok(journal) => return Ok((journal, story)),
        Err(error) if error.damaged => error,
        Err(error) => return Err(error),
    };
    let aside = (0u32..)
        .map(|n| root.join(format!("{JOURNAL}.damaged-{n}")))
        .find(|path| path.symlink_metadata().is_err())
        .unwrap_or_else(|| root.join(format!("{JOURNAL}.damaged")));
    fs::rename(&path, &aside).map_err(|error| JournalError {
        path: path.clone(),
        reason: format!("{}; and it cannot be set aside: {error}", damage.reason),
        damaged: false,
    })?;
    story.said.push(format!(
        "{damage}; it was set aside as {}, and is made anew from the folders",
        aside.display()
    ));
    Ok((Journal::open(&path)?, story))
}

/// Compares what the folders hold with what the journal says.
pub(super) fn places(spool: &Spool, story: &mut Story) -> Result<(), SpoolError> {
    let mut found: HashMap<u64, State> = HashMap::new();
    for state in State::PLACES {
        for id in numbers(&spool.root.join(state.folder()))? {
            story.last_id = story.last_id.max(id);
            found.insert(id, state);
        }
    }
    for state in State::PLACES.into_iter().chain([State::HandedOn]) {
        let mut rows = Vec::new();
        spool.each(state, |row| {
            // Most of those that are done are long gone.
            if row.state != State::Done || found.contains_key(&row.id) {
                rows.push(row);
            }
            true
        })?;
        for row in rows {
            let place = found.remove(&row.id);
            known(spool, story, row, place)?;
        }
    }
    let mut unknown: Vec<(u64, State)> = found.into_iter().collect();
    unknown.sort_unstable_by_key(|(id, _)| *id);
    for (id, state) in unknown {
        adopt(spool, story, id, state)?;
    }
    leftovers(spool, story)
}

/// A frame that the journal knows, and the folder it is in.
fn known(
    spool: &Spool,
    story: &mut Story,
    mut row: Row,
    place: Option<State>,
) -> Result<(), SpoolError> {
    let given = row.given();
    match (row.state, place) {
        (State::HandedOn, Some(place)) => {
            let folder = spool.folder(place, row.id);
            spool.tidy(&row, &folder)?;
            row.state = State::Done;
            spool.journal.put_later(&[&row])?;
        }
        (State::HandedOn, None) => {
            row.state = State::Done;
            spool.journal.put_later(&[&row])?;
        }
        (State::Done, _) => {}
        (_, None) => {
            story.said.push(format!(
                "frame {} ({}) is no longer in {}: it was taken away by hand",
                row.id,
                given.display(),
                row.state.folder()
            ));
            row.state = State::Done;
            spool.journal.put_later(&[&row])?;
        }
        (state, Some(place)) => {
            let folder = spool.folder(place, row.id);
            let more = more_files(&folder, &row)?;
            if state != place || !more.is_empty() {
                row.state = place;
                row.files.extend(more);
                spool.journal.put(&[&row])?;
            }
            if place == State::Judged {
                story.again.push(row);
            }
        }
    }
    Ok(())
}

/// A frame that the journal does not know.
fn adopt(spool: &Spool, story: &mut Story, id: u64, place: State) -> Result<(), SpoolError> {
    let folder = spool.folder(place, id);
    let text = fs::read(folder.join(ROW)).ok();
    let row = text.and_then(|text| serde_json::from_slice::<Row>(&text).ok());
    let row = match row.filter(|row| row.id == id && is_there(&folder, row)) {
        Some(row) => Some(Row { state: place, ..row }),
        None => describe(&folder, id, place)?,
    };
    let Some(row) = row else {
        // A folder without a file: the leftover of a removal.
        let _ = fs::remove_dir_all(&folder);
        return Ok(());
    };
    spool.journal.put(&[&row])?;
    if place == State::Judged {
        story.again.push(row);
    }
    Ok(())
}

fn is_there(folder: &Path, row: &Row) -> bool {
    !row.files.is_empty()
        && row.files.iter().all(|file| {
            let meta = folder.join(&file.name.0).metadata();
            meta.is_ok_and(|meta| meta.len() == file.bytes)
        })
}

/// Files in a frame's folder that its row does not have: they were laid there just before
/// the rig was killed.
fn more_files(folder: &Path, row: &Row) -> Result<Vec<FileRow>, SpoolError> {
    let mut files = Vec::new();
    for entry in folder.read_dir().map_err(SpoolError::io(folder))? {
        let name = entry.map_err(SpoolError::io(folder))?.file_name();
        let bytes = name.as_encoded_bytes();
        if bytes.first() == Some(&b'.')
            || bytes.to_ascii_lowercase().ends_with(b".xmp")
            || row.files.iter().any(|file| file.name.0 == name)
        {
            continue;
        }
        let path = folder.join(&name);
        let (bytes, hash) = hash_of(&path).map_err(SpoolError::io(&path))?;
        files.push(FileRow { name: Name(name), bytes, hash });
    }
    Ok(files)
}

/// A row for a frame of which only the files are left.
fn describe(folder: &Path, id: u64, state: State) -> Result<Option<Row>, SpoolError> {
    let origin = origin(folder);
    let nothing = Row {
        id,
        state,
        source: origin.source,
        folder: origin.folder,
        files: Vec::new(),
        received_ms: crate::rig::now_ms(),
        verdict: match state {
            State::Review => Verdict::Review,
            State::Rejected => Verdict::Reject,
            State::Unjudged => Verdict::Error,
            State::Judged | State::Kept | State::HandedOn | State::Done => Verdict::Keep,
        },
        record: String::new(),
        released: false,
        after: None,
        plan: None,
    };
    let mut files = more_files(folder, &nothing)?;
    // The one that was judged stands first.
    files.sort_by_key(|file| {
        let ending = crate::source::format::Ending::of(&file.name.0);
        (ending.is_none_or(|ending| ending.follows()), file.name.0.clone())
    });
    Ok((!files.is_empty()).then_some(Row { files, ..nothing }))
}

fn origin(folder: &Path) -> Origin {
    let text = fs::read(folder.join(ORIGIN)).ok();
    let origin = text.and_then(|text| serde_json::from_slice(&text).ok());
    origin.unwrap_or_else(|| Origin {
        source: String::new(),
        folder: Name("".into()),
        name: Name("".into()),
    })
}

/// What was coming when the rig was killed.
fn leftovers(spool: &Spool, story: &mut Story) -> Result<(), SpoolError> {
    for id in numbers(&spool.root.join(INCOMING))? {
        story.last_id = story.last_id.max(id);
        let folder = spool.incoming(id);
        let mut names = spool.names_in(&folder)?;
        names.retain(|name| ![ROW, ORIGIN].iter().any(|own| name == own));
        let origin = origin(&folder);
        // It holds one file, which has the name that it was given.
        let Some(name) = names.pop() else {
            let _ = fs::remove_dir_all(&folder);
            continue;
        };
        let path = folder.join(&name);
        let bytes = path.metadata().map_err(SpoolError::io(&path))?.len();
        let origin = Origin { name: Name(name), ..origin };
        story.leftovers.push(Leftover { id, origin, path, bytes });
    }
    story.leftovers.sort_by_key(|leftover| leftover.id);
    Ok(())
}

/// The frames' folders in a place.
fn numbers(place: &Path) -> Result<Vec<u64>, SpoolError> {
    let entries = place.read_dir().map_err(SpoolError::io(place))?;
    let mut ids = Vec::new();
    for entry in entries {
        ids.extend(parse_number(&entry.map_err(SpoolError::io(place))?.file_name()));
    }
    Ok(ids)
}

/// Length and hash of a file.
pub(in crate::rig) fn hash_of(path: &Path) -> io::Result<(u64, Hash)> {
    let mut file = fs::File::open(path)?;
    let mut hasher = XxHash3_128::new();
    let mut chunk = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok((bytes, Hash(hasher.finish_128())));
        }
        bytes += count as u64;
        hasher.write(&chunk[..count]);
    }
}
