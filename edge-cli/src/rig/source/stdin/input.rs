//! Bytes of a stream as they come, with an ear for the wish to stop.

use crate::rig::stop::Stop;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read};

/// Longest wait for bytes, after which a wish to stop is heard.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 250_000_000 };

/// Bytes that are held at a time.
const CHUNK: usize = 64 * 1024;

/// Why no more bytes come.
#[derive(Debug)]
pub(super) enum Dry {
    /// The stream has ended.
    End,
    /// It is not to be read any further.
    Stopped,
    /// The system says no.
    Io(io::Error),
}

/// A stream that is read piece by piece.
pub(super) struct Input<'a> {
    file: File,
    stop: &'a Stop,
    chunk: Vec<u8>,
    /// What of the chunk was not handed out.
    rest: std::ops::Range<usize>,
    /// Bytes that were handed out.
    pub offset: u64,
}

impl<'a> Input<'a> {
    pub(super) fn new(file: File, stop: &'a Stop) -> Self {
        Self { file, stop, chunk: vec![0; CHUNK], rest: 0..0, offset: 0 }
    }

    /// The next bytes, as many as are there, but at most so many and at least one.
    pub(super) fn some(&mut self, most: u64) -> Result<&[u8], Dry> {
        if self.rest.is_empty() {
            self.rest = 0..self.read()?;
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let from = self.rest.start;
        let to = self.rest.end.min(from.saturating_add(most));
        self.rest.start = to;
        self.offset += (to - from) as u64;
        Ok(self.chunk.get(from..to).unwrap_or_default())
    }

    /// Fills `into`; how many bytes there were before the end, if that came first.
    pub(super) fn fill(&mut self, into: &mut [u8]) -> Result<usize, Dry> {
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.some(rest.len() as u64) {
                Ok(bytes) => {
                    rest.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                    filled += bytes.len();
                }
                Err(Dry::End) => break,
                Err(dry) => return Err(dry),
            }
        }
        Ok(filled)
    }

    fn read(&mut self) -> Result<usize, Dry> {
        loop {
            if self.stop.raised() {
                return Err(Dry::Stopped);
            }
            let mut ready = [PollFd::new(&self.file, PollFlags::IN)];
            match poll(&mut ready, Some(&TICK)) {
                Ok(0) => continue,
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(Dry::Io(error.into())),
            }
            match self.file.read(&mut self.chunk) {
                Ok(0) => return Err(Dry::End),
                Ok(bytes) => return Ok(bytes),
                Err(e)
                    if matches!(
                        e.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) => {}
                Err(error) => return Err(Dry::Io(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::thread;

    fn pipe() -> (File, io::PipeWriter) {
        let (from, to) = io::pipe().expect("a pipe");
        (File::from(OwnedFd::from(from)), to)
    }

    #[test]
    fn bytes_come_in_any_pieces_and_are_counted() {
        let (from, mut to) = pipe();
        let stop = Stop::new();
        let writer = thread::spawn(move || {
            for piece in [&b"ab"[..], b"cdefg", b"h"] {
                to.write_all(piece).expect("written");
            }
        });
        let mut input = Input::new(from, &stop);
        let mut four = [0; 4];
        assert_eq!(input.fill(&mut four).expect("bytes"), 4);
        assert_eq!(&four, b"abcd");
        assert_eq!(input.some(1).expect("a byte"), b"e");
        let mut ten = [0; 10];
        assert_eq!(input.fill(&mut ten).expect("bytes"), 3);
        assert_eq!(ten, *b"fgh\0\0\0\0\0\0\0");
        assert_eq!(input.offset, 8);
        assert!(matches!(input.some(1), Err(Dry::End)));
        writer.join().expect("no panic");
    }

    #[test]
    fn a_silent_stream_can_be_left() {
        let (from, _to) = pipe();
        let stop = Stop::new();
        let raiser = stop.clone();
        thread::spawn(move || raiser.raise());
        assert!(matches!(Input::new(from, &stop).some(1), Err(Dry::Stopped)));
    }
}
