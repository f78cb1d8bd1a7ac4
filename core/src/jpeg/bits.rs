//! Reading bits from unstuffed entropy-coded data.
//!
//! The state is a small value that travels through the decoding functions by
//! value: kept behind a reference, the compiler would store it on every step.

/// A position in a buffer of bits, most significant bit first.
///
/// Reading past the end of the buffer yields zeros; the caller compares
/// [`position`](Self::position) with the end of what is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits {
    /// The next bits, from the top; below the top `count` ones, bits that the
    /// next refill will set again.
    window: u64,
    count: u32,
    /// Byte that `ahead` begins with.
    next: usize,
    /// The eight bytes for the next refill, loaded when `next` was last moved:
    /// long before they are needed, so that nothing waits for memory.
    ahead: u64,
}

/// Eight bytes from `at` on, zeros if they are not all there.
#[inline(always)]
fn load(buffer: &[u8], at: usize) -> u64 {
    buffer
        .get(at..at.wrapping_add(8))
        .and_then(|b| b.first_chunk::<8>())
        .map_or(0, |b| u64::from_be_bytes(*b))
}

impl Bits {
    /// Begins at bit `position` of `buffer`.
    #[inline(always)]
    pub(super) fn at(buffer: &[u8], position: usize) -> Self {
        let next = position >> 3;
        Self { window: 0, count: 0, next, ahead: load(buffer, next) }
            .refill(buffer)
            .consume((position & 7) as u32)
    }

    /// Index of the next bit.
    #[inline(always)]
    pub(super) fn position(self) -> usize {
        (self.next * 8).wrapping_sub(self.count as usize)
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(super) fn refill(self, buffer: &[u8]) -> Self {
        // Or-ing whole bytes in below `count` and counting only those that fit
        // needs no branch: the rest is or-ed in again by the next refill.
        let next = self.next + ((63 - self.count) >> 3) as usize;
        Self {
            window: self.window | self.ahead >> self.count,
            count: self.count | 56,
            next,
            ahead: load(buffer, next),
        }
    }

    /// The next `n` bits, 1 to 32, without consuming them.
    #[inline(always)]
    pub(super) fn peek(self, n: u32) -> u32 {
        (self.window >> (64 - n)) as u32
    }

    /// Drops `n` bits, at most as many as are available.
    #[inline(always)]
    pub(super) fn consume(self, n: u32) -> Self {
        Self { window: self.window << n, count: self.count.wrapping_sub(n), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn past_the_end_are_zeros() {
        let bits = Bits::at(&[0xFF], 6);
        assert_eq!(bits.peek(8), 0);
        assert_eq!(bits.position(), 6);
    }

    proptest! {
        /// Against the definition: bit `i` is bit `7 - i % 8` of byte `i / 8`.
        #[test]
        fn any_walk_reads_the_bits_in_order(
            buffer in prop::collection::vec(any::<u8>(), 64..128),
            start in 0usize..32,
            steps in prop::collection::vec(1u32..=16, 0..24),
        ) {
            let mut at = start;
            let mut bits = Bits::at(&buffer, at);
            for n in steps {
                if at + n as usize > (buffer.len() - 8) * 8 {
                    break;
                }
                let want = (at..at + n as usize)
                    .fold(0u32, |v, i| v << 1 | u32::from(buffer[i / 8] >> (7 - i % 8) & 1));
                bits = bits.refill(&buffer);
                prop_assert_eq!(bits.peek(n), want);
                bits = bits.consume(n);
                at += n as usize;
                prop_assert_eq!(bits.position(), at);
            }
        }
    }
}
