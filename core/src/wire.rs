//! How a [`Verdict`] travels over a link: postcard, framed by COBS.
//!
//! In come verdicts, out go frames of bytes that end with a 0 and hold no other;
//! and the other way round. A receiver that joins late, or that saw damage,
//! picks up again after the next 0.
//!
//! # How the two ends agree
//! - A newer writer may append fields to [`Verdict`], at its end; this reader
//!   passes over what it does not know. What an older writer did not know reads as
//!   empty. The records inside it ([`Reason`], [`Measures`](crate::verdict::Measures),
//!   [`Face`]), their greatest
//!   numbers and the decisions never change.
//! - Reason codes are numbers. One that this version does not know is kept, and
//!   is written again as it was.
//! - A version of 0 was never given out: such a frame is not a verdict.
//!
//! COBS finds the frames; it does not prove them whole. On a link that may
//! change bytes unnoticed (a bare UART), put a checksum around the frames. What
//! arrives is checked all the same: every number is finite, and every one that is
//! documented as 0..1 is.

use crate::eye::Eye;
use crate::face::Face;
use crate::verdict::{MAX_REASONS, MAX_VERDICT_FACES, Reason, Verdict};
use heapless::Vec;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// Bytes of the largest verdict of this version before framing: see the test.
const MAX_PAYLOAD: usize = {
    let option_f32 = 1 + 4;
    let reason = 3 + 4 + option_f32 + option_f32 + (1 + 4 * 5);
    let measures = 4 + 4 + (4 + option_f32) + 5 * 4 + 4 + 4 + option_f32;
    let rect = 4 * 5;
    let face = rect + 4 + 5 * 8 + option_f32 + (1 + 2 * (1 + option_f32));
    let first = 3 + 1 + option_f32 + (1 + MAX_REASONS * reason) + (1 + measures);
    first + (1 + MAX_VERDICT_FACES * face)
};

/// No frame of this version is longer, its final 0 included.
pub const MAX_ENCODED: usize = MAX_PAYLOAD + MAX_PAYLOAD.div_ceil(254) + 1;

/// A buffer for a [`Decoder`] that also holds what newer versions may append.
pub const RECEIVE_BUFFER: usize = 1024;

// Receivers of every version were promised that this suffices.
const _: () = assert!(MAX_ENCODED <= RECEIVE_BUFFER);

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WireError {
    /// The buffer to write to is too small; [`MAX_ENCODED`] bytes always do.
    BufferTooSmall,
    /// The frame is longer than the receiver's buffer.
    TooLong,
    /// The bytes are no COBS frame.
    Framing,
    /// The frame holds no verdict, or only the beginning of one.
    Malformed,
    /// The frame claims version 0.
    Version,
    /// A number is outside its documented range, or not finite.
    OutOfRange,
}

impl core::fmt::Display for WireError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::BufferTooSmall => "the buffer is too small for the verdict",
            Self::TooLong => "the frame is longer than the receive buffer",
            Self::Framing => "the bytes are no COBS frame",
            Self::Malformed => "the frame holds no verdict",
            Self::Version => "the frame claims version 0",
            Self::OutOfRange => "the frame holds a number outside its range",
        })
    }
}

impl core::error::Error for WireError {}

/// Writes one frame to the start of `buffer` and gives the part written, the
/// final 0 included.
///
/// # Errors
/// [`WireError::BufferTooSmall`], never with [`MAX_ENCODED`] bytes.
pub fn encode<'b>(verdict: &Verdict, buffer: &'b mut [u8]) -> Result<&'b mut [u8], WireError> {
    let mut payload = [0; MAX_PAYLOAD];
    let payload =
        postcard::to_slice(verdict, &mut payload).map_err(|_| WireError::BufferTooSmall)?;
    let length = frame(payload, buffer).ok_or(WireError::BufferTooSmall)?;
    buffer.get_mut(..length).ok_or(WireError::BufferTooSmall)
}

/// Consistent overhead byte stuffing (Cheshire and Baker, 1999): blocks of up to 254 bytes
/// that are not 0, each behind its length + 1; behind those that are shorter stood a 0. A 0
/// ends it all. The bytes that this takes, if there is room for them.
///
/// As `postcard::to_slice_cobs` does it, which holds code that can panic.
fn frame(payload: &[u8], buffer: &mut [u8]) -> Option<usize> {
    let (mut code, mut at) = (0usize, 1usize);
    for &byte in payload {
        if byte != 0 {
            *buffer.get_mut(at)? = byte;
            at += 1;
        }
        if byte == 0 || at - code == 0xFF {
            *buffer.get_mut(code)? = (at - code) as u8;
            (code, at) = (at, at + 1);
        }
    }
    *buffer.get_mut(code)? = (at - code) as u8;
    *buffer.get_mut(at)? = 0;
    Some(at + 1)
}

