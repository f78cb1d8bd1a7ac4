//! Decoding the entropy-coded blocks, one at a time: the inner loop of it all.
//!
//! In come a bit position and the tables of a component; out go the
//! coefficients in zigzag order, or only the place where the block ends.

use super::bits::Bits;
use super::huffman::{
    AC_SYMBOLS, Canonical, DC_ENDS, DC_SYMBOLS, DC_VALUE, DcTable, END_OF_BLOCK, INDEX_BITS,
    MAX_SKIP, NO_CODE, SKIP_BITS, SkipTable, ValueTable, ends_block, extend,
};

/// Room for the 64 coefficients of a block, then for values that an entry of
/// a [`ValueTable`] does not have; 256, so that a byte is always a valid index.
pub(super) type Coefficients = [i16; 256];

/// What is left after the last coefficient that a block sends.
///
/// Above 64 it says that the block was damaged.
pub(super) type End = u32;

/// A block that ran past its 64th coefficient or met bits that are no code.
pub(super) const DAMAGED: End = END_OF_BLOCK;

/// Longest possible block in bytes: 64 symbols of at most 16 + 15 bits.
pub(super) const MAX_BLOCK_BYTES: usize = 248;

/// Fast look-ups between two refills: each takes at most [`INDEX_BITS`], and
/// so does a DC difference before them.
const LOOKUPS: u32 = 4;
const _: () = assert!((LOOKUPS + 1) * INDEX_BITS <= 56);

/// The same for passing over coefficients.
const SKIP_LOOKUPS: u32 = 2;
const _: () = assert!(INDEX_BITS + SKIP_LOOKUPS * MAX_SKIP <= 56);

/// What a block begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dc {
    /// Difference from the component's previous DC coefficient.
    pub(super) difference: i16,
    /// No AC coefficient follows: the end of the block was read too, or
    /// something that is no code.
    pub(super) ends_block: bool,
    damaged: bool,
}

impl Dc {
    /// Where a block ends that [`ends_block`](Self::ends_block).
    #[inline(always)]
    pub(super) fn end(self) -> End {
        if self.damaged { DAMAGED } else { 1 }
    }
}

/// Decodes a DC difference. Afterwards `INDEX_BITS` bits less are available than
/// after a refill.
#[inline(always)]
pub(super) fn dc(bits: Bits, buffer: &[u8], table: &DcTable) -> (Bits, Dc) {
    let bits = bits.refill(buffer);
    let entry = table.fast.get(bits.peek(INDEX_BITS) as usize).copied().unwrap_or(0);
    if entry == 0 {
        let (length, difference) = long_dc(bits.peek(32), &table.code);
        let damaged = length == NO_CODE;
        let dc = Dc { difference: difference as i16, ends_block: damaged, damaged };
        return (bits.consume(length).refill(buffer), dc);
    }
    let dc = Dc {
        difference: entry.cast_signed() >> DC_VALUE,
        ends_block: entry & DC_ENDS != 0,
        damaged: false,
    };
    (bits.consume(u32::from(entry & 15)), dc)
}

/// Bits used and difference, where the 32 bits `window` begin with a long code
/// or magnitude; [`NO_CODE`] bits for none.
// Plain numbers in and out: were the state of the reader passed by reference,
// it would be stored to memory for every block, long code or not.
#[inline(never)]
fn long_dc(window: u32, code: &Canonical<DC_SYMBOLS>) -> (u32, i32) {
    let (length, size) = code.find(window >> 16, 1);
    let size = u32::from(size & 15);
    if length == NO_CODE || size == 0 {
        return (length, 0);
    }
    (length + size, extend(window << length >> (32 - size), size))
}

/// Reads `size` bits of magnitude, 0 to 15.
#[inline(always)]
fn magnitude(bits: Bits, size: u32) -> (Bits, i32) {
    if size == 0 {
        return (bits, 0);
    }
    (bits.consume(size), extend(bits.peek(size), size))
}

/// Decodes the AC coefficients of a block into `block`, of which the first 64
/// are zero before.
///
/// Returns one past the position of the last coefficient that was sent (1 if
/// none was), or [`DAMAGED`]. Places beyond the 64th hold leftovers.
#[inline(always)]
pub(super) fn ac_values(
    mut bits: Bits,
    buffer: &[u8],
    table: &ValueTable,
    block: &mut Coefficients,
) -> (Bits, End) {
    let mut at = 1u32;
    loop {
        for _ in 0..LOOKUPS {
            let entry = table.fast.get(bits.peek(INDEX_BITS) as usize).copied().unwrap_or(0);
            let [length, advance, place1, place2, ..] = entry.to_le_bytes();
            if length == 0 {
                let (b, symbol) = long_symbol(
                    bits.refill(buffer),
                    (advance, place1),
                    &table.code,
                    INDEX_BITS + 1,
                );
                let Some(symbol) = symbol else {
                    return (b, DAMAGED);
                };
                if ends_block(symbol) {
                    return (b, at);
                }
                let (b, value) = magnitude(b, u32::from(symbol & 15));
                bits = b;
                at += u32::from(symbol >> 4);
                block[usize::from(at as u8)] = value as i16;
                at += 1;
                if at >= 64 {
                    return (bits, if at == 64 { at } else { DAMAGED });
                }
                break;
            }
            block[usize::from((at as u8).wrapping_add(place1))] = (entry >> 32) as i16;
            block[usize::from((at as u8).wrapping_add(place2))] = (entry >> 48) as i16;
            bits = bits.consume(u32::from(length));
            at += u32::from(advance);
            if at >= 64 {
                return past_the_last(bits, at, entry as u16, buffer, &table.code, Some(block));
            }
        }
        bits = bits.refill(buffer);
    }
}

