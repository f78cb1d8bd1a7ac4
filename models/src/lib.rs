//! The networks that edgecull ships, as bytes in the binary.
//!
//! There are none yet: faces, eyes and quality are not judged by this version.
//! What is learned so far, the trees of the blur measure, is a table in
//! `edgecull-core`; the folder `train` beside this crate rebuilds it.
#![no_std]
