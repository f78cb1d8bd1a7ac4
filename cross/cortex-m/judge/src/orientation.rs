//! How the picture must be turned, from the EXIF that passes by in front of it.

use edgecull_core::geometry::Orientation;
use edgecull_core::jpeg::{BlockAt, BlockSink, Error, ScanSink, ScanStart};
use edgecull_core::kernels::Kernels;

/// Bytes of the EXIF segment that are looked at: the header and some 40 entries of the
/// first directory, where cameras write the orientation among the first ten.
const LOOKED_AT: usize = 512;

/// Tag of the orientation (Exif 2.32, section 4.6.4), and the type of its value.
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// Hands everything on to another sink, and keeps the beginning of the EXIF segment.
pub(crate) struct Upright<S> {
    inner: S,
    exif: [u8; LOOKED_AT],
    filled: usize,
    /// The segment under way is the EXIF one.
    collecting: bool,
}

impl<S> Upright<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, exif: [0; LOOKED_AT], filled: 0, collecting: false }
    }

    pub(crate) fn into_inner(self) -> S {
        self.inner
    }

    /// What EXIF says, or else that the picture stands upright.
    pub(crate) fn orientation(&self) -> Orientation {
        self.exif.get(..self.filled).and_then(orientation).unwrap_or_default()
    }
}

/// The orientation of an APP1 segment that is EXIF: a TIFF header and its first directory.
fn orientation(segment: &[u8]) -> Option<Orientation> {
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let big = match tiff.first_chunk()? {
        b"MM\0\x2A" => true,
        b"II\x2A\0" => false,
        _ => return None,
    };
    let bytes = |at: usize| tiff.get(at..);
    let short = |at: usize| {
        let two = *bytes(at)?.first_chunk()?;
        Some(if big { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
    };
    let four = *bytes(4)?.first_chunk()?;
    let directory = if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
    let directory = usize::try_from(directory).ok()?;
    let entries = usize::from(short(directory)?);
    let first = directory.checked_add(2)?;
    let mut places = (0..entries).map_while(|entry| first.checked_add(12 * entry));
    let entry = places.find(|&at| short(at) == Some(ORIENTATION))?;
    if short(entry.checked_add(2)?)? != SHORT {
        return None;
    }
    Orientation::from_exif(short(entry.checked_add(8)?)?.into())
}

impl<S: BlockSink> BlockSink for Upright<S> {
    const CHROMA_VALUES: bool = S::CHROMA_VALUES;

    #[inline(always)]
    fn wants_luma(&self, row_in_mcu: u32) -> bool {
        self.inner.wants_luma(row_in_mcu)
    }

    #[inline(always)]
    fn luma<K: Kernels>(&mut self, at: BlockAt, dc: i16, end: u32, coefs: &mut [i16; 64]) {
        self.inner.luma::<K>(at, dc, end, coefs);
    }

    #[inline(always)]
    fn chroma(&mut self, at: BlockAt, dc: i16, coefs: &mut [i16; 64]) {
        self.inner.chroma(at, dc, coefs);
    }

    #[inline(always)]
    fn end_mcu_row<K: Kernels>(&mut self, seen: u32, of: u32) {
        self.inner.end_mcu_row::<K>(seen, of);
    }
}

impl<S: ScanSink> ScanSink for Upright<S> {
    fn begin_scan(&mut self, start: &ScanStart<'_>) -> Result<(), Error> {
        self.inner.begin_scan(start)
    }

    fn set_height(&mut self, height: u32) {
        self.inner.set_height(height);
    }

    fn app1(&mut self, piece: &[u8], first: bool) {
        if first {
            // XMP comes in APP1 segments too; an orientation that was found stays.
            self.collecting = self.exif.get(..self.filled).and_then(orientation).is_none();
            if self.collecting {
                self.filled = 0;
            }
        }
        if self.collecting {
            for (to, from) in self.exif.iter_mut().skip(self.filled).zip(piece) {
                *to = *from;
                self.filled += 1;
            }
        }
        self.inner.app1(piece, first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl BlockSink for Nothing {
        fn wants_luma(&self, _: u32) -> bool {
            false
        }
        fn luma<K: Kernels>(&mut self, _: BlockAt, _: i16, _: u32, _: &mut [i16; 64]) {}
        fn chroma(&mut self, _: BlockAt, _: i16, _: &mut [i16; 64]) {}
        fn end_mcu_row<K: Kernels>(&mut self, _: u32, _: u32) {}
    }

    impl ScanSink for Nothing {
        fn begin_scan(&mut self, _: &ScanStart<'_>) -> Result<(), Error> {
            Ok(())
        }
        fn set_height(&mut self, _: u32) {}
    }

    /// EXIF with two entries, the second of which is the orientation.
    fn exif(big: bool, value: u16) -> [u8; 40] {
        let mut bytes = [0; 40];
        let two = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut at = 0;
        let mut put = |part: &[u8]| {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        };
        put(b"Exif\0\0");
        put(if big { b"MM" } else { b"II" });
        put(&two(42));
        put(&if big { 8u32.to_be_bytes() } else { 8u32.to_le_bytes() });
        put(&two(2));
        for (tag, value) in [(0x010F, 77), (ORIENTATION, value)] {
            put(&two(tag));
            put(&two(SHORT));
            put(&if big { 1u32.to_be_bytes() } else { 1u32.to_le_bytes() });
            put(&two(value));
            put(&two(0));
        }
        bytes
    }

    #[test]
    fn either_byte_order_and_any_pieces_give_the_orientation() {
        for big in [false, true] {
            for piece in [1, 7, 40] {
                let mut sink = Upright::new(Nothing);
                for (count, piece) in exif(big, 6).chunks(piece).enumerate() {
                    sink.app1(piece, count == 0);
                }
                assert_eq!(sink.orientation(), Orientation::QuarterTurn);
            }
        }
    }

    #[test]
    fn another_segment_neither_hides_nor_is_taken_for_exif() {
        let mut sink = Upright::new(Nothing);
        sink.app1(b"http://ns.adobe.com/xap/1.0/\0", true);
        assert_eq!(sink.orientation(), Orientation::Upright);
        sink.app1(&exif(true, 3), true);
        sink.app1(b"http://ns.adobe.com/xap/1.0/\0", true);
        sink.app1(&[0xFF; 2000], false);
        assert_eq!(sink.orientation(), Orientation::HalfTurn);
    }

    #[test]
    fn damage_anywhere_is_no_orientation_or_a_valid_one() {
        for cut in 0..40 {
            let mut sink = Upright::new(Nothing);
            sink.app1(&exif(false, 8)[..cut], true);
            if cut < 38 {
                assert_eq!(sink.orientation(), Orientation::Upright, "cut at {cut}");
            }
            for value in [0, 0x7F, 0xFF] {
                let mut bytes = exif(false, 9);
                bytes[cut] = value;
                let mut sink = Upright::new(Nothing);
                sink.app1(&bytes, true);
                let _ = sink.orientation();
            }
        }
        assert_eq!(orientation(&exif(true, 9)), None);
    }
}
