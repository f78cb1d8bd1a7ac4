//! NumPy's archives, read.
//!
//! In comes a `.npz` file; out come its arrays of numbers by name.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use zip::ZipArchive;

/// The most that an array may hold: 4 GiB of numbers.
const MOST_BYTES: u64 = 4 << 30;

/// What an array's name in the archive ends in.
const ENDING: &str = ".npy";

/// Why there are no numbers.
#[derive(Debug, thiserror::Error)]
pub enum NpzError {
    /// It cannot be opened.
    #[error(transparent)]
    Read(io::Error),
    /// It is no archive, or one that is damaged.
    #[error("this is no .npz file, or it is damaged")]
    NotNpz,
    /// An array that is not there.
    #[error("it holds no array called `{0}`")]
    Missing(String),
    /// An array that contradicts itself.
    #[error("its array is damaged")]
    Damaged,
    /// Columns first.
    #[error("its array is in Fortran's order; save it in C's")]
    Fortran,
    /// A type of numbers that is not read.
    #[error("its numbers are of type {0}; save them as float32")]
    Type(String),
}

/// An archive.
#[derive(Debug)]
pub struct Npz {
    archive: ZipArchive<File>,
    names: Vec<String>,
}

/// An array, the last dimension's numbers side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its dimensions.
    pub dims: Vec<usize>,
    /// As many as they say.
    pub numbers: Vec<f32>,
}

impl Npz {
    /// Opens an archive.
    ///
    /// # Errors
    /// When it cannot be opened, or is none.
    pub fn open(path: &Path) -> Result<Self, NpzError> {
        let archive = ZipArchive::new(File::open(path).map_err(NpzError::Read)?);
        let archive = archive.map_err(|_| NpzError::NotNpz)?;
        let names = archive.file_names().map(|name| name.map(Cow::into_owned));
        let names = names.collect::<Result<Vec<_>, _>>().map_err(|_| NpzError::NotNpz)?;
        let names = names.iter().map(|name| name.strip_suffix(ENDING).unwrap_or(name).to_owned());
        Ok(Self { names: names.collect(), archive })
    }

    /// Names of its arrays.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads an array of numbers.
    ///
    /// # Errors
    /// When it is not there, is damaged, or holds something else.
    pub fn array(&mut self, name: &str) -> Result<Array, NpzError> {
        if !self.names.iter().any(|known| known == name) {
            return Err(NpzError::Missing(name.to_owned()));
        }
        let entry = self.archive.by_name(&format!("{name}{ENDING}"));
        let mut bytes = Vec::new();
        let entry = entry.map_err(|_| NpzError::NotNpz)?;
        entry.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|_| NpzError::NotNpz)?;
        npy(&bytes)
    }
}

/// NumPy's format: a magic, two bytes of version, the length of a header, the header as
/// a Python dictionary, the numbers.
fn npy(bytes: &[u8]) -> Result<Array, NpzError> {
    let damaged = || NpzError::Damaged;
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(damaged)?;
    let (&[major, _], rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let (length, rest) = if major == 1 {
        let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        (usize::from(u16::from_le_bytes(*length)), rest)
    } else {
        let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        (u32::from_le_bytes(*length) as usize, rest)
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let header = str::from_utf8(header).map_err(|_| damaged())?;
    let behind = |key: &str| Some(header.split_once(key)?.1.trim_start_matches([':', ' ']));
    if behind("'fortran_order'").is_some_and(|value| value.starts_with("True")) {
        return Err(NpzError::Fortran);
    }
    let kind = behind("'descr'").and_then(|value| value.split('\'').nth(1)).ok_or_else(damaged)?;
    let dims = behind("'shape'").and_then(|value| value.strip_prefix('(')?.split_once(')'));
    let (dims, _) = dims.ok_or_else(damaged)?;
    let dims = dims.split(',').map(str::trim).filter(|dim| !dim.is_empty());
    let dims: Vec<usize> = dims.map(str::parse).collect::<Result<_, _>>().map_err(|_| damaged())?;
    let numbers: Vec<f32> = match kind {
        "<f4" => data.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
        "<f8" => data.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b) as f32).collect(),
        "<i4" => data.as_chunks().0.iter().map(|&b| i32::from_le_bytes(b) as f32).collect(),
        "<i8" => data.as_chunks().0.iter().map(|&b| i64::from_le_bytes(b) as f32).collect(),
        "|u1" | "|b1" => data.iter().map(|&b| b.into()).collect(),
        "|i1" => data.iter().map(|&b| b.cast_signed().into()).collect(),
        other => return Err(NpzError::Type(other.to_owned())),
    };
    let wanted = dims.iter().try_fold(1usize, |all, &dim| all.checked_mul(dim));
    if wanted != Some(numbers.len()) {
        return Err(damaged());
    }
    Ok(Array { dims, numbers })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn arrays_are_read() {
        let read = |kind, shape, data: &[u8]| {
            let array = npy(&bytes(kind, shape, data)).expect("an array");
            (array.dims, array.numbers)
        };
        let floats: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(read("<f4", "(2,)", &floats), (vec![2], vec![1.5, -2.0]));
        assert_eq!(read("|u1", "(1, 3)", &[0, 128, 255]), (vec![1, 3], vec![0.0, 128.0, 255.0]));
        let whole: Vec<u8> = [7i64, -1].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(read("<i8", "(2,)", &whole), (vec![2], vec![7.0, -1.0]));
    }

    #[test]
    fn damaged_arrays_are_refused() {
        let whole = bytes("<f4", "(2,)", &[0; 8]);
        for length in 0..whole.len() {
            assert!(npy(&whole[..length]).is_err(), "{length} bytes");
        }
        assert!(npy(&bytes("<c8", "(1,)", &[0; 8])).is_err());
        assert!(npy(&bytes("|u1", "(99999999999, 99999999999)", &[0; 8])).is_err());
    }
}
