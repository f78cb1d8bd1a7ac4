//! Files that were cut or changed.
