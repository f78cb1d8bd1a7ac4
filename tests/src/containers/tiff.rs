//! A writer of TIFF structures as cameras lay them out: directories first, what they
//! point at behind them.

/// The values of an entry.
#[derive(Clone, Debug)]
pub enum Value {
    /// 16-bit numbers.
    Short(Vec<u16>),
    /// 32-bit numbers.
    Long(Vec<u32>),
    /// Text.
    Ascii(String),
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// The offset of a stretch of bytes that lies behind the directories.
    Offset(usize),
    /// The bytes themselves, of type UNDEFINED, behind the directories.
    Inline(usize),
}

/// A structure that is being written.
#[derive(Debug)]
pub struct Tiff {
    big: bool,
    bytes: Vec<u8>,
    blobs: Vec<Vec<u8>>,
    /// Where an offset of a blob is still missing.
    missing: Vec<(usize, usize)>,
}

impl Tiff {
    /// Begins one. `magic` is 42 in TIFF itself; `more` stands between the header and the
    /// rest.
    #[must_use]
    pub fn new(big: bool, magic: u16, more: &[u8]) -> Self {
        let mut tiff = Self { big, bytes: Vec::new(), blobs: Vec::new(), missing: Vec::new() };
        tiff.bytes.extend(if big { b"MM" } else { b"II" });
        tiff.short(magic);
        tiff.long(0);
        tiff.bytes.extend(more);
        tiff
    }

    /// Bytes that will lie behind the directories.
    pub fn blob(&mut self, bytes: &[u8]) -> usize {
        self.blobs.push(bytes.to_vec());
        self.blobs.len() - 1
    }

    /// Writes a directory; gives its offset.
    pub fn directory(&mut self, entries: &[(u16, Value)], next: u32) -> u32 {
        let start = self.bytes.len();
        let mut values_at = start + 2 + 12 * entries.len() + 4;
        let mut values = Vec::new();
        self.short(entries.len() as u16);
        for (tag, value) in entries {
            let (kind, count, bytes) = self.encoded(value);
            self.short(*tag);
            self.short(kind);
            self.long(count);
            if let Value::Offset(blob) | Value::Inline(blob) = value {
                self.missing.push((self.bytes.len(), *blob));
                self.long(0);
            } else if bytes.len() <= 4 {
                self.bytes.extend(&bytes);
                self.bytes.resize(self.bytes.len() + 4 - bytes.len(), 0);
            } else {
                self.long(values_at as u32);
                values_at += bytes.len();
                values.extend(bytes);
            }
        }
        self.long(next);
        self.bytes.extend(values);
        start as u32
    }

    /// The whole, beginning with the directory at `first`.
    #[must_use]
    pub fn finish(mut self, first: u32) -> Vec<u8> {
        let mut places = Vec::new();
        for blob in std::mem::take(&mut self.blobs) {
            places.push(self.bytes.len() as u32);
            self.bytes.extend(blob);
        }
        let missing = std::mem::take(&mut self.missing);
        for (at, blob) in missing {
            self.put(at, places[blob]);
        }
        self.put(4, first);
        self.bytes
    }

    fn put(&mut self, at: usize, value: u32) {
        let bytes = if self.big { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes[at..at + 4].copy_from_slice(&bytes);
    }

    fn short(&mut self, value: u16) {
        self.bytes.extend(if self.big { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn long(&mut self, value: u32) {
        self.bytes.extend(if self.big { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    /// Type, count and bytes.
    fn encoded(&self, value: &Value) -> (u16, u32, Vec<u8>) {
        let big = self.big;
        match value {
            Value::Short(v) => {
                let bytes =
                    v.iter().flat_map(|n| if big { n.to_be_bytes() } else { n.to_le_bytes() });
                (3, v.len() as u32, bytes.collect())
            }
            Value::Long(v) => {
                let bytes =
                    v.iter().flat_map(|n| if big { n.to_be_bytes() } else { n.to_le_bytes() });
                (4, v.len() as u32, bytes.collect())
            }
            Value::Ascii(text) => (2, text.len() as u32 + 1, [text.as_bytes(), b"\0"].concat()),
            Value::Bytes(bytes) => (7, bytes.len() as u32, bytes.clone()),
            Value::Offset(_) => (4, 1, Vec::new()),
            Value::Inline(blob) => (7, self.blobs[*blob].len() as u32, Vec::new()),
        }
    }
}
