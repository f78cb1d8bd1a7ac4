//! Huffman codes for the test writer: the standard's, fitted ones, and ones
//! that make every look-up miss.

use std::vec::Vec;

/// Which codes a file uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codes {
    /// The luminance tables of T.81, annex K.3, for every component.
    Standard,
    /// Short codes for frequent symbols.
    Fitted,
    /// 16 bits for frequent symbols, short codes for those never used.
    Long,
}

/// One Huffman code.
#[derive(Clone)]
pub(super) struct Code {
    counts: [u8; 16],
    symbols: Vec<u8>,
    /// Code and length of each symbol; length 0 for none.
    words: [(u32, u32); 256],
}

impl Code {
    /// From code lengths in the form of a DHT segment.
    pub(super) fn new(counts: [u8; 16], symbols: Vec<u8>) -> Self {
        let mut words = [(0, 0); 256];
        let (mut code, mut next) = (0, symbols.iter());
        for (length, &count) in (1..).zip(&counts) {
            for _ in 0..count {
                words[usize::from(*next.next().expect("as counted"))] = (code, length);
                code += 1;
            }
            code <<= 1;
        }
        assert!(next.next().is_none());
        Self { counts, symbols, words }
    }

    /// A code for symbols that occur as often as `frequencies` says.
    pub(super) fn fitted(frequencies: &[u32; 256]) -> Self {
        let total: u64 = frequencies.iter().map(|&f| u64::from(f)).sum::<u64>().max(1);
        // Shannon's lengths, of frequencies that keep them at 11 bits and less;
        // one more symbol keeps the word of all ones free.
        let weights: Vec<(u64, u8)> = (0..=255u8)
            .map(|symbol| (u64::from(frequencies[usize::from(symbol)]), symbol))
            .filter(|&(f, _)| f > 0)
            .map(|(f, symbol)| (1 + f * 1000 / total, symbol))
            .collect();
        let sum = weights.iter().map(|w| w.0).sum::<u64>() + 1;
        let mut lengths: Vec<(u32, u8)> = weights
            .iter()
            .map(|&(w, symbol)| {
                ((1..).find(|&length| w << length >= sum).expect("within 11 bits"), symbol)
            })
            .collect();
        lengths.sort_unstable();
        Self::of_lengths(&lengths)
    }

    /// One short code of each length from 1 to 7 for symbols that do not
    /// occur, 16 bits for the others.
    pub(super) fn long(frequencies: &[u32; 256], symbols: u32) -> Self {
        let mut order: Vec<u8> = (0..symbols as u8).collect();
        if symbols == 256 {
            order = (0..=255).collect();
        }
        order.sort_by_key(|&s| frequencies[usize::from(s)]);
        let lengths: Vec<(u32, u8)> =
            (1..).zip(order).map(|(place, s)| (if place <= 7 { place } else { 16 }, s)).collect();
        Self::of_lengths(&lengths)
    }

    fn of_lengths(lengths: &[(u32, u8)]) -> Self {
        let mut counts = [0; 16];
        for &(length, _) in lengths {
            counts[length as usize - 1] += 1;
        }
        Self::new(counts, lengths.iter().map(|l| l.1).collect())
    }

    /// Table K.3.
    pub(super) fn standard_dc() -> Self {
        Self::new([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], (0..12).collect())
    }

    /// Table K.5.
    pub(super) fn standard_ac() -> Self {
        let mut symbols: Vec<u8> = [
            0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51,
            0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1,
            0x15, 0x52, 0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82,
        ]
        .into();
        // What is left has 16 bits each, in order.
        for symbol in 1..=0xFAu8 {
            if (1..=10).contains(&(symbol & 15)) && !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        Self::new([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], symbols)
    }

    /// Word and length of `symbol`.
    pub(super) fn word(&self, symbol: u8) -> (u32, u32) {
        let word = self.words[usize::from(symbol)];
        assert!(word.1 > 0, "symbol {symbol:02X} has no code");
        word
    }

    /// Counts and symbols as a DHT segment holds them.
    pub(super) fn payload(&self) -> Vec<u8> {
        [&self.counts[..], &self.symbols].concat()
    }
}
