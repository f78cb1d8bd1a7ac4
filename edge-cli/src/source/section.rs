//! A file, or a stretch of one, read as if that were all there is; or a file that is
//! still being written, read as far as it goes.

use super::arrival::Arrival;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Bytes that are kept of a stretch: more than any camera's preview has.
const MOST_KEPT: usize = 32 << 20;

/// A whole file or a stretch of it. Of a stretch every byte is read once and kept, for
/// previews are read again in parts, and a card or a network is slow.
#[derive(Debug)]
pub struct Section<R = File> {
    source: R,
    stretch: Option<Stretch>,
    arriving: Option<Arriving>,
}

/// Where the reading of a file stands that is being written.
#[derive(Debug)]
struct Arriving {
    arrival: Arc<Arrival>,
    at: u64,
}

#[derive(Debug)]
struct Stretch {
    start: u64,
    len: u64,
    at: u64,
    kept: Vec<u8>,
}

impl<R: Read + Seek> Section<R> {
    /// All of it, read as the source is.
    pub fn whole(source: R) -> Self {
        Self { source, stretch: None, arriving: None }
    }

    /// All of a file, of which reading waits for what has not arrived.
    pub fn arriving(source: R, arrival: Arc<Arrival>) -> Self {
        Self { arriving: Some(Arriving { arrival, at: 0 }), ..Self::whole(source) }
    }

    /// `len` bytes from `start` on, or as many as there are.
    pub fn new(source: R, start: u64, len: u64) -> Self {
        let stretch = Stretch { start, len, at: 0, kept: Vec::new() };
        Self { source, stretch: Some(stretch), arriving: None }
    }
}

impl<R: Read + Seek> Read for Section<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(Arriving { arrival, at }) = &mut self.arriving {
            let there = arrival.beyond(*at).map_or(u64::MAX, |bytes| bytes - *at);
            let most = usize::try_from(there).map_or(into.len(), |there| there.min(into.len()));
            let count = self.source.read(&mut into[..most])?;
            *at += count as u64;
            return Ok(count);
        }
        let Some(stretch) = &mut self.stretch else {
            return self.source.read(into);
        };
        let kept = stretch.kept.len() as u64;
        if stretch.at < kept {
            let rest = stretch.kept.get(stretch.at as usize..).unwrap_or_default();
            let count = rest.len().min(into.len());
            into[..count].copy_from_slice(&rest[..count]);
            stretch.at += count as u64;
            return Ok(count);
        }
        let room = usize::try_from(stretch.len.saturating_sub(stretch.at)).unwrap_or(usize::MAX);
        let most = into.len().min(room);
        if most == 0 {
            return Ok(0);
        }
        self.source.seek(SeekFrom::Start(stretch.start.saturating_add(stretch.at)))?;
        let count = self.source.read(&mut into[..most])?;
        if stretch.at == kept && stretch.kept.len() + count <= MOST_KEPT {
            stretch.kept.extend_from_slice(&into[..count]);
        }
        stretch.at += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for Section<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let Some(stretch) = &mut self.stretch else {
            let at = self.source.seek(to)?;
            if let Some(arriving) = &mut self.arriving {
                arriving.at = at;
            }
            return Ok(at);
        };
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => stretch.len.checked_add_signed(by),
            SeekFrom::Current(by) => stretch.at.checked_add_signed(by),
        };
        stretch.at = at.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "a place before the start")
        })?;
        Ok(stretch.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Counts the bytes that are read.
    struct Counted(Cursor<Vec<u8>>, usize);

    impl Read for Counted {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(into)?;
            self.1 += count;
            Ok(count)
        }
    }

    impl Seek for Counted {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn a_stretch_is_all_there_is_and_is_read_once() {
        let file: Vec<u8> = (0..200).collect();
        let mut section = Section::new(Counted(Cursor::new(file.clone()), 0), 50, 100);
        for _ in 0..3 {
            section.seek(SeekFrom::Start(0)).expect("a place");
            let mut got = Vec::new();
            section.read_to_end(&mut got).expect("read");
            assert_eq!(got, file[50..150]);
        }
        assert_eq!(section.source.1, 100);
        assert_eq!(section.seek(SeekFrom::End(-10)).expect("a place"), 90);
        assert_eq!(section.seek(SeekFrom::Current(5)).expect("a place"), 95);
        let mut got = Vec::new();
        section.read_to_end(&mut got).expect("read");
        assert_eq!(got, file[145..150]);
        assert!(section.seek(SeekFrom::End(-101)).is_err());
        assert_eq!(section.seek(SeekFrom::Start(u64::MAX)).expect("a place"), u64::MAX);
        assert_eq!(section.read(&mut [0; 4]).expect("read"), 0);
    }

    #[test]
    fn what_was_passed_over_is_not_kept_and_a_short_file_ends() {
        let mut section = Section::new(Cursor::new((0..100).collect::<Vec<u8>>()), 90, 50);
        section.seek(SeekFrom::Start(5)).expect("a place");
        let mut got = Vec::new();
        section.read_to_end(&mut got).expect("read");
        assert_eq!(got, [95, 96, 97, 98, 99]);
        section.rewind().expect("a place");
        got.clear();
        section.read_to_end(&mut got).expect("read");
        assert_eq!(got, (90..100).collect::<Vec<u8>>());
    }

    #[test]
    fn what_has_not_arrived_is_waited_for() {
        let arrival = Arc::new(Arrival::new());
        let file: Vec<u8> = (0..100).collect();
        let mut section = Section::arriving(Cursor::new(file.clone()), Arc::clone(&arrival));
        arrival.advance_to(30);
        let mut got = [0; 64];
        assert_eq!(section.read(&mut got).expect("read"), 30);
        let writer = std::thread::spawn(move || {
            arrival.advance_to(70);
            arrival.end();
        });
        let mut got = got[..30].to_vec();
        section.read_to_end(&mut got).expect("read");
        assert_eq!(got, file);
        writer.join().expect("no panic");
        section.rewind().expect("a place");
        got.clear();
        section.read_to_end(&mut got).expect("read");
        assert_eq!(got, file);
    }

    #[test]
    fn the_whole_is_the_file() {
        let mut section = Section::whole(Cursor::new(vec![1, 2, 3]));
        assert_eq!(section.seek(SeekFrom::End(-1)).expect("a place"), 2);
        let mut got = Vec::new();
        section.read_to_end(&mut got).expect("read");
        assert_eq!(got, [3]);
    }
}
