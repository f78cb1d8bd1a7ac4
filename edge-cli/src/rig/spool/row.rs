//! What the journal knows of one frame.

use crate::rig::name::GivenName;
use crate::source::format::Ending;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edgecull_core::verdict::Decision;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Where a frame stands. Each but the last two has a folder of its own in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Judged; it waits for the end of its burst, or for its name.
    Judged,
    /// To be kept: it goes to the host.
    Kept,
    /// For a person to look at.
    Review,
    /// Rejected.
    Rejected,
    /// Could not be judged: it goes to the host.
    Unjudged,
    /// It is whole at the host; what is left here may go.
    HandedOn,
    /// Nothing of it is here, or only what nobody asked to be taken away.
    Done,
}

impl State {
    /// Those that have a folder.
    pub const PLACES: [Self; 6] =
        [Self::Judged, Self::Kept, Self::Review, Self::Rejected, Self::Unjudged, Self::Done];

    /// The name of its folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::Kept => "kept",
            Self::Review => "review",
            Self::Rejected => "rejected",
            Self::Unjudged => "unjudged",
            Self::HandedOn | Self::Done => "done",
        }
    }

    /// Where a frame belongs that was decided so.
    #[must_use]
    pub fn of(decision: Decision) -> Self {
        match decision {
            Decision::Keep => Self::Kept,
            Decision::Review => Self::Review,
            Decision::Reject => Self::Rejected,
            Decision::Error => Self::Unjudged,
        }
    }

    /// Its number in the journal's index, which is kept for good.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Judged => 1,
            Self::Kept => 2,
            Self::Review => 3,
            Self::Rejected => 4,
            Self::Unjudged => 5,
            Self::HandedOn => 6,
            Self::Done => 7,
        }
    }
}

/// A name that need not be UTF-8: text where it is, and its bytes in base64 where not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub OsString);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written<'a> {
    Text(std::borrow::Cow<'a, str>),
    Bytes { b64: String },
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => Written::Text(text.into()),
            None => Written::Bytes { b64: STANDARD.encode(self.0.as_encoded_bytes()) },
        }
        .serialize(to)
    }
}

impl<'d> Deserialize<'d> for Name {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Written::deserialize(from)? {
            Written::Text(text) => text.into_owned().into(),
            Written::Bytes { b64 } => {
                let bytes = STANDARD.decode(b64).map_err(serde::de::Error::custom)?;
                OsString::from_vec(bytes)
            }
        }))
    }
}

/// One file of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Its name in the frame's folder: the one that it was given.
    pub name: Name,
    /// Its length.
    pub bytes: u64,
    /// XXH3-128 of its bytes, in hexadecimal.
    pub hash: Hash,
}

/// XXH3-128 of a file: tells whether the same file comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hash(pub u128);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'d> Deserialize<'d> for Hash {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A frame as the journal knows it, and as it lies beside its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number, which is the name of its folder.
    pub id: u64,
    /// Where it stands.
    pub state: State,
    /// Which source it came from.
    pub source: String,
    /// The folders above its files, as the source gave them.
    pub folder: Name,
    /// Its files, the one that was judged first.
    pub files: Vec<FileRow>,
    /// When its first file was whole, in milliseconds since 1970 by this machine's clock.
    pub received_ms: u64,
    /// What was decided of it.
    pub verdict: Verdict,
    /// Its record, schema `edgecull.frame.v1`.
    pub record: String,
    /// A person asked for it, whatever its verdict.
    #[serde(default)]
    pub released: bool,
    /// The frame that its files belong to, which had gone when they came.
    #[serde(default)]
    pub after: Option<u64>,
    /// How it is being handed on: names at the host that were chosen for it.
    #[serde(default)]
    pub plan: Option<serde_json::Value>,
}

/// A decision by its published name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the decision's")]
pub enum Verdict {
    Keep,
    Review,
    Reject,
    Error,
}

impl From<Decision> for Verdict {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Keep => Self::Keep,
            Decision::Review => Self::Review,
            Decision::Reject => Self::Reject,
            Decision::Error => Self::Error,
        }
    }
}

impl From<Verdict> for Decision {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Keep => Self::Keep,
            Verdict::Review => Self::Review,
            Verdict::Reject => Self::Reject,
            Verdict::Error => Self::Error,
        }
    }
}

impl Row {
    /// The name of the file that was judged, below its source.
    #[must_use]
    pub fn given(&self) -> PathBuf {
        let name = self.files.first().map(|file| file.name.0.as_os_str()).unwrap_or_default();
        Path::new(&self.folder.0).join(name)
    }

    /// The journal's key of it.
    pub(super) fn key(&self) -> Vec<u8> {
        let given = self.given();
        own_key(&self.source, Path::new(&self.folder.0), given.file_name().unwrap_or_default())
    }
}

/// The key of the exposure that a file may belong to: that of a photograph of its stem.
pub(super) fn key_of_exposure(source: &str, name: &GivenName) -> Vec<u8> {
    key(source, name.folder(), name.stem())
}

/// The key of the frame that a file is in, or would be: files that are no photographs, or
/// not yet by their names, must not hide one of their stem.
pub(super) fn key_of(source: &str, name: &GivenName) -> Vec<u8> {
    own_key(source, name.folder(), name.name())
}

fn own_key(source: &str, folder: &Path, name: &OsStr) -> Vec<u8> {
    let is_photograph = Ending::of(name).is_some();
    let stem = Path::new(name).file_stem().filter(|_| is_photograph);
    key(source, folder, stem.unwrap_or(name))
}

fn key(source: &str, folder: &Path, stem: &OsStr) -> Vec<u8> {
    // No name has a NUL byte.
    [source.as_bytes(), folder.as_os_str().as_encoded_bytes(), stem.as_encoded_bytes()].join(&0)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::rig) fn row(id: u64, state: State, name: &[u8]) -> Row {
        Row {
            id,
            state,
            source: "ftp".into(),
            folder: Name("DCIM".into()),
            files: vec![FileRow {
                name: Name(OsString::from_vec(name.to_vec())),
                bytes: 7,
                hash: Hash(u128::from(id) << 90),
            }],
            received_ms: 1,
            verdict: Verdict::Keep,
            record: "{}".into(),
            released: false,
            after: None,
            plan: None,
        }
    }

    #[test]
    fn rows_come_back_whatever_the_name() {
        for name in [&b"IMG 1.JPG"[..], b"new\nline", b"\xff\xfe.JPG"] {
            let row = row(3, State::Kept, name);
            let text = serde_json::to_vec(&row).expect("JSON");
            assert_eq!(serde_json::from_slice::<Row>(&text).expect("a row"), row);
        }
    }

    #[test]
    fn what_belongs_together_has_one_key() {
        let row = row(3, State::Kept, b"IMG_1.JPG");
        let of = |path: &str| key_of("ftp", &GivenName::new(path).expect("a name"));
        assert_eq!(of("DCIM/IMG_1.CR3"), row.key());
        assert_ne!(of("DCIM/IMG_1.txt"), row.key());
        let memo = GivenName::new("DCIM/IMG_1.WAV").expect("a name");
        assert_eq!(key_of_exposure("ftp", &memo), row.key());
        assert_ne!(of("DCIM/IMG_2.CR3"), row.key());
        assert_ne!(of("IMG_1.CR3"), row.key());
    }
}
