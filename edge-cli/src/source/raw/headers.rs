//! Bounded reading of a file's headers.
//!
//! Bytes are read a page at a time and kept. At most [`BUDGET`] bytes are ever read:
//! whatever a damaged file points at, what lies beyond is simply not there.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Pages that are read at most.
const PAGES: usize = 63;

/// Bytes that are read at most.
pub(crate) const BUDGET: u64 = PAGE * PAGES as u64;

/// Random access to the headers of a file.
pub(super) struct Headers<R> {
    source: R,
    len: u64,
    pages: BTreeMap<u64, Vec<u8>>,
    failed: Option<io::Error>,
}

impl<R: Read + Seek> Headers<R> {
    pub(super) fn new(mut source: R) -> io::Result<Self> {
        let len = source.seek(SeekFrom::End(0))?;
        Ok(Self { source, len, pages: BTreeMap::new(), failed: None })
    }

    /// Length of the file.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// What the system said when a page could not be read, if that happened.
    pub(super) fn failure(self) -> Option<io::Error> {
        self.failed
    }

    /// So many bytes from `at` on; `None` where they are not all in the file, or the
    /// budget is used up.
    pub(super) fn bytes(&mut self, at: u64, count: usize) -> Option<Vec<u8>> {
        let end = at.checked_add(count as u64).filter(|&end| end <= self.len)?;
        if count as u64 > BUDGET {
            return None;
        }
        let mut out = Vec::with_capacity(count);
        let mut at = at;
        while at < end {
            let page = self.page(at / PAGE)?;
            let from = (at % PAGE) as usize;
            let to = page.len().min(from + (end - at) as usize);
            let part = page.get(from..to).filter(|part| !part.is_empty())?;
            out.extend_from_slice(part);
            at += part.len() as u64;
        }
        Some(out)
    }

    /// The same as an array.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        self.bytes(at, N)?.try_into().ok()
    }

    fn page(&mut self, number: u64) -> Option<&[u8]> {
        if !self.pages.contains_key(&number) {
            if self.pages.len() >= PAGES || self.failed.is_some() {
                return None;
            }
            let mut page = Vec::new();
            let read = self
                .source
                .seek(SeekFrom::Start(number * PAGE))
                .and_then(|_| (&mut self.source).take(PAGE).read_to_end(&mut page));
            if let Err(error) = read {
                self.failed = Some(error);
                return None;
            }
            self.pages.insert(number, page);
        }
        self.pages.get(&number).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn bytes_come_from_any_place_and_the_budget_ends() {
        let file: Vec<u8> = (0..2 * BUDGET).map(|at| (at / 7) as u8).collect();
        let mut headers = Headers::new(Cursor::new(&file)).expect("readable");
        assert_eq!(headers.bytes(PAGE - 3, 9).as_deref(), file.get(4093..4102));
        assert_eq!(headers.bytes(2 * BUDGET - 2, 2).as_deref(), Some(&file[file.len() - 2..]));
        assert_eq!(headers.bytes(2 * BUDGET - 2, 3), None);
        assert_eq!(headers.bytes(u64::MAX, 2), None);
        assert_eq!(headers.bytes(0, usize::MAX), None);
        let read = (0..2 * PAGES as u64).filter(|page| headers.bytes(page * PAGE, 1).is_some());
        assert_eq!(read.count(), PAGES);
        // What was read stays there.
        assert!(headers.bytes(PAGE - 3, 9).is_some());
        assert!(headers.failure().is_none());
    }
}
