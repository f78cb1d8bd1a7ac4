//! HEIF (ISO/IEC 23008-12): items, of which one may be a JPEG, and one EXIF with a
//! thumbnail.
//!
//! The picture itself is coded as HEVC or AV1, which nothing here decodes.

use super::bmff::{BmffBox, Boxes};
use super::headers::Headers;
use super::{Search, tiff};
use std::io::{Read, Seek};

/// Bytes of the table of places that are looked at.
const MAX_TABLE: u64 = 64 << 10;

/// Items of use that are looked at.
const MAX_ITEMS: usize = 32;

/// Where an item lies.
struct Item {
    number: u32,
    /// Within the box of data of the same `meta`, not the file.
    inside: bool,
    at: u64,
    len: u64,
}

pub(super) fn walk<R: Read + Seek>(headers: &mut Headers<R>, search: &mut Search) {
    let mut boxes = Boxes::default();
    let top = boxes.within(headers, 0, headers.len());
    for part in &top {
        search.data(part.at, part.end - part.at);
    }
    if let Some(meta) = top.iter().find(|part| &part.kind == b"meta") {
        items(headers, &mut boxes, *meta, search);
    }
}

fn items<R: Read + Seek>(
    headers: &mut Headers<R>,
    boxes: &mut Boxes,
    meta: BmffBox,
    search: &mut Search,
) -> Option<()> {
    let parts = boxes.within(headers, meta.at + 4, meta.end);
    let part = |kind: &[u8; 4]| parts.iter().find(|part| &part.kind == kind).copied();
    if let Some(properties) = part(b"iprp") {
        search.stated = largest(headers, boxes, properties);
    }
    let wanted = named(headers, boxes, part(b"iinf")?);
    let table = part(b"iloc")?;
    let len = (table.end - table.at).min(MAX_TABLE);
    let places = places(&headers.bytes(table.at, len as usize)?);
    for (number, kind) in wanted {
        let Some(item) = places.iter().find(|item| item.number == number) else {
            continue;
        };
        let base = if item.inside { part(b"idat")?.at } else { 0 };
        let Some(at) = base.checked_add(item.at).filter(|&at| at < headers.len()) else {
            continue;
        };
        if kind == *b"jpeg" {
            search.candidate(at, item.len);
        } else if let Some(skipped) = headers.array(at).map(u32::from_be_bytes) {
            tiff::walk(headers, at + 4 + u64::from(skipped), search);
        }
    }
    Some(())
}

/// The largest picture that the properties describe.
fn largest<R: Read + Seek>(
    headers: &mut Headers<R>,
    boxes: &mut Boxes,
    properties: BmffBox,
) -> Option<(u32, u32)> {
    let all = boxes.within(headers, properties.at, properties.end);
    let all = all.into_iter().find(|part| &part.kind == b"ipco")?;
    let parts = boxes.within(headers, all.at, all.end);
    let sizes = parts.iter().filter(|part| &part.kind == b"ispe").filter_map(|part| {
        let [w, h] = [4, 8].map(|field| headers.array(part.at + field).map(u32::from_be_bytes));
        w.zip(h)
    });
    sizes.max_by_key(|&(w, h)| u64::from(w) * u64::from(h))
}

/// Numbers and types of the items of use.
fn named<R: Read + Seek>(
    headers: &mut Headers<R>,
    boxes: &mut Boxes,
    list: BmffBox,
) -> Vec<(u32, [u8; 4])> {
    let version = headers.array(list.at).map_or(0, |[version]: [u8; 1]| version);
    let count = if version == 0 { 2 } else { 4 };
    let entries = boxes.within(headers, list.at + 4 + count, list.end);
    let entries = entries.into_iter().filter(|part| &part.kind == b"infe");
    let named = entries.filter_map(|part| {
        let [version]: [u8; 1] = headers.array(part.at)?;
        let (number, kind) = match version {
            2 => (u16::from_be_bytes(headers.array(part.at + 4)?).into(), part.at + 8),
            3 => (u32::from_be_bytes(headers.array(part.at + 4)?), part.at + 10),
            _ => return None,
        };
        let kind: [u8; 4] = headers.array(kind)?;
        matches!(&kind, b"jpeg" | b"Exif").then_some((number, kind))
    });
    named.take(MAX_ITEMS).collect()
}

/// Reads the table of places, of version 0, 1 or 2, as far as it is there. Items that lie
/// in pieces are left out.
fn places(table: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut fields = Fields(table);
    let mut read = || {
        let version = fields.number(1)?;
        fields.number(3)?;
        let sizes = fields.number(2)?;
        let [offset, length, base, index] = [12, 8, 4, 0].map(|shift| (sizes >> shift & 15) as u8);
        let count = fields.number(if version == 2 { 4 } else { 2 })?;
        for _ in 0..count {
            let number = fields.number(if version == 2 { 4 } else { 2 })?;
            let method = if version == 0 { 0 } else { fields.number(2)? & 15 };
            let elsewhere = fields.number(2)?;
            let base = fields.number(base)?;
            let extents = fields.number(2)?;
            let mut place = None;
            for _ in 0..extents {
                if version > 0 {
                    fields.number(index)?;
                }
                place = Some((fields.number(offset)?, fields.number(length)?));
            }
            if let Some((at, len)) = place.filter(|_| extents == 1 && elsewhere == 0 && method < 2)
                && let (Ok(number), Some(at)) = (u32::try_from(number), base.checked_add(at))
            {
                items.push(Item { number, inside: method == 1, at, len });
            }
        }
        Some(())
    };
    read();
    items
}

/// Numbers of any width, one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next number of `width` bytes; 0 where it takes none. `None` at the end.
    fn number(&mut self, width: u8) -> Option<u64> {
        let (field, rest) = self.0.split_at_checked(width.into())?;
        self.0 = rest;
        (width <= 8).then(|| field.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }
}