/// Reads one frame, with or without its final 0. The bytes are overwritten.
///
/// # Errors
/// All but [`WireError::BufferTooSmall`] and [`WireError::TooLong`].
pub fn decode(frame: &mut [u8]) -> Result<Verdict, WireError> {
    let Record(verdict) = postcard::from_bytes_cobs(frame).map_err(|error| match error {
        postcard::Error::DeserializeBadEncoding => WireError::Framing,
        _ => WireError::Malformed,
    })?;
    if verdict.version == 0 {
        return Err(WireError::Version);
    }
    if !in_range(&verdict) {
        return Err(WireError::OutOfRange);
    }
    Ok(verdict)
}

/// A verdict of any version: fields that its writer did not know are not read.
struct Record(Verdict);

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(6, Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Record;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the fields of a verdict")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Record, A::Error> {
        fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(
            fields: &mut A,
        ) -> Result<T, A::Error> {
            fields.next_element()?.ok_or_else(|| A::Error::custom("too few fields"))
        }
        let version = next(&mut fields)?;
        Ok(Record(Verdict {
            version,
            decision: next(&mut fields)?,
            score: next(&mut fields)?,
            reasons: next(&mut fields)?,
            measures: next(&mut fields)?,
            faces: if version >= 2 { next(&mut fields)? } else { Vec::new() },
        }))
    }
}

fn in_range(verdict: &Verdict) -> bool {
    let unit = |x: f32| (0.0..=1.0).contains(&x);
    let reason = |r: &Reason| {
        unit(r.confidence)
            && r.measured.is_none_or(f32::is_finite)
            && r.threshold.is_none_or(f32::is_finite)
    };
    let eye = |e: &Eye| e.p_open.is_none_or(unit);
    let face = |f: &Face| {
        unit(f.confidence)
            && f.landmarks.as_flattened().iter().all(|at| at.is_finite())
            && f.sharpness.is_none_or(unit)
            && f.eyes.is_none_or(|eyes| eyes.iter().all(eye))
    };
    verdict.score.is_none_or(unit)
        && verdict.faces.iter().all(face)
        && verdict.reasons.iter().all(reason)
        && verdict.measures.as_ref().is_none_or(|m| {
            let e = &m.exposure;
            [m.blur, m.sharpness, m.motion.amount, m.noise, m.composition.thirds]
                .into_iter()
                .chain([e.under, e.over, e.mean, e.clipped_highlights, e.clipped_shadows])
                .chain(m.quality)
                .all(unit)
                && m.motion.angle_deg.is_none_or(|a| (0.0..180.0).contains(&a))
        })
}

/// Finds the frames in a stream of bytes, in a buffer of `N` bytes.
///
/// ```
/// # use edgecull_core::{verdict::{ReasonCode, Verdict}, wire};
/// let mut buffer = [0; wire::MAX_ENCODED];
/// let sent = Verdict::error(ReasonCode::UNSUPPORTED);
/// let frame = wire::encode(&sent, &mut buffer)?;
///
/// let mut decoder: wire::Decoder = wire::Decoder::new();
/// for chunk in frame.chunks(7) {
///     decoder.feed(chunk, |received| assert_eq!(received.as_ref(), Ok(&sent)));
/// }
/// # Ok::<(), wire::WireError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<const N: usize = RECEIVE_BUFFER> {
    buffer: [u8; N],
    filled: usize,
    too_long: bool,
}

impl<const N: usize> Default for Decoder<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Decoder<N> {
    /// A decoder at the start of a frame.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffer: [0; N], filled: 0, too_long: false }
    }

    /// Takes the next bytes, in chunks of any size, and hands each finished frame
    /// to `each`. Zeros between frames are passed over, so that a sender may
    /// start with one to end whatever the line left behind.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Result<Verdict, WireError>)) {
        for piece in bytes.split_inclusive(|&byte| byte == 0) {
            let (piece, ends) = match piece.split_last() {
                Some((0, body)) => (body, true),
                _ => (piece, false),
            };
            let room = self.buffer.get_mut(self.filled..self.filled + piece.len());
            match room {
                Some(room) if !self.too_long => {
                    room.copy_from_slice(piece);
                    self.filled += piece.len();
                }
                _ => self.too_long |= !piece.is_empty(),
            }
            if ends {
                if self.too_long {
                    each(Err(WireError::TooLong));
                } else if self.filled > 0 {
                    each(
                        self.buffer.get_mut(..self.filled).map_or(Err(WireError::Framing), decode),
                    );
                }
                self.filled = 0;
                self.too_long = false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
