//! RAW and HEIF files made by code: shells as cameras write them, around previews that
//! the renderer made. Their sensor data are noise.

mod boxes;
mod tiff;

pub use tiff::{Tiff, Value};

use Value::{Ascii, Bytes, Inline, Long, Offset, Short};

/// What goes into a file.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The large preview: a JPEG.
    pub preview: Vec<u8>,
    /// The small one.
    pub thumbnail: Vec<u8>,
    /// Width and height of the picture that the camera made, as stored.
    pub size: (u32, u32),
    /// Exif 2.32's tag 0x0112.
    pub orientation: u16,
    /// Bytes of sensor data.
    pub sensor: usize,
}

/// The name of every camera here.
pub const MODEL: &str = "Obscura";

/// The sensitivity of every shot here.
pub const ISO: u16 = 800;

/// Makes a file of a shot.
type Make = fn(&Shot) -> Vec<u8>;

/// An ending, and what makes files of that kind.
pub const KINDS: [(&str, Make); 13] = [
    ("cr2", cr2),
    ("cr3", boxes::cr3),
    ("nef", nef),
    ("old.nef", nikon_note),
    ("arw", arw),
    ("raf", raf),
    ("orf", orf),
    ("om.orf", om),
    ("rw2", rw2),
    ("pef", pef),
    ("k.pef", pentax_note),
    ("dng", dng),
    ("heic", boxes::heic),
];

/// The start of a lossless JPEG larger than any preview, and noise: what sensors leave.
fn sensor(shot: &Shot) -> Vec<u8> {
    let mut bytes =
        b"\xFF\xD8\xFF\xC3\0\x11\x0E\x20\0\x30\0\x02\0\x11\0\x01\x11\0\xFF\xDA".to_vec();
    let mut state = 1u32;
    while bytes.len() < shot.sensor {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push((state >> 24) as u8);
    }
    bytes
}

fn one(value: u32) -> Value {
    Long(vec![value])
}

/// A directory of EXIF.
fn exif(tiff: &mut Tiff, shot: &Shot, note: Option<Value>) -> u32 {
    let mut entries = vec![
        (0x8827, Short(vec![ISO])),
        (0x9003, Ascii("2026:05:16 12:00:00".into())),
        (0xA002, one(shot.size.0)),
        (0xA003, one(shot.size.1)),
    ];
    entries.splice(2..2, note.map(|note| (0x927C, note)));
    tiff.directory(&entries, 0)
}

/// Entries that name a JPEG as TIFF's old way has it.
fn jpeg_entries(blob: usize, bytes: &[u8]) -> [(u16, Value); 3] {
    [(0x0103, Short(vec![6])), (0x0201, Offset(blob)), (0x0202, one(bytes.len() as u32))]
}

/// Entries of a strip.
fn strip(blob: usize, len: usize, compression: u16, photometric: u16) -> Vec<(u16, Value)> {
    vec![
        (0x0103, Short(vec![compression])),
        (0x0106, Short(vec![photometric])),
        (0x0111, Offset(blob)),
        (0x0117, one(len as u32)),
    ]
}

/// What stands in every first directory.
fn first(shot: &Shot, exif: u32, more: Vec<(u16, Value)>) -> Vec<(u16, Value)> {
    let mut entries = vec![
        (0x010F, Ascii("Edgecull".into())),
        (0x0110, Ascii(MODEL.into())),
        (0x0112, Short(vec![shot.orientation])),
    ];
    entries.push((0x8769, one(exif)));
    entries.extend(more);
    entries.sort_by_key(|(tag, _)| *tag);
    entries
}

fn cr2(shot: &Shot) -> Vec<u8> {
    let mut tiff = Tiff::new(false, 42, b"CR\x02\0\0\0\0\0");
    let raw = sensor(shot);
    let blobs = [&shot.preview, &shot.thumbnail, &raw].map(|bytes| tiff.blob(bytes));
    let raw = tiff.directory(&strip(blobs[2], raw.len(), 6, 1), 0);
    let thumbnail = tiff.directory(&jpeg_entries(blobs[1], &shot.thumbnail)[1..], raw);
    let exif = exif(&mut tiff, shot, None);
    let strip = strip(blobs[0], shot.preview.len(), 6, 6);
    let main = tiff.directory(&first(shot, exif, strip), thumbnail);
    tiff.finish(main)
}

