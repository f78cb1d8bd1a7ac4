//! CR3 and HEIC: boxes.

use super::{Shot, Tiff, Value, exif_stream, first, one, sensor};

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let size = content.len() as u32 + 8;
    [&size.to_be_bytes()[..], kind, &content].concat()
}

/// A track of one sample.
fn track(at: u64, len: u32) -> Vec<u8> {
    let sizes = [[0; 8], [0, 0, 0, 1, 0, 0, 0, 0]].concat();
    let mut sizes = sizes[..12].to_vec();
    sizes.extend(len.to_be_bytes());
    let place = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &at.to_be_bytes()].concat();
    let table = boxed(b"stbl", &[&boxed(b"stsz", &[&sizes]), &boxed(b"co64", &[&place])]);
    boxed(b"trak", &[&boxed(b"tkhd", &[&[0; 84]]), &boxed(b"mdia", &[&boxed(b"minf", &[&table])])])
}

pub(super) fn cr3(shot: &Shot) -> Vec<u8> {
    const CANON: [u8; 16] = 0x85c0_b687_820f_11e0_8111_f4ce_462b_6a48_u128.to_be_bytes();
    const PREVIEW: [u8; 16] = 0xeaf4_2b5e_1c98_4b88_b9fb_b7dc_406e_4d16_u128.to_be_bytes();
    let mut main = Tiff::new(false, 42, b"");
    let (width, height) = shot.size;
    let entries = first(shot, 0, vec![(0x0100, one(width)), (0x0101, one(height))]);
    let entries: Vec<(u16, Value)> =
        entries.into_iter().filter(|(tag, _)| *tag != 0x8769).collect();
    let directory = main.directory(&entries, 0);
    let main = boxed(b"CMT1", &[&main.finish(directory)]);
    let mut exif = Tiff::new(false, 42, b"");
    let directory = super::exif(&mut exif, shot, None);
    let exif = boxed(b"CMT2", &[&exif.finish(directory)]);
    let small = |kind, skipped: usize, bytes: &[u8]| boxed(kind, &[&vec![0; skipped], bytes]);
    let thumbnail = small(b"THMB", 16, &shot.thumbnail);
    let raw = sensor(shot);
    let ftyp = boxed(b"ftyp", &[b"crx \0\0\0\x01crx isom"]);
    let own = boxed(b"uuid", &[&CANON, &main, &exif, &thumbnail]);
    let moov = |at: u64| {
        let preview = track(at, shot.preview.len() as u32);
        let raw = track(at + shot.preview.len() as u64, raw.len() as u32);
        boxed(b"moov", &[&own, &boxed(b"mvhd", &[&[0; 100]]), &preview, &raw])
    };
    let medium = small(b"PRVW", 16, &shot.thumbnail);
    let medium = boxed(b"uuid", &[&PREVIEW, &[0; 8], &medium]);
    let before = ftyp.len() + moov(0).len() + medium.len() + 16;
    let mut mdat = [&1u32.to_be_bytes()[..], b"mdat"].concat();
    mdat.extend((16 + (shot.preview.len() + raw.len()) as u64).to_be_bytes());
    [ftyp, moov(before as u64), medium, mdat, shot.preview.clone(), raw].concat()
}

pub(super) fn heic(shot: &Shot) -> Vec<u8> {
    let exif = [&[0; 4][..], &exif_stream(shot, Some(&shot.thumbnail))].concat();
    let coded = sensor(shot);
    let ftyp = boxed(b"ftyp", &[b"heic\0\0\0\0mif1heic"]);
    let item = |number: u16, kind: &[u8; 4]| {
        boxed(b"infe", &[&[2, 0, 0, 0], &number.to_be_bytes(), &[0, 0], kind, b"\0"])
    };
    let items = [item(1, b"hvc1"), item(2, b"Exif"), item(3, b"jpeg")].concat();
    let (width, height) = shot.size;
    let size = boxed(b"ispe", &[&[0; 4], &width.to_be_bytes(), &height.to_be_bytes()]);
    let meta = |at: u32| {
        let mut table = vec![0, 0, 0, 0, 0x44, 0, 0, 3];
        let mut at = at;
        for (number, bytes) in [(1u16, &coded), (2, &exif), (3, &shot.preview)] {
            table.extend(number.to_be_bytes());
            table.extend([0, 0, 0, 1]);
            table.extend(at.to_be_bytes());
            table.extend((bytes.len() as u32).to_be_bytes());
            at += bytes.len() as u32;
        }
        let list = boxed(b"iinf", &[&[0, 0, 0, 0, 0, 3], &items]);
        let properties = boxed(b"iprp", &[&boxed(b"ipco", &[&size])]);
        boxed(b"meta", &[&[0; 4], &list, &properties, &boxed(b"iloc", &[&table])])
    };
    let before = (ftyp.len() + meta(0).len() + 8) as u32;
    let mdat = boxed(b"mdat", &[&coded, &exif, &shot.preview]);
    [ftyp, meta(before), mdat].concat()
}
