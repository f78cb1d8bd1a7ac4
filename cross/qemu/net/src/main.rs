//! LiteRT's vectors, and a whole network, on processors in QEMU: on bare metal with
//! semihosting, or as a program. `../count` builds it for each and counts instructions.

#![cfg_attr(target_os = "none", no_std, no_main)]

mod case;
mod check;
mod mark;
mod stack;

/// Bytes that all networks run in.
const ARENA: usize = 64 * 1024;

#[cfg(target_os = "none")]
mod bare {
    use super::{ARENA, check};
    use core::panic::PanicInfo;
    use cortex_m_rt::entry;
    use semihosting::{println, process};

    #[entry]
    fn main() -> ! {
        static mut MEMORY: [i8; ARENA] = [0; ARENA];
        let good = check::all(MEMORY, &mut |line| println!("{line}"));
        process::exit(i32::from(!good))
    }

    #[panic_handler]
    fn panic(info: &PanicInfo<'_>) -> ! {
        println!("{info}");
        process::exit(1)
    }
}

#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    let mut arena = vec![0; ARENA];
    let good = check::all(&mut arena, &mut |line| println!("{line}"));
    if good { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}
