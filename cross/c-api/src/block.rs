//! A judge in a block of the caller's memory.

use crate::Status;
use core::ptr::addr_of_mut;
use edgecull_judge::{Judge as Inner, Memory, Options, Verdict};

/// What is in the first bytes of a block that holds a judge: "EDGE".
const MARK: u32 = u32::from_le_bytes(*b"EDGE");

/// Opaque: a judge in a block of the caller's memory.
pub struct Judge {
    _private: [u8; 0],
}

/// What lies in a block. The state borrows the memory behind it, so that the two are never
/// borrowed as one.
#[repr(C)]
pub(crate) struct Block {
    mark: u32,
    state: State,
    memory: Memory,
}

/// Where a judge is. Its lifetime is that of the block, which only the caller knows; it
/// leaves this module in no form but behind a handle.
#[expect(clippy::large_enum_variant, reason = "there is no heap, and one of them at a time")]
pub(crate) enum State {
    /// Bytes are wanted.
    Feeding(Inner<'static>),
    /// The verdict is there.
    Finished(Verdict),
    /// Between the two.
    Finishing,
}

impl State {
    /// Ends the file; `None` if that was done before.
    pub(crate) fn finish(&mut self) -> Option<&Verdict> {
        match core::mem::replace(self, Self::Finishing) {
            Self::Feeding(judge) => *self = Self::Finished(judge.finish()),
            other => {
                *self = other;
                return None;
            }
        }
        match self {
            Self::Finished(verdict) => Some(verdict),
            _ => None,
        }
    }
}

/// Makes a judge of a block.
///
/// # Safety
/// The block is aligned, all of its bytes can be written to, and nobody else uses them
/// until the caller takes them back, after which the handle is not used again.
pub(crate) unsafe fn begin(block: *mut Block, options: Options) -> *mut Judge {
    // SAFETY: inside of the block.
    let memory = unsafe { addr_of_mut!((*block).memory) };
    // Made at compile time: as all of it is zero, it is filled in where it lies, without a
    // copy on the stack.
    // SAFETY: the block can be written to.
    unsafe { memory.write(const { Memory::new() }) };
    // SAFETY: it was just written; nobody else uses it while the state does.
    let memory = unsafe { &mut *memory };
    let judge = State::Feeding(Inner::new(memory, options));
    // SAFETY: inside of the block.
    let state = unsafe { addr_of_mut!((*block).state) };
    // SAFETY: the block can be written to; what it held needs no drop.
    unsafe { state.write(judge) };
    // SAFETY: inside of the block.
    let mark = unsafe { addr_of_mut!((*block).mark) };
    // SAFETY: the block can be written to.
    unsafe { mark.write(MARK) };
    block.cast()
}

/// The state of a judge.
///
/// # Errors
/// [`Status::EDGECULL_NULL`], [`Status::EDGECULL_MISALIGNED`], and
/// [`Status::EDGECULL_WRONG_ORDER`] for memory that holds no judge.
///
/// # Safety
/// A handle that is aligned can be read as a block; if [`begin`] gave it, nobody else uses
/// the block as long as the state is borrowed.
pub(crate) unsafe fn state<'s>(judge: *mut Judge) -> Result<&'s mut State, Status> {
    let block: *mut Block = judge.cast();
    if block.is_null() {
        return Err(Status::EDGECULL_NULL);
    }
    if !block.is_aligned() {
        return Err(Status::EDGECULL_MISALIGNED);
    }
    // SAFETY: inside of the block.
    let mark = unsafe { addr_of_mut!((*block).mark) };
    // SAFETY: it can be read; any four bytes are a number.
    if unsafe { mark.read_volatile() } != MARK {
        return Err(Status::EDGECULL_WRONG_ORDER);
    }
    // SAFETY: inside of the block.
    let state = unsafe { addr_of_mut!((*block).state) };
    // SAFETY: `begin` wrote it, as the mark says, and nobody else uses it.
    Ok(unsafe { &mut *state })
}
