//! What is done with a frame, stage by stage, on processors in QEMU: on bare metal with
//! semihosting, or as a program. `../count` builds it for each and counts instructions.
//!
//! First LiteRT's vectors run with every kernel set, so that what is counted is also exact.
//! Then each [stage](stage::Counter) runs once, with the best kernel set, between the marks that
//! the plugin counts by.

#![cfg_attr(target_os = "none", no_std, no_main)]

mod frame;
#[allow(unsafe_code, reason = "names without mangling, for the plugin to find")]
mod mark;
mod nets;
#[cfg(not(target_os = "none"))]
mod quality;
#[allow(unsafe_code, reason = "reads what calls left of a pattern on the stack")]
mod stack;
mod stage;
mod tier;
mod vectors;

use stage::{Counter, Failure, Say};
use tier::Memory;

/// Runs everything; `say` takes lines.
fn run(memory: &mut Memory, say: Say<'_>) -> Result<(), Failure> {
    let isa = edgecull_core::kernels::Isa::detect();
    vectors::check(&mut memory.arena, say)?;
    let mut counter = Counter::new(isa, say);
    vectors::count(&mut memory.arena, &mut counter)?;
    frame::count(memory, &mut counter)
}

#[cfg(target_os = "none")]
mod bare {
    use super::{Memory, run};
    use core::panic::PanicInfo;
    use cortex_m_rt::entry;
    use semihosting::{println, process};

    #[entry]
    fn main() -> ! {
        static mut MEMORY: Memory = Memory::new();
        let done = run(MEMORY, &mut |line| println!("{line}"));
        if let Err(failure) = done {
            println!("{failure}");
        }
        process::exit(i32::from(done.is_err()))
    }

    #[panic_handler]
    fn panic(info: &PanicInfo<'_>) -> ! {
        println!("{info}");
        process::exit(1)
    }
}

#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    use std::sync::{Mutex, PoisonError};
    // No part of the heap, so that it lies at the same place of a page in every run.
    static MEMORY: Mutex<Memory> = Mutex::new(Memory::new());
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    match run(&mut memory, &mut |line| println!("{line}")) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            println!("{failure}");
            std::process::ExitCode::FAILURE
        }
    }
}
