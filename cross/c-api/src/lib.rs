//! edgecull for C.
//!
//! In come a block of the caller's memory, then the bytes of a file in pieces; out goes a
//! verdict, as a struct and as the record of `edgecull_core::wire`.
//!
//! # Who owns what
//! The block belongs to the caller from beginning to end. [`edgecull_init`] makes a judge
//! of it and gives its handle, which is the block's own address; nobody else may write to
//! it until the caller has no more use for the judge. There is nothing to free.
//! It must not be moved or copied meanwhile. A judge is used from one thread at a time;
//! several judges in blocks of their own do not know of each other. Pointers that are
//! passed in are used during the call alone.
//!
//! # Order
//! `edgecull_init`, `edgecull_feed` any number of times, `edgecull_finish`, then
//! `edgecull_record` if wanted; then `edgecull_init` again for the next picture. Another
//! order gives `EDGECULL_WRONG_ORDER`, and changes nothing.
//!
//! # What is trusted
//! That a block is as long as is said, that a handle is NULL or an address of as many
//! readable bytes as a block has, that a buffer holds what is said. NULL, blocks that are
//! too short or not aligned, memory of which no judge was made, and calls out of order are
//! told by a [`Status`]. Nothing here panics.
#![no_std]
#![allow(non_camel_case_types, reason = "the constants are C's")]

mod block;
mod verdict;

use block::{Block, State};
use core::ffi::c_void;
use core::{ptr, slice};
use edgecull_judge::{Orientation, Progress, Strictness, wire};

pub use block::Judge;
pub use verdict::{Decision, Face, Reason, Region, Verdict};

/// What became of a call. Below 0, it changed nothing.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It did what it should; after a feed: go on.
    EDGECULL_OK = 0,
    /// The picture is complete or cannot be judged: no more bytes are wanted.
    EDGECULL_DONE = 1,
    /// A pointer is NULL that must not be.
    EDGECULL_NULL = -1,
    /// The block or buffer is too short.
    EDGECULL_TOO_SHORT = -2,
    /// The block does not begin at a multiple of `edgecull_align()`.
    EDGECULL_MISALIGNED = -3,
    /// There is no judge in this memory, or it is not at this point.
    EDGECULL_WRONG_ORDER = -4,
    /// An option has a value that there is not.
    EDGECULL_BAD_OPTION = -5,
}
use Status::*;

/// What may be chosen. All zero are the defaults.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Options {
    /// How much a photographer wants to be rid of: 0 normal, 1 lenient, 2 strict.
    pub strictness: uint8_t,
    /// How the stored picture must be turned to stand upright, as EXIF counts: 1 to 8; 0 to
    /// ask the file's EXIF.
    pub orientation: uint8_t,
}

/// As C calls it.
type uint8_t = u8;

/// Bytes that a block must have, on any target: for a static one.
pub const EDGECULL_MAX_SIZE: usize = 124 * 1024;

/// Multiples of this are an alignment that suffices on any target.
pub const EDGECULL_MAX_ALIGN: usize = 16;

/// A buffer of so many bytes holds any record.
pub const EDGECULL_MAX_RECORD: usize = 1024;

const _: () = assert!(size_of::<Block>() <= EDGECULL_MAX_SIZE);
const _: () = assert!(EDGECULL_MAX_ALIGN.is_multiple_of(align_of::<Block>()));
const _: () = assert!(wire::MAX_ENCODED <= EDGECULL_MAX_RECORD);

/// Bytes that a block must have, on this target.
#[unsafe(no_mangle)]
pub extern "C" fn edgecull_size() -> usize {
    size_of::<Block>()
}

/// What a block's address must be a multiple of, on this target.
#[unsafe(no_mangle)]
pub extern "C" fn edgecull_align() -> usize {
    align_of::<Block>()
}

/// Makes a judge, at the start of a file, of `len` bytes at `memory`, whatever these held,
/// and writes its handle to `judge`. `options` may be NULL for the defaults.
///
/// # Safety
/// `memory` is NULL or has `len` bytes that are the caller's to give; `options` is NULL or
/// can be read; `judge` is NULL or can be written to. Both of the latter are aligned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edgecull_init(
    memory: *mut c_void,
    len: usize,
    options: *const Options,
    judge: *mut *mut Judge,
) -> Status {
    if memory.is_null() || judge.is_null() {
        return EDGECULL_NULL;
    }
    if len < edgecull_size() {
        return EDGECULL_TOO_SHORT;
    }
    if !memory.addr().is_multiple_of(edgecull_align()) {
        return EDGECULL_MISALIGNED;
    }
    // SAFETY: NULL or readable, by contract.
    let chosen = match unsafe { options.as_ref() } {
        None => Some(edgecull_judge::Options::default()),
        Some(options) => chosen(options),
    };
    let Some(chosen) = chosen else {
        return EDGECULL_BAD_OPTION;
    };
    // SAFETY: not NULL, long enough and aligned, as was just seen; the caller's to give.
    let handle = unsafe { block::begin(memory.cast(), chosen) };
    // SAFETY: not NULL, so writable, by contract.
    unsafe { judge.write(handle) };
    EDGECULL_OK
}

