//! Files one after the other in one stream.
//!
//! Each begins with a header, of which all numbers are big-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | `ECF1`, with which no picture begins |
//! | 2 | N, bytes of the name: 1 to [`MOST_NAME`] |
//! | 8 | S, bytes of the file |
//! | N | the name, with the folders above it if there are any |
//! | S | the file |
//!
//! The stream ends after a file. In Python:
//!
//! ```python
//! def send(name: str, picture: bytes, to=sys.stdout.buffer):
//!     path = name.encode()
//!     to.write(struct.pack(">4sHQ", b"ECF1", len(path), len(picture)) + path + picture)
//!     to.flush()
//! ```
//!
//! In a shell, where `1.jpg` has a short name:
//!
//! ```sh
//! for f in *.jpg; do
//!   printf 'ECF1'; printf '%04x%016x' "${#f}" "$(stat -c %s "$f")" | xxd -r -p
//!   printf '%s' "$f"; cat "$f"
//! done | edgecull tether stdin --spool DIR
//! ```

/// What each header begins with.
pub const MAGIC: [u8; 4] = *b"ECF1";

/// Bytes of a header, without the name.
pub const HEADER_LEN: usize = 14;

/// Most bytes of a name, with its folders.
pub const MOST_NAME: usize = 4_096;

/// What is said of a file ahead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the name that follows.
    pub name_len: usize,
    /// Bytes of the file that follows the name.
    pub bytes: u64,
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// They do not begin as one.
    #[error("there is no header (`ECF1`)")]
    Magic,
    /// The name has no byte, or too many.
    #[error("a name of {0} bytes is announced; 1 to {MOST_NAME} are allowed")]
    Name(usize),
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Result<Self, HeaderError> {
        let [m0, m1, m2, m3, n0, n1, size @ ..] = *bytes;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(HeaderError::Magic);
        }
        let name_len = usize::from(u16::from_be_bytes([n0, n1]));
        if !(1..=MOST_NAME).contains(&name_len) {
            return Err(HeaderError::Name(name_len));
        }
        Ok(Self { name_len, bytes: u64::from_be_bytes(size) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_what_is_none_is_refused() {
        let good = *b"ECF1\x00\x05\x00\x00\x00\x01\x00\x00\x00\x02";
        let header = Header { name_len: 5, bytes: (1 << 32) + 2 };
        assert_eq!(Header::parse(&good), Ok(header));
        for (at, byte, error) in [
            (0, 0xFF, HeaderError::Magic),
            (5, 0, HeaderError::Name(0)),
            (4, 0x10, HeaderError::Name(0x1005)),
        ] {
            let mut bad = good;
            bad[at] = byte;
            assert_eq!(Header::parse(&bad), Err(error));
        }
    }
}