fn nef(shot: &Shot) -> Vec<u8> {
    let mut tiff = Tiff::new(true, 42, b"");
    let raw = sensor(shot);
    let blobs = [&shot.preview, &raw].map(|bytes| tiff.blob(bytes));
    let preview = tiff.directory(&jpeg_entries(blobs[0], &shot.preview), 0);
    let raw = tiff.directory(&strip(blobs[1], raw.len(), 34_713 & 0x7FFF, 32_803), 0);
    let exif = exif(&mut tiff, shot, None);
    let main = first(shot, exif, vec![(0x014A, Long(vec![preview, raw]))]);
    let main = tiff.directory(&main, 0);
    tiff.finish(main)
}

/// Nikon's early files: the preview is in a structure within the maker note.
fn nikon_note(shot: &Shot) -> Vec<u8> {
    let mut note = Tiff::new(true, 42, b"");
    let blob = note.blob(&shot.preview);
    let preview = note.directory(&jpeg_entries(blob, &shot.preview), 0);
    let main = note.directory(&[(0x0011, one(preview))], 0);
    let note = [b"Nikon\0\x02\x10\0\0".to_vec(), note.finish(main)].concat();
    with_note(shot, 42, &note)
}

/// A file with a thumbnail, a maker note, and sensor data in one strip.
fn with_note(shot: &Shot, magic: u16, note: &[u8]) -> Vec<u8> {
    let mut tiff = Tiff::new(false, magic, b"");
    let raw = sensor(shot);
    let blobs = [note, &shot.thumbnail, &raw].map(|bytes| tiff.blob(bytes));
    let thumbnail = tiff.directory(&jpeg_entries(blobs[1], &shot.thumbnail), 0);
    let exif = exif(&mut tiff, shot, Some(Inline(blobs[0])));
    let strip = strip(blobs[2], raw.len(), 1, 32_803);
    let main = tiff.directory(&first(shot, exif, strip), thumbnail);
    tiff.finish(main)
}

fn arw(shot: &Shot) -> Vec<u8> {
    let mut tiff = Tiff::new(false, 42, b"");
    let raw = sensor(shot);
    let blobs = [&shot.preview, &shot.thumbnail, &raw].map(|bytes| tiff.blob(bytes));
    let thumbnail = tiff.directory(&jpeg_entries(blobs[1], &shot.thumbnail), 0);
    let raw = tiff.directory(&strip(blobs[2], raw.len(), 32_767, 32_803), 0);
    let exif = exif(&mut tiff, shot, None);
    let mut more = jpeg_entries(blobs[0], &shot.preview).to_vec();
    more.push((0x014A, one(raw)));
    let main = tiff.directory(&first(shot, exif, more), thumbnail);
    tiff.finish(main)
}

/// Fields of a maker note whose offsets count from its own start.
fn self_contained(mark: &[u8], shot: &Shot, entries: impl Fn(u32) -> Vec<Vec<u8>>) -> Vec<u8> {
    let directories = entries(0).concat().len();
    let at = (mark.len() + directories) as u32;
    [mark.to_vec(), entries(at).concat(), shot.preview.clone()].concat()
}

/// An entry of one LONG, in little-endian order.
fn entry(tag: u16, value: u32) -> Vec<u8> {
    [&tag.to_le_bytes()[..], &4u16.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()]
        .concat()
}

fn olympus_note(mark: &[u8], shot: &Shot) -> Vec<u8> {
    let len = shot.preview.len() as u32;
    let settings = mark.len() as u32 + 2 + 12 + 4;
    self_contained(mark, shot, |at| {
        let none = vec![0; 4];
        vec![
            vec![1, 0],
            entry(0x2020, settings),
            none.clone(),
            vec![2, 0],
            entry(0x0101, at),
            entry(0x0102, len),
            none,
        ]
    })
}

fn orf(shot: &Shot) -> Vec<u8> {
    let note = olympus_note(b"OLYMPUS\0II\x03\0", shot);
    with_note(shot, u16::from_le_bytes(*b"RO"), &note)
}

fn om(shot: &Shot) -> Vec<u8> {
    let note = olympus_note(b"OM SYSTEM\0\0\0II\x04\0", shot);
    with_note(shot, u16::from_le_bytes(*b"RS"), &note)
}

