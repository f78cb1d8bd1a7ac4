//! Judges `frame.jpg` on a Cortex-M, in pieces of 512 bytes, and prints the verdict: as
//! postcard in hexadecimal digits, and as text. The file comes, and the text goes, by
//! semihosting: `run` builds it and runs it under QEMU.

#![no_std]
#![no_main]

mod stack;

#[path = "../../qemu/net/src/mark.rs"]
#[allow(unreachable_pub, unsafe_code, reason = "names without mangling, for the plugin to find")]
mod mark;

use core::panic::PanicInfo;
use cortex_m_rt::entry;
use edgecull_judge::{Judge, Memory, Options, Progress, Verdict, text, wire};
use semihosting::fs::File;
use semihosting::io::{Read, Write};
use semihosting::{io, process};

/// Bytes that are read at a time: a sector of a card.
const CHUNK: usize = 512;

#[entry]
fn main() -> ! {
    static mut MEMORY: Memory = Memory::new();
    static mut CHUNKS: [u8; CHUNK] = [0; CHUNK];
    let status = match read(MEMORY, CHUNKS) {
        Ok(verdict) => print(&verdict),
        Err(_) => {
            say("frame.jpg cannot be read\n");
            1
        }
    };
    process::exit(status)
}

/// Judges the file while it is read.
fn read(memory: &'static mut Memory, chunk: &mut [u8; CHUNK]) -> io::Result<Verdict> {
    let mut file = File::open(c"frame.jpg")?;
    let mut pieces = 0;
    let mut judge = Judge::new(memory, Options::default());
    mark::count_from();
    loop {
        let length = file.read(chunk)?;
        pieces += 1;
        let piece = chunk.get(..length).unwrap_or_default();
        if piece.is_empty() || judge.feed(piece) == Progress::Done {
            break;
        }
    }
    let verdict = judge.finish();
    mark::count_to();
    say("pieces ");
    text::number(pieces, &mut say);
    say("\n");
    Ok(verdict)
}

/// Prints everything; the program's exit status.
fn print(verdict: &Verdict) -> i32 {
    let mut frame = [0; wire::MAX_ENCODED];
    let Ok(frame) = wire::encode(verdict, &mut frame) else {
        say("the record does not fit\n");
        return 1;
    };
    say("record ");
    frame.iter().for_each(|&byte| text::hex(byte, &mut say));
    say("\n");
    text::verdict(verdict, &mut say);
    say("stack ");
    text::number(stack::used() as u64, &mut say);
    say(" of ");
    text::number(stack::size() as u64, &mut say);
    say("\n");
    i32::from(stack::used() >= stack::size())
}

/// Prints a piece of text; where there is nobody to read it, nothing can be done.
fn say(piece: &str) {
    if let Ok(mut out) = io::stdout() {
        let _ = out.write_all(piece.as_bytes());
    }
}

/// Nothing in the program leads here: `run` fails if something does.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    process::exit(101)
}