/// Passes over the AC coefficients of a block.
///
/// Returns a number up to 64, or [`DAMAGED`].
#[inline(always)]
pub(super) fn ac_skip(mut bits: Bits, buffer: &[u8], table: &SkipTable) -> (Bits, End) {
    let mut at = 1u32;
    loop {
        for _ in 0..SKIP_LOOKUPS {
            let entry = table.fast.get(bits.peek(SKIP_BITS) as usize).copied().unwrap_or(0);
            let [length, advance] = entry.to_le_bytes();
            if length == 0 {
                let (b, symbol) = long_symbol(bits.refill(buffer), (0, 0), &table.code, 1);
                let Some(symbol) = symbol else {
                    return (b, DAMAGED);
                };
                if ends_block(symbol) {
                    return (b, at);
                }
                bits = b.consume(u32::from(symbol & 15));
                at += u32::from(symbol >> 4) + 1;
                if at >= 64 {
                    return (bits, if at == 64 { at } else { DAMAGED });
                }
                break;
            }
            bits = bits.consume(u32::from(length));
            at += u32::from(advance);
            if at >= 64 {
                return past_the_last(bits, at, entry, buffer, &table.code, None);
            }
        }
        bits = bits.refill(buffer);
    }
}

/// Ends a block whose position `at` has reached 64 or more by `entry`, of which
/// the low byte is the length and the next the advance.
#[inline(always)]
fn past_the_last(
    bits: Bits,
    at: u32,
    entry: u16,
    buffer: &[u8],
    code: &Canonical<AC_SYMBOLS>,
    block: Option<&mut Coefficients>,
) -> (Bits, End) {
    if at == 64 {
        return (bits, 64);
    }
    // An end of block after fewer than 64 coefficients.
    if (END_OF_BLOCK..END_OF_BLOCK + 64).contains(&at) {
        return (bits, at - END_OF_BLOCK);
    }
    // The entry reached beyond the block: its last symbols belong to the next one.
    let [length, advance] = entry.to_le_bytes();
    let before = bits.position() - usize::from(length);
    let (position, end) = one_by_one(before, at - u32::from(advance), buffer, code, block);
    (Bits::at(buffer, position), end)
}

/// A symbol whose code, or code and magnitude, is longer than the index.
/// `length` and `symbol` are what the table knows of it, or 0; then the code
/// has at least `from` bits.
#[inline(always)]
fn long_symbol(
    bits: Bits,
    (length, symbol): (u8, u8),
    code: &Canonical<AC_SYMBOLS>,
    from: u32,
) -> (Bits, Option<u8>) {
    if length != 0 {
        return (bits.consume(u32::from(length)), Some(symbol));
    }
    let (length, symbol) = code.find(bits.peek(16), from);
    if length == NO_CODE { (bits, None) } else { (bits.consume(length), Some(symbol)) }
}

/// The same as [`ac_values`] or, without a block, [`ac_skip`], a symbol at a
/// time, from bit `position` and coefficient `at`: for the rare entry that
/// reaches beyond a block. The position afterwards, and the end.
#[cold]
#[inline(never)]
fn one_by_one(
    position: usize,
    mut at: u32,
    buffer: &[u8],
    code: &Canonical<AC_SYMBOLS>,
    mut block: Option<&mut Coefficients>,
) -> (usize, End) {
    let mut bits = Bits::at(buffer, position);
    while at < 64 {
        bits = bits.refill(buffer);
        let (length, symbol) = code.find(bits.peek(16), 1);
        if length == NO_CODE {
            return (bits.position(), DAMAGED);
        }
        bits = bits.consume(length);
        if ends_block(symbol) {
            break;
        }
        let (b, value) = magnitude(bits, u32::from(symbol & 15));
        bits = b;
        at += u32::from(symbol >> 4);
        if at >= 64 {
            return (bits.position(), DAMAGED);
        }
        if let Some(block) = &mut block {
            block[usize::from(at as u8)] = value as i16;
        }
        at += 1;
    }
    (bits.position(), at)
}

/// Decodes the AC coefficients of a block where speed does not matter, from bit
/// `position`; the position afterwards, and the end.
pub(super) fn ac_slowly(
    position: usize,
    buffer: &[u8],
    code: &Canonical<AC_SYMBOLS>,
    block: &mut Coefficients,
) -> (usize, End) {
    one_by_one(position, 1, buffer, code, Some(block))
}