fn pentax_note(shot: &Shot) -> Vec<u8> {
    let len = shot.preview.len() as u32;
    let note = self_contained(b"PENTAX \0II", shot, |at| {
        vec![vec![2, 0], entry(0x0003, len), entry(0x0004, at), vec![0; 4]]
    });
    with_note(shot, 42, &note)
}

fn rw2(shot: &Shot) -> Vec<u8> {
    let mut tiff = Tiff::new(false, 0x55, b"");
    let blobs = [shot.preview.clone(), sensor(shot)].map(|bytes| tiff.blob(&bytes));
    let exif = exif(&mut tiff, shot, None);
    let more = vec![(0x002E, Inline(blobs[0])), (0x0118, Offset(blobs[1]))];
    let main = tiff.directory(&first(shot, exif, more), 0);
    tiff.finish(main)
}

fn pef(shot: &Shot) -> Vec<u8> {
    let mut tiff = Tiff::new(true, 42, b"");
    let raw = sensor(shot);
    let blobs = [&shot.thumbnail, &shot.preview, &raw].map(|bytes| tiff.blob(bytes));
    let preview = tiff.directory(&jpeg_entries(blobs[1], &shot.preview), 0);
    let thumbnail = tiff.directory(&jpeg_entries(blobs[0], &shot.thumbnail), preview);
    let exif = exif(&mut tiff, shot, None);
    let strip = strip(blobs[2], raw.len(), 65_535, 32_803);
    let main = tiff.directory(&first(shot, exif, strip), thumbnail);
    tiff.finish(main)
}

fn dng(shot: &Shot) -> Vec<u8> {
    let mut tiff = Tiff::new(false, 42, b"");
    let raw = sensor(shot);
    let blobs = [&shot.preview, &raw].map(|bytes| tiff.blob(bytes));
    let mut sensor = strip(blobs[1], raw.len(), 7, 32_803);
    sensor.push((0xC620, Long(vec![shot.size.0, shot.size.1])));
    let raw = tiff.directory(&sensor, 0);
    let preview = tiff.directory(&strip(blobs[0], shot.preview.len(), 7, 6), 0);
    let exif = exif(&mut tiff, shot, None);
    let more = vec![(0x014A, Long(vec![raw, preview])), (0xC612, Bytes(vec![1, 4, 0, 0]))];
    let main = tiff.directory(&first(shot, exif, more), 0);
    tiff.finish(main)
}

/// Fujifilm's: the JPEG is a whole file with its own EXIF, into which that of the shot is
/// put.
fn raf(shot: &Shot) -> Vec<u8> {
    let stream = exif_stream(shot, None);
    let app1 = [b"Exif\0\0".to_vec(), stream].concat();
    let mut jpeg = b"\xFF\xD8\xFF\xE1".to_vec();
    jpeg.extend((app1.len() as u16 + 2).to_be_bytes());
    jpeg.extend(app1);
    jpeg.extend(&shot.preview[2..]);
    let raw = sensor(shot);
    let (width, height) = shot.size;
    let mut table = 1u32.to_be_bytes().to_vec();
    table.extend(0x0111_u16.to_be_bytes());
    table.extend(4u16.to_be_bytes());
    table.extend((height as u16).to_be_bytes());
    table.extend((width as u16).to_be_bytes());
    let mut out = b"FUJIFILMCCD-RAW 0201FF383501Obscura".to_vec();
    out.resize(84, 0);
    let mut at = 160u32;
    for part in [&jpeg, &table, &raw] {
        out.extend(at.to_be_bytes());
        out.extend((part.len() as u32).to_be_bytes());
        at += part.len() as u32;
    }
    out.resize(160, 0);
    [out, jpeg, table, raw].concat()
}

/// EXIF as JPEG and HEIF keep it, with a thumbnail if one is given.
fn exif_stream(shot: &Shot, thumbnail: Option<&[u8]>) -> Vec<u8> {
    let mut tiff = Tiff::new(true, 42, b"");
    let next = thumbnail.map_or(0, |bytes| {
        let blob = tiff.blob(bytes);
        tiff.directory(&jpeg_entries(blob, bytes), 0)
    });
    let exif = exif(&mut tiff, shot, None);
    let main = tiff.directory(&first(shot, exif, Vec::new()), next);
    tiff.finish(main)
}
