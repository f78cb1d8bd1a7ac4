//! Where a file came from, as it is written down beside it.

use super::Name;
use crate::rig::name::GivenName;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where a file came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The source's name.
    pub source: String,
    /// The folders above it.
    pub folder: Name,
    /// Its name.
    pub name: Name,
}

impl Origin {
    /// Of a file by the name that its source gave it.
    #[must_use]
    pub fn new(source: &str, name: &GivenName) -> Self {
        Self {
            source: source.into(),
            folder: Name(name.folder().into()),
            name: Name(name.name().into()),
        }
    }

    /// The name that the source gave it; `None` if it is none.
    #[must_use]
    pub fn given(&self) -> Option<GivenName> {
        GivenName::new(Path::new(&self.folder.0).join(&self.name.0)).ok()
    }
}
