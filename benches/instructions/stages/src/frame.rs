//! From the bytes of a JPEG to a verdict, and on to the networks.

use crate::nets;
use crate::stage::{Amount, Counter, Failure};
use crate::tier::{FrameMemory, Memory, PIECE, Scanner};
use edgecull_core::frame::{Frame, FrameBuilder};
use edgecull_core::jpeg::{Progress, Report};
use edgecull_core::judge::{Integrity, Policy, judge};
use edgecull_core::measure::{Hints, measure};
use edgecull_core::verdict::Decision;

/// Drawn by `build.rs`: 4:2:0, full of detail.
static DETAIL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/detail.jpg"));
/// 4:4:4, mostly smooth.
static SMOOTH: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/smooth.jpg"));

/// Counts all stages of a frame.
pub fn count(memory: &mut Memory, counter: &mut Counter<'_>) -> Result<(), Failure> {
    let Memory { scanner, frame, arena, eyes } = memory;
    *scanner = Scanner::new(counter.isa);
    scanned("scan 4:4:4, smooth", SMOOTH, scanner, frame, counter)?;
    let frame = scanned("scan 4:2:0, detailed", DETAIL, scanner, frame, counter)?;
    let pixels = pixels(frame.width, frame.height);
    let verdict = counter.stage("measures and verdict", pixels, &frame, |frame| {
        judge(&measure(frame, &Hints::default()), &Integrity::default(), &Policy::default())
    });
    if verdict.decision == Decision::Error {
        return Err(Failure("the frame is not judged"));
    }
    nets::faces(&frame, arena, counter)?;
    nets::eyes(scanner, DETAIL, arena, eyes, counter)?;
    #[cfg(not(target_os = "none"))]
    crate::quality::count(&frame, scanner, DETAIL, arena, counter)?;
    Ok(())
}

fn pixels(width: u32, height: u32) -> Amount {
    Amount::Pixels(u64::from(width) * u64::from(height))
}

/// Scans a file as it arrives: in pieces.
fn scanned<'m>(
    name: &str,
    file: &[u8],
    scanner: &mut Scanner,
    memory: &'m mut FrameMemory,
    counter: &mut Counter<'_>,
) -> Result<Frame<'m>, Failure> {
    // The header alone, to know how much work it will be.
    scanner.reset();
    let head = file.get(..1024).unwrap_or(file);
    let _ = scanner.feed(head, &mut FrameBuilder::new(memory.buffers()));
    let header = scanner.header().ok_or(Failure("the picture has no header"))?;
    let amount = pixels(header.width, header.height);
    let frame = counter.stage(name, amount, file, |file| scan(file, scanner, memory));
    let whole = |(frame, report): &(Frame<'m>, Report)| {
        frame.blocks_seen == frame.blocks_total && report.truncated.or(report.corrupt).is_none()
    };
    frame.filter(whole).map(|(frame, _)| frame).ok_or(Failure("the picture is not scanned whole"))
}

fn scan<'m>(
    file: &[u8],
    scanner: &mut Scanner,
    memory: &'m mut FrameMemory,
) -> Option<(Frame<'m>, Report)> {
    scanner.reset();
    let mut builder = FrameBuilder::new(memory.buffers());
    for piece in file.chunks(PIECE) {
        if scanner.feed(piece, &mut builder).ok()? == Progress::Done {
            break;
        }
    }
    let report = scanner.finish(&mut builder).ok()?;
    Some((builder.finish()?, report))
}
