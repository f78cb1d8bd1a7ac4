//! Judges `frame.jpg` on a Cortex-M, in pieces of 512 bytes, and prints the verdict: as
//! postcard in hexadecimal digits, and as text. The file comes, and the text goes, by
//! semihosting: `run` builds it and runs it under QEMU.

#![no_std]
#![no_main]

mod host;
mod stack;

#[path = "../../../benches/instructions/stages/src/mark.rs"]
#[allow(unreachable_pub, unsafe_code, reason = "names without mangling, for the plugin to find")]
mod mark;

use core::panic::PanicInfo;
use cortex_m_rt::entry;
use edgecull_judge::{Judge, Memory, Options, Progress, Verdict, text};
use host::File;

/// Bytes that are read at a time: a sector of a card.
const CHUNK: usize = 512;

#[entry]
fn main() -> ! {
    static mut MEMORY: Memory = Memory::new();
    static mut CHUNK_OF_FILE: [u8; CHUNK] = [0; CHUNK];
    let (Some(terminal), Some(file)) = (File::terminal(), File::open(c"frame.jpg")) else {
        host::exit(2)
    };
    let (verdict, pieces) = judge(file, MEMORY, CHUNK_OF_FILE);
    host::exit(print(&verdict, pieces, &mut |piece| terminal.write(piece)))
}

/// Judges the file while it is read; the verdict, and how many pieces were read.
#[inline(never)]
fn judge(file: File, memory: &mut Memory, chunk: &mut [u8; CHUNK]) -> (Verdict, u64) {
    let mut pieces = 0;
    let mut judge = Judge::new(memory, Options::default());
    mark::count_from();
    loop {
        let piece = file.read(chunk);
        if piece.is_empty() {
            break;
        }
        pieces += 1;
        if judge.feed(piece) == Progress::Done {
            break;
        }
    }
    let verdict = judge.finish();
    mark::count_to();
    (verdict, pieces)
}

/// Prints everything; the program's exit status.
#[inline(never)]
fn print(verdict: &Verdict, pieces: u64, say: text::Say<'_>) -> u32 {
    text::record(verdict, say);
    say("pieces ");
    text::number(pieces, say);
    say("\nstatic ");
    text::number(size_of::<Memory>() as u64, say);
    let used = stack::used();
    say("\nstack ");
    text::number(used as u64, say);
    say("\n");
    u32::from(used >= stack::size())
}

/// Nothing in the program leads here: `run` fails if something does.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    host::exit(101)
}
