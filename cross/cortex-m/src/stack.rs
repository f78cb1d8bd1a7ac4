//! How far down the stack has reached: what was overwritten of the pattern that the start
//! of the program leaves (`cortex-m-rt`, feature `paint-stack`).

#![allow(unsafe_code, reason = "reads the stack's memory")]

use core::ptr::addr_of;
use cortex_m_rt::STACK_PAINT_VALUE;

unsafe extern "C" {
    /// The linker's: behind the statics, and the end of memory.
    static _stack_end: u32;
    static _stack_start: u32;
}

/// Bytes that there are for the stack.
pub(crate) fn size() -> usize {
    addr_of!(_stack_start) as usize - addr_of!(_stack_end) as usize
}

/// Bytes of it that have ever been used.
pub(crate) fn used() -> usize {
    let words = size() / size_of::<u32>();
    let base = addr_of!(_stack_end);
    let is_painted = |&word: &usize| {
        // SAFETY: the words between the linker's two symbols are memory that was written at
        // the start; the volatile read makes nothing of what Rust keeps there.
        unsafe { base.add(word).read_volatile() == STACK_PAINT_VALUE }
    };
    let untouched = (0..words).take_while(is_painted).count();
    size() - untouched * size_of::<u32>()
}
