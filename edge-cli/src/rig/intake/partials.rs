//! Files of which the last byte has not come.

use crate::rig::name::GivenName;
use crate::rig::spool::Hash;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Partial {
    /// The number of its folder.
    pub(super) id: u64,
    /// Its length.
    pub(super) bytes: u64,
    /// Of these bytes.
    pub(super) hash: Hash,
    since: Instant,
}

impl Partial {
    pub(super) fn new(id: u64, bytes: u64, hash: Hash) -> Self {
        Self { id, bytes, hash, since: Instant::now() }
    }
}

/// Those of all sources, by their names: one each.
#[derive(Debug, Default)]
pub(super) struct Partials(Mutex<HashMap<(String, GivenName), Partial>>);

impl Partials {
    pub(super) fn bytes(&self, source: &str, name: &GivenName) -> Option<u64> {
        self.get(source, name).map(|partial| partial.bytes)
    }

    pub(super) fn get(&self, source: &str, name: &GivenName) -> Option<Partial> {
        self.lock().get(&key(source, name)).copied()
    }

    pub(super) fn put(&self, source: &str, name: &GivenName, partial: Partial) -> Option<Partial> {
        self.lock().insert(key(source, name), partial)
    }

    pub(super) fn take(&self, source: &str, name: &GivenName) -> Option<Partial> {
        self.lock().remove(&key(source, name))
    }

    /// Takes those that have not grown for so long.
    pub(super) fn older_than(&self, age: Duration) -> Vec<(String, GivenName, Partial)> {
        let mut all = self.lock();
        let old: Vec<_> =
            all.iter().filter(|(_, p)| p.since.elapsed() >= age).map(|(k, _)| k.clone()).collect();
        old.into_iter()
            .filter_map(|key| {
                let partial = all.remove(&key)?;
                Some((key.0, key.1, partial))
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, GivenName), Partial>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(source: &str, name: &GivenName) -> (String, GivenName) {
    (source.to_owned(), name.clone())
}

/// Whether a file begins with all bytes of another.
pub(super) fn begins_with(file: &Path, other: &Path) -> io::Result<bool> {
    const CHUNK: u64 = 64 * 1024;
    let (mut file, mut other) = (File::open(file)?, File::open(other)?);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        (&mut other).take(CHUNK).read_to_end(&mut right)?;
        if right.is_empty() {
            return Ok(true);
        }
        (&mut file).take(right.len() as u64).read_to_end(&mut left)?;
        if left != right {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_told_from_another_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            path
        };
        let long: Vec<u8> = (0..200_000u32).map(|n| (n * n >> 7) as u8).collect();
        let whole = write("whole", &long);
        assert!(begins_with(&whole, &write("part", &long[..150_000])).expect("read"));
        assert!(begins_with(&whole, &whole).expect("read"));
        assert!(begins_with(&whole, &write("none", b"")).expect("read"));
        let mut other = long[..150_000].to_vec();
        other[140_000] ^= 1;
        assert!(!begins_with(&whole, &write("other", &other)).expect("read"));
        assert!(!begins_with(&write("short", &long[..9]), &whole).expect("read"));
    }

    #[test]
    fn old_ones_are_given_once() {
        let partials = Partials::default();
        let name = GivenName::new("a/b.jpg").expect("a name");
        let partial = Partial::new(3, 10, Hash(1));
        assert_eq!(partials.put("ftp", &name, partial), None);
        assert_eq!(partials.bytes("ftp", &name), Some(10));
        assert_eq!(partials.bytes("stdin", &name), None);
        assert!(partials.older_than(Duration::from_secs(3600)).is_empty());
        assert_eq!(partials.older_than(Duration::ZERO), [("ftp".into(), name.clone(), partial)]);
        assert_eq!(partials.take("ftp", &name), None);
    }
}
