//! Files that lie elsewhere: followed while they grow, and taken when they are whole.

use super::{Intake, IntakeError, Receipt, Took, Wholeness, hash, hasher, is_whole};
use crate::deliver::durable::sync_folder;
use crate::rig::desk::Arrived;
use crate::rig::judges::{Judges, Pending};
use crate::rig::name::GivenName;
use crate::rig::spool::{Hash, Origin, hash_of};
use crate::source::arrival::Arrival;
use crate::source::format::Ending;
use edgecull_core::verdict::Decision;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// A file elsewhere that is judged while it grows. It may be renamed meanwhile, but not
/// replaced.
pub struct Following {
    arrival: Arc<Arrival>,
    pending: Option<Pending>,
    /// What its name said that it is.
    ending: Option<Ending>,
}

impl Following {
    pub(super) fn begin(judges: &Judges, path: &Path) -> Option<Self> {
        let arrival = Arc::new(Arrival::new());
        let pending = judges.arriving(path, &arrival)?;
        let ending = path.file_name().and_then(Ending::of);
        Some(Self { arrival, pending: Some(pending), ending })
    }

    /// So many bytes of it can be read now.
    pub fn grown_to(&mut self, bytes: u64) {
        self.arrival.advance_to(bytes);
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.arrival.end();
    }
}

pub(super) fn take(
    intake: &Intake,
    source: &str,
    name: &GivenName,
    path: &Path,
    following: Option<Following>,
    wholeness: Wholeness,
) -> Result<Receipt, IntakeError> {
    let ended = Instant::now();
    let ending = path.file_name().and_then(Ending::of);
    let pending = following.and_then(|mut following| {
        following.arrival.end();
        // Under a provisional name a RAW file looks like TIFF.
        following.pending.take().filter(|_| following.ending == ending)
    });
    // It may have been renamed before its judge had it open.
    let judged = pending.map(Pending::wait);
    let judged = judged.filter(|judged| judged.verdict.decision != Decision::Error);
    let judged = judged.unwrap_or_else(|| intake.0.judges.whole(path).wait());
    let verdict = ended.elapsed();
    if !is_whole(&judged) && wholeness == Wholeness::Required {
        let bytes = path.metadata().map_or(0, |meta| meta.len());
        return Err(IntakeError::NotWhole { bytes });
    }
    let spool = intake.0.desk.spool();
    let (id, folder) = spool.begin(&Origin::new(source, name))?;
    let to = folder.join(name.name());
    let began = Instant::now();
    let moved = move_in(path, &to).and_then(|moved| {
        sync_folder(&folder)?;
        Ok(moved)
    });
    let (bytes, hash, copied) = match moved {
        Ok(moved) => moved,
        Err(error) => {
            // Whatever of it is there is a copy, or was put back.
            let _ = spool.discard(id);
            return Err(IntakeError::io(path)(error));
        }
    };
    let took = Took { verdict, sync: began.elapsed() };
    let arrived =
        Arrived { id, source: source.to_owned(), name: name.clone(), bytes, hash, judged };
    let receipt = match intake.admit(arrived, took) {
        Ok(receipt) => receipt,
        Err(error) => {
            if !copied && crate::deliver::durable::rename_to_free(&to, path).is_err() {
                // It stays where the next start finds it.
                return Err(error);
            }
            let _ = spool.discard(id);
            return Err(error);
        }
    };
    if copied {
        fs::remove_file(path).map_err(IntakeError::io(path))?;
    }
    Ok(receipt)
}

/// Moves a file into the spool, or copies it there from another filesystem; durable in
/// both cases. Gives its length, its hash, and whether it was copied.
fn move_in(from: &Path, to: &Path) -> io::Result<(u64, Hash, bool)> {
    match fs::rename(from, to) {
        Ok(()) => {
            let put_back = |error: io::Error| {
                let _ = fs::rename(to, from);
                error
            };
            File::open(to).and_then(|file| file.sync_all()).map_err(put_back)?;
            let (bytes, hash) = hash_of(to).map_err(put_back)?;
            Ok((bytes, hash, false))
        }
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let (bytes, hash) = copy(from, to)?;
            // What was written is what was read, or the original stays.
            if hash_of(from)? == (bytes, hash) {
                Ok((bytes, hash, true))
            } else {
                Err(io::Error::other("the file changed while it was copied"))
            }
        }
        Err(error) => Err(error),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<(u64, Hash)> {
    let mut source = File::open(from)?;
    let mut target = File::options().write(true).create_new(true).open(to)?;
    let mut hasher = hasher();
    let mut chunk = vec![0; 256 * 1024];
    let mut bytes = 0;
    loop {
        let count = source.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        target.write_all(&chunk[..count])?;
        hasher.write(&chunk[..count]);
        bytes += count as u64;
    }
    if let Ok(modified) = source.metadata().and_then(|meta| meta.modified()) {
        // As far as the filesystem knows such things.
        let _ = target.set_modified(modified);
    }
    target.sync_all()?;
    Ok((bytes, hash(&hasher)))
}
