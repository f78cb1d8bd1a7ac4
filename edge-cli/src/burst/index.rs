//! Finds the picture that a new one is a copy of, among a hundred thousand.
//!
//! In come fingerprints; out comes the number of the nearest one that is
//! [the same](Fingerprint::SAME) picture. The signs of a fingerprint's luma make a word of
//! 44 bits, of which copies share all but a few. The word is cut into four, and each
//! quarter has a table by its value: two words that differ in at most [`MOST`] bits differ
//! in at most two bits of some quarter, so that looking at all values within two bits of
//! each quarter misses none of them (Norouzi, Punjani and Fleet, "Fast search in Hamming
//! space with multi-index hashing", 2012).
//!
//! Pictures are told from copies by the same rule whether there are ten or a hundred
//! thousand: [`is_copy`]. What the index saves is time.

use edgecull_core::burst::Fingerprint;
use edgecull_core::burst::fingerprint::LUMA;

/// Tables.
const QUARTERS: usize = 4;

/// Bits of a quarter.
const BITS: usize = LUMA / QUARTERS;

/// Bits in which the signs of copies differ at most: where a quarter may differ in two,
/// one of four quarters has no more of them.
pub const MOST: u32 = 2 * QUARTERS as u32 + QUARTERS as u32 - 1;

/// Fingerprints by the signs of their luma.
#[derive(Clone, Debug)]
pub struct Index {
    looks: Vec<Fingerprint>,
    /// One list for each value of each quarter, quarter after quarter.
    lists: Vec<Vec<Entry>>,
    /// All values of a quarter with at most two bits set.
    flips: Vec<usize>,
}

/// A fingerprint in a list.
#[derive(Clone, Copy, Debug)]
struct Entry {
    signs: u64,
    number: u32,
}

/// Whether two fingerprints are of one picture; then their distance. A blank one is of
/// none.
#[must_use]
pub fn is_copy(a: &Fingerprint, b: &Fingerprint) -> Option<u32> {
    if a.is_blank() || b.is_blank() || (signs(a) ^ signs(b)).count_ones() > MOST {
        return None;
    }
    Some(a.distance(b)).filter(|&distance| distance <= Fingerprint::SAME)
}

/// The signs of luma: neighbouring frequencies in different quarters, as the lowest
/// differ least from picture to picture.
fn signs(look: &Fingerprint) -> u64 {
    let place = |at: usize| at % QUARTERS * BITS + at / QUARTERS;
    let bits = look.luma().iter().enumerate();
    bits.fold(0, |word, (at, &wave)| word | u64::from(wave < 0) << place(at))
}

/// A quarter of a word.
fn quarter(signs: u64, at: usize) -> usize {
    (signs >> (at * BITS)) as usize % (1 << BITS)
}

impl Default for Index {
    fn default() -> Self {
        Self::new()
    }
}

impl Index {
    /// An index of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            looks: Vec::new(),
            lists: vec![Vec::new(); QUARTERS << BITS],
            flips: (0..1usize << BITS).filter(|flips| flips.count_ones() <= 2).collect(),
        }
    }

    /// Adds a fingerprint; they are numbered from 0. Blank ones are never found.
    pub fn insert(&mut self, look: &Fingerprint) -> u32 {
        let number = u32::try_from(self.looks.len()).unwrap_or(u32::MAX);
        self.looks.push(*look);
        if !look.is_blank() {
            let signs = signs(look);
            for at in 0..QUARTERS {
                if let Some(list) = self.lists.get_mut((at << BITS) + quarter(signs, at)) {
                    list.push(Entry { signs, number });
                }
            }
        }
        number
    }

    /// The nearest fingerprint of which this one [is a copy](is_copy), and of equally near
    /// ones the first.
    #[must_use]
    pub fn copy_of(&self, look: &Fingerprint) -> Option<u32> {
        if look.is_blank() {
            return None;
        }
        let signs = signs(look);
        let lists = (0..QUARTERS).flat_map(|at| {
            let value = quarter(signs, at);
            self.flips.iter().filter_map(move |flip| self.lists.get((at << BITS) + (value ^ flip)))
        });
        let alike = lists.flatten().filter(|entry| (entry.signs ^ signs).count_ones() <= MOST);
        let copies = alike.filter_map(|entry| {
            let distance = self.looks.get(entry.number as usize)?.distance(look);
            (distance <= Fingerprint::SAME).then_some((distance, entry.number))
        });
        copies.min().map(|(_, number)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{Random, near, unrelated};
    use super::*;

    #[test]
    fn the_index_finds_what_a_comparison_with_all_finds() {
        let mut random = Random::new(7);
        let mut looks: Vec<Fingerprint> = (0..400).map(|_| unrelated(&mut random)).collect();
        for at in 0..400 {
            let much = 4 + at % 40;
            looks.push(near(&looks[at], much as u32, &mut random));
        }
        let mut index = Index::new();
        let mut found = 0;
        for (number, look) in looks.iter().enumerate() {
            let copies = looks[..number].iter().enumerate();
            let copies =
                copies.filter_map(|(other, old)| Some((is_copy(old, look)?, other as u32)));
            let expected = copies.min().map(|(_, other)| other);
            assert_eq!(index.copy_of(look), expected, "{number}");
            assert_eq!(index.insert(look), number as u32);
            found += usize::from(expected.is_some());
        }
        assert!((100..400).contains(&found), "{found} copies make no test");
    }

    #[test]
    fn blank_pictures_are_copies_of_none() {
        let mut index = Index::new();
        let blank = Fingerprint::default();
        assert_eq!((index.insert(&blank), index.insert(&blank)), (0, 1));
        assert_eq!((index.copy_of(&blank), is_copy(&blank, &blank)), (None, None));
    }
}
