//! A rig's intake and spool inside the test's own process, with a source in a thread:
//! what a source hands over can be looked at without a service around it.

use edgecull::args::Xmp;
use edgecull::pipeline::JudgeOptions;
use edgecull::render::Picture;
use edgecull::render::encode::Jpeg;
use edgecull::rig::desk::{Desk, Rules};
use edgecull::rig::intake::Intake;
use edgecull::rig::judges::Judges;
use edgecull::rig::room::Room;
use edgecull::rig::spool::{FileRow, Spool, State};
use edgecull::rig::stop::Stop;
use edgecull_core::judge::Strictness;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longer than anything takes that works.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Files in the spool: the name that the source gave, and how often with which bytes.
pub type Files = BTreeMap<PathBuf, Vec<Vec<u8>>>;

/// An intake with its spool.
pub struct Inside {
    /// Where sources hand in.
    pub intake: Intake,
    /// Ends the source.
    pub stop: Stop,
    /// Says how much of the disk stays free.
    pub room: Arc<Room>,
    desk: Arc<Desk>,
    spool: PathBuf,
}

impl Inside {
    /// Over a spool in this folder, which judges without networks.
    ///
    /// # Panics
    /// When the spool cannot be opened.
    #[must_use]
    pub fn new(spool: &Path) -> Self {
        let (opened, story) = Spool::open(spool).expect("a spool");
        assert!(story.leftovers.is_empty(), "nothing was half done: {story:?}");
        let rules =
            Rules { strictness: Strictness::default(), grouping: None, hold: None, xmp: Xmp::Off };
        let desk = Arc::new(Desk::new(opened, rules));
        let options = JudgeOptions { faces: None, quality: false, ..JudgeOptions::default() };
        let judges = Judges::new(3, options).expect("threads");
        let room = Arc::new(Room::new(spool, 0));
        let stop = Stop::new();
        let intake = Intake::new(Arc::clone(&desk), judges, Arc::clone(&room), stop.clone());
        Self { intake, stop, room, desk, spool: spool.to_owned() }
    }

    /// Runs a source in a thread.
    pub fn run<R: Send + 'static>(
        &self,
        source: impl FnOnce(&Intake, &Stop) -> R + Send + 'static,
    ) -> JoinHandle<R> {
        let (intake, stop) = (self.intake.clone(), self.stop.clone());
        thread::spawn(move || source(&intake, &stop))
    }

    /// All files of all frames in the spool.
    ///
    /// # Panics
    /// When one that the journal knows is not there.
    #[must_use]
    pub fn files(&self) -> Files {
        // A frame may move between the look into the journal and the one at its files.
        let end = Instant::now() + LIMIT;
        loop {
            match self.read() {
                Ok(files) => return files,
                Err(error) => assert!(Instant::now() < end, "the journal knows more: {error}"),
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn read(&self) -> io::Result<Files> {
        let mut files = Files::new();
        for state in State::PLACES {
            for (name, path) in self.files_of(state) {
                files.entry(name).or_default().push(fs::read(path)?);
            }
        }
        Ok(files)
    }

    /// Names of files of frames that could not be judged.
    ///
    /// # Panics
    /// When the journal cannot be read.
    #[must_use]
    pub fn unjudged(&self) -> Vec<PathBuf> {
        self.files_of(State::Unjudged).into_iter().map(|(name, _)| name).collect()
    }

    /// Names of files as they were given, and where they lie.
    fn files_of(&self, state: State) -> Vec<(PathBuf, PathBuf)> {
        let spool = self.desk.spool();
        let mut files = Vec::new();
        let each = spool.each(state, |row| {
            let folder = spool.folder(state, row.id);
            let paths = |file: &FileRow| {
                (Path::new(&row.folder.0).join(&file.name.0), folder.join(&file.name.0))
            };
            files.extend(row.files.iter().map(paths));
            true
        });
        each.expect("a journal");
        files
    }

    /// Waits until so many files are in the spool.
    ///
    /// # Panics
    /// When that takes too long, or there are more.
    pub fn wait_for(&self, count: usize) -> Files {
        let wait = || self.files().values().map(Vec::len).sum::<usize>();
        wait_until(&format!("{count} files in the spool"), || wait() >= count);
        let files = self.files();
        assert_eq!(files.values().map(Vec::len).sum::<usize>(), count, "{:?}", files.keys());
        files
    }

    /// Files that are in nobody's hands: those that were begun and not taken.
    ///
    /// # Panics
    /// When the spool cannot be read.
    #[must_use]
    pub fn incoming(&self) -> usize {
        self.spool.join("incoming").read_dir().expect("a folder").count()
    }
}

/// Waits until something holds.
///
/// # Panics
/// When that takes too long.
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A JPEG file of noise, no two seeds alike: 64 pixels wide, or large enough to take a
/// while.
///
/// # Panics
/// When it cannot be encoded.
#[must_use]
pub fn picture(seed: u32, is_large: bool) -> Vec<u8> {
    let (width, height) = if is_large { (1_200, 800) } else { (64, 48) };
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let rgb = (0..3 * width * height).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let picture = Picture { width, height, rgb: rgb.collect() };
    Jpeg::default().encode(&picture).expect("encoded")
}
