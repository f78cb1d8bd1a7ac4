//! How much stack a piece of work takes: what it overwrites of a pattern.

use core::hint::black_box;
use core::mem::MaybeUninit;

/// Whether what is found holds: elsewhere, frames this large are probed page by page,
/// which spoils the pattern.
pub const IS_KNOWN: bool = cfg!(target_os = "none");

/// Bytes that are looked at.
const DEPTH: usize = 32 * 1024;

const PATTERN: u8 = 0xA5;

/// Does the work, and tells how many bytes of stack it used, to within some tens.
pub fn used<T>(work: impl FnOnce() -> T) -> (T, usize) {
    paint();
    let result = call(work);
    (result, DEPTH - untouched())
}

#[inline(never)]
fn call<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// Leaves the pattern below the caller's frame.
#[inline(never)]
fn paint() {
    let mut frame = [MaybeUninit::new(PATTERN); DEPTH];
    black_box(&mut frame);
}

/// Bytes of the pattern that are still there, from the far end on.
#[inline(never)]
fn untouched() -> usize {
    let mut frame = [MaybeUninit::<u8>::uninit(); DEPTH];
    let start = black_box(&mut frame).as_ptr().cast::<u8>();
    // SAFETY: the memory is this frame's own; `black_box` may have written all of it.
    (0..DEPTH).take_while(|&at| unsafe { start.add(at).read_volatile() } == PATTERN).count()
}