/// Takes the next `len` bytes of the file; `bytes` may be NULL where `len` is 0. Gives
/// `EDGECULL_OK` to go on, `EDGECULL_DONE` where no more are wanted; to go on all the same
/// does no harm.
///
/// # Safety
/// `judge` is NULL or has `edgecull_size()` bytes that can be read, and is a judge that
/// nobody else uses if `edgecull_init` made it one; `bytes` has `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edgecull_feed(
    judge: *mut Judge,
    bytes: *const uint8_t,
    len: usize,
) -> Status {
    if bytes.is_null() && len > 0 {
        return EDGECULL_NULL;
    }
    // SAFETY: passed on.
    let state = match unsafe { block::state(judge) } {
        Ok(state) => state,
        Err(status) => return status,
    };
    let State::Feeding(judge) = state else {
        return EDGECULL_WRONG_ORDER;
    };
    let bytes = match len {
        0 => &[],
        // SAFETY: not NULL, as was just seen; as long as is said, by contract. No object is
        // longer than the limit.
        _ => unsafe { slice::from_raw_parts(bytes, len.min(isize::MAX.unsigned_abs())) },
    };
    match judge.feed(bytes) {
        Progress::More => EDGECULL_OK,
        Progress::Done => EDGECULL_DONE,
    }
}

/// Ends the file and writes the verdict on what was fed to `verdict`. A file that ends
/// early is judged by what there is of it; one that cannot be judged has the decision
/// `EDGECULL_ERROR`.
///
/// # Safety
/// `judge` as for `edgecull_feed`; `verdict` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edgecull_finish(judge: *mut Judge, verdict: *mut Verdict) -> Status {
    if verdict.is_null() {
        return EDGECULL_NULL;
    }
    // SAFETY: passed on.
    let state = match unsafe { block::state(judge) } {
        Ok(state) => state,
        Err(status) => return status,
    };
    let Some(of) = state.finish() else {
        return EDGECULL_WRONG_ORDER;
    };
    // SAFETY: not NULL, so writable, by contract.
    unsafe { verdict.write(Verdict::from(of)) };
    EDGECULL_OK
}

/// Writes the finished verdict as one frame for a link (postcard, framed by COBS, its final
/// 0 included) to `buffer` of `capacity` bytes, and how many it took to `len`.
/// `EDGECULL_MAX_RECORD` bytes always suffice.
///
/// # Safety
/// `judge` as for `edgecull_feed`; `buffer` is NULL or has `capacity` bytes that
/// can be written to; `len` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn edgecull_record(
    judge: *mut Judge,
    buffer: *mut uint8_t,
    capacity: usize,
    len: *mut usize,
) -> Status {
    if buffer.is_null() || len.is_null() {
        return EDGECULL_NULL;
    }
    // SAFETY: passed on.
    let state = match unsafe { block::state(judge) } {
        Ok(state) => state,
        Err(status) => return status,
    };
    let State::Finished(verdict) = state else {
        return EDGECULL_WRONG_ORDER;
    };
    let mut frame = [0; wire::MAX_ENCODED];
    let Ok(frame) = wire::encode(verdict, &mut frame) else {
        return EDGECULL_TOO_SHORT;
    };
    if frame.len() > capacity {
        return EDGECULL_TOO_SHORT;
    }
    // SAFETY: the buffer has room for the frame, as was just seen, and is not this one's.
    unsafe { ptr::copy_nonoverlapping(frame.as_ptr(), buffer, frame.len()) };
    // SAFETY: not NULL, so writable, by contract.
    unsafe { len.write(frame.len()) };
    EDGECULL_OK
}

/// The judge's options; `None` for a value that there is not.
fn chosen(options: &Options) -> Option<edgecull_judge::Options> {
    let strictness = match options.strictness {
        0 => Strictness::Normal,
        1 => Strictness::Lenient,
        2 => Strictness::Strict,
        _ => return None,
    };
    let orientation = match options.orientation {
        0 => None,
        value => Some(Orientation::from_exif(value.into())?),
    };
    Some(edgecull_judge::Options { strictness, orientation })
}

/// Nothing in the library leads here; a C program must have one all the same.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
