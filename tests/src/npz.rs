//! NumPy's archives, written.

use crate::nn::crc32;

/// An archive with one array of real numbers called `x`.
#[must_use]
pub fn npz(dims: &[usize], values: &[f32]) -> Vec<u8> {
    let dims: Vec<String> = dims.iter().map(ToString::to_string).collect();
    let shape = dims.join(", ");
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape},), }}\n");
    let mut array = b"\x93NUMPY\x01\x00".to_vec();
    array.extend((header.len() as u16).to_le_bytes());
    array.extend(header.as_bytes());
    array.extend(values.iter().flat_map(|x| x.to_le_bytes()));

    let (name, size) = (b"x.npy", array.len() as u32);
    let signed: Vec<i8> = array.iter().map(|byte| byte.cast_signed()).collect();
    // Version, flags, method (stored), time, date, then checksum, sizes, lengths.
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
    common.extend(crc32(&signed).to_le_bytes());
    common.extend(size.to_le_bytes());
    common.extend(size.to_le_bytes());
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);
    let mut archive = b"PK\x03\x04".to_vec();
    archive.extend(&common);
    archive.extend(name);
    archive.extend(&array);
    let directory = archive.len() as u32;
    archive.extend(b"PK\x01\x02\x14\x00");
    archive.extend(&common);
    // Comment, disk, attributes, place.
    archive.extend([0; 2 + 2 + 2 + 4 + 4]);
    archive.extend(name);
    let length = archive.len() as u32 - directory;
    archive.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    archive.extend(length.to_le_bytes());
    archive.extend(directory.to_le_bytes());
    archive.extend([0, 0]);
    archive
}
