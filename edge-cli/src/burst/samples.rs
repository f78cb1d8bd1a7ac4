//! Fingerprints without pictures, spread as those of photographs: for tests and benches.

use edgecull_core::burst::Fingerprint;
use edgecull_core::burst::fingerprint::{COLOUR, LUMA};

/// A sequence of numbers from a seed: SplitMix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// About normal, with deviation 1: the sum of four bytes.
    fn bell(&mut self) -> f64 {
        let bytes = (self.number() as u32).to_le_bytes();
        // Each has mean 127.5 and deviation 73.9.
        (bytes.into_iter().map(f64::from).sum::<f64>() - 510.0) / 147.8
    }
}

/// The length of a fingerprint's luma.
const LENGTH: f64 = 127.0;

/// A fingerprint that is near no other but by chance: its waves differ as those of
/// photographs do, about equally in all frequencies.
pub fn unrelated(random: &mut Random) -> Fingerprint {
    let luma: [f64; LUMA] = std::array::from_fn(|_| random.bell());
    let colour: [f64; COLOUR] = std::array::from_fn(|_| 12.0 * random.bell());
    made(&luma, &colour)
}

/// A fingerprint whose waves differ from another's by so many hundredths of its length.
pub fn near(look: &Fingerprint, hundredths: u32, random: &mut Random) -> Fingerprint {
    let each = f64::from(hundredths) / 100.0 * LENGTH / (LUMA as f64).sqrt();
    let bytes = look.to_bytes();
    let mut wave = |at: usize, each: f64| {
        f64::from(bytes.get(at).copied().unwrap_or_default().cast_signed()) + each * random.bell()
    };
    let luma: [f64; LUMA] = std::array::from_fn(|at| wave(at, each));
    let colour: [f64; COLOUR] = std::array::from_fn(|at| wave(LUMA + at, 1.0));
    made(&luma, &colour)
}

fn made(luma: &[f64; LUMA], colour: &[f64; COLOUR]) -> Fingerprint {
    let length = luma.iter().map(|wave| wave * wave).sum::<f64>().sqrt().max(1e-9);
    let luma = luma.iter().map(|wave| (wave / length * LENGTH).round() as i8);
    let colour = colour.iter().map(|wave| wave.round() as i8);
    let mut bytes = [128; Fingerprint::BYTES];
    let numbers = luma.chain(colour);
    bytes.iter_mut().zip(numbers).for_each(|(byte, wave)| *byte = wave.cast_unsigned());
    Fingerprint::from_bytes(&bytes)
}
