//! The desk's files and its terminal, by semihosting (Arm, "Semihosting for AArch32 and
//! AArch64", 2025Q1).

#![allow(unsafe_code, reason = "a breakpoint is what asks the host")]

use core::arch::asm;
use core::ffi::CStr;

/// Operations.
const OPEN: u32 = 0x01;
const WRITE: u32 = 0x05;
const READ: u32 = 0x06;
const EXIT_EXTENDED: u32 = 0x20;

/// Modes of opening, as of `fopen`.
const READ_BINARY: u32 = 1;
const WRITE_TEXT: u32 = 4;

/// The reason for an exit that carries a status.
const APPLICATION_EXIT: u32 = 0x20026;

/// Asks the host for an operation. What the parameters point to must live during the call,
/// and be writable where the host writes.
unsafe fn ask(operation: u32, parameters: &[u32]) -> i32 {
    let mut register = operation;
    // SAFETY: the host reads the parameters and what they point to, and changes nothing but
    // the first register and what the caller vouches for.
    unsafe {
        asm!("bkpt #0xab", inout("r0") register, in("r1") parameters.as_ptr(), options(nostack));
    }
    register.cast_signed()
}

/// A file of the host's, open to the end of the program.
#[derive(Clone, Copy)]
pub(crate) struct File(u32);

impl File {
    /// Opens a file to read; `None` if that cannot be done.
    pub(crate) fn open(name: &CStr) -> Option<Self> {
        Self::with(name, READ_BINARY)
    }

    /// What is printed.
    pub(crate) fn terminal() -> Option<Self> {
        Self::with(c":tt", WRITE_TEXT)
    }

    fn with(name: &CStr, mode: u32) -> Option<Self> {
        let length = name.count_bytes() as u32;
        // SAFETY: a name, how to open it, and its length without the final 0.
        let handle = unsafe { ask(OPEN, &[name.as_ptr() as u32, mode, length]) };
        u32::try_from(handle).ok().map(Self)
    }

    /// Reads into the buffer; the part that was filled, which at the end is empty.
    pub(crate) fn read(self, buffer: &mut [u8]) -> &[u8] {
        let length = buffer.len();
        // SAFETY: the buffer is the caller's to write to, and as long as is said.
        let left = unsafe { ask(READ, &[self.0, buffer.as_mut_ptr() as u32, length as u32]) };
        // Answered is what was not filled.
        let filled = usize::try_from(left).ok().and_then(|left| length.checked_sub(left));
        buffer.get(..filled.unwrap_or(0)).unwrap_or_default()
    }

    /// Writes; where there is nobody to read it, nothing can be done.
    pub(crate) fn write(self, text: &str) {
        // SAFETY: the host only reads the text.
        unsafe { ask(WRITE, &[self.0, text.as_ptr() as u32, text.len() as u32]) };
    }
}

/// Ends the program.
pub(crate) fn exit(status: u32) -> ! {
    loop {
        // SAFETY: nothing is pointed to.
        unsafe { ask(EXIT_EXTENDED, &[APPLICATION_EXIT, status]) };
    }
}
