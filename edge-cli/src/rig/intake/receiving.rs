//! A file of which the bytes come one after the other.

use super::partials::Partial;
use super::{Intake, IntakeError, PATIENCE, Receipt, Took, hash, hasher, is_whole};
use crate::deliver::durable::sync_folder;
use crate::rig::desk::Arrived;
use crate::rig::judges::Pending;
use crate::rig::name::GivenName;
use crate::rig::spool::{Origin, is_full};
use crate::source::arrival::Arrival;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use twox_hash::XxHash3_128;

/// Bytes between two looks at the room on the disk.
const LOOK: u64 = 16 << 20;

/// Time between two tries of writing where there is no room.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// A file of which the bytes are coming. Dropped, it leaves a partial.
pub struct Receiving {
    intake: Intake,
    origin: Origin,
    name: GivenName,
    id: u64,
    path: PathBuf,
    file: File,
    hasher: XxHash3_128,
    bytes: u64,
    looked: u64,
    arrival: Arc<Arrival>,
    pending: Option<Pending>,
    /// Whether its folder is for this file alone, and is to go if nothing comes.
    over: bool,
}

impl Receiving {
    pub(super) fn begin(
        intake: &Intake,
        source: &str,
        name: &GivenName,
    ) -> Result<Self, IntakeError> {
        let origin = Origin::new(source, name);
        let (id, folder) = intake.0.desk.spool().begin(&origin)?;
        let path = folder.join(name.name());
        let made = File::options().read(true).write(true).create_new(true).open(&path);
        // The file's name is to last by the time that its bytes do.
        let file = made
            .and_then(|file| sync_folder(&folder).map(|()| file))
            .map_err(IntakeError::io(&path))?;
        Ok(Self::of(intake, origin, name, id, path, file))
    }

    pub(super) fn resume(
        intake: &Intake,
        source: &str,
        name: &GivenName,
        from: u64,
    ) -> Result<Self, IntakeError> {
        let partial = intake.0.partials.take(source, name);
        let partial = partial.ok_or(IntakeError::Gap { from, bytes: 0 })?;
        if from > partial.bytes {
            intake.0.partials.put(source, name, partial);
            return Err(IntakeError::Gap { from, bytes: partial.bytes });
        }
        let path = intake.0.desk.spool().incoming(partial.id).join(name.name());
        let mut hasher = hasher();
        let opened = (|| {
            let mut file = File::options().read(true).write(true).open(&path)?;
            file.set_len(from)?;
            let mut chunk = vec![0; 64 * 1024];
            loop {
                let count = file.read(&mut chunk)?;
                if count == 0 {
                    break;
                }
                hasher.write(&chunk[..count]);
            }
            file.seek(SeekFrom::Start(from))?;
            Ok(file)
        })();
        let file = opened.map_err(IntakeError::io(&path))?;
        let origin = Origin::new(source, name);
        let mut receiving = Self::of(intake, origin, name, partial.id, path, file);
        receiving.hasher = hasher;
        receiving.bytes = from;
        receiving.arrival.advance_to(from);
        Ok(receiving)
    }

    fn of(
        intake: &Intake,
        origin: Origin,
        name: &GivenName,
        id: u64,
        path: PathBuf,
        file: File,
    ) -> Self {
        let arrival = Arc::new(Arrival::new());
        let pending = intake.0.judges.arriving(&path, &arrival);
        Self {
            intake: intake.clone(),
            origin,
            name: name.clone(),
            id,
            path,
            file,
            hasher: hasher(),
            bytes: 0,
            looked: 0,
            arrival,
            pending,
            over: false,
        }
    }

    /// Takes the next bytes. Waits for room if there is none.
    ///
    /// # Errors
    /// When there is no room for long, the file grows too large, or the system says no.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        let limit = self.intake.0.max_bytes.load(Ordering::Relaxed);
        if self.bytes.saturating_add(bytes.len() as u64) > limit {
            return Err(IntakeError::TooLarge { limit });
        }
        if self.bytes >= self.looked + LOOK {
            self.looked = self.bytes;
            self.intake.need_room()?;
        }
        self.write_all(bytes)?;
        self.hasher.write(bytes);
        self.arrival.advance_to(self.bytes);
        Ok(())
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), IntakeError> {
        let until = Instant::now() + PATIENCE;
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(count) => {
                    self.bytes += count as u64;
                    bytes = bytes.get(count..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) && Instant::now() < until => {
                    // Says so, for people; the sender is held back by not being read.
                    self.intake.0.room.ran_out();
                    if self.intake.0.stop.wait(TRY_AGAIN) {
                        return Err(IntakeError::Stopped);
                    }
                }
                Err(error) => return Err(IntakeError::io(&self.path)(error)),
            }
        }
        Ok(())
    }

    /// Bytes so far, those of a partial among them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The last byte is there: makes the file last, with its verdict.
    ///
    /// # Errors
    /// When it is not whole, or the system says no: its bytes are kept as a partial.
    pub fn finish(mut self) -> Result<Receipt, IntakeError> {
        let ended = Instant::now();
        self.arrival.end();
        // The judge is at its last steps meanwhile.
        self.file.sync_all().map_err(IntakeError::io(&self.path))?;
        let sync = ended.elapsed();
        let pending = self.pending.take();
        let pending = pending.unwrap_or_else(|| self.intake.0.judges.whole(&self.path));
        let judged = pending.wait();
        let took = Took { verdict: ended.elapsed(), sync };
        let hash = hash(&self.hasher);
        let Self { id, bytes, .. } = self;
        if !is_whole(&judged) {
            let before = self.intake.0.partials.get(&self.origin.source, &self.name);
            let twice = before.is_some_and(|before| {
                before.id != id && (before.bytes, before.hash) == (bytes, hash)
            });
            if !twice {
                return Err(IntakeError::NotWhole { bytes });
            }
            tracing::warn!(
                "{} came twice as far as byte {bytes}: it is taken as it is",
                self.name.path().display()
            );
        }
        let (source, name) = (self.origin.source.clone(), self.name.clone());
        let arrived = Arrived { id, source, name, bytes, hash, judged };
        let admitted = self.intake.admit(arrived, took);
        let receipt = self.intake.noted(admitted)?;
        self.over = true;
        Ok(receipt)
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.arrival.end();
        if self.over {
            return;
        }
        // An empty file that was sent counts as one: whether it ever had more is not known.
        let partial = Partial::new(self.id, self.bytes, hash(&self.hasher));
        if let Err(error) = self.intake.keep_partial(&self.origin, &self.name, partial) {
            tracing::error!("{}: {error}", self.name.path().display());
        }
    }
}
