//! One stage: a name, work that is counted, and what its count is divided by.

use crate::mark;
use core::fmt::{self, Arguments};
use core::hint::black_box;
use edgecull_core::kernels::Isa;

/// Takes lines of text.
pub type Say<'s> = &'s mut dyn FnMut(Arguments<'_>);

/// Why nothing can be counted: something gave another result than it must.
#[derive(Clone, Copy, Debug)]
pub struct Failure(pub &'static str);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed: {}", self.0)
    }
}

/// How much work a stage is.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// Pixels of the picture.
    Pixels(u64),
    /// Multiply-adds of the networks.
    Macs(u64),
    /// Bytes of a network's document.
    Bytes(u64),
    /// A network's layers.
    Layers(u64),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(count) => write!(f, "{count} pixels"),
            Self::Macs(count) => write!(f, "{count} MAC"),
            Self::Bytes(count) => write!(f, "{count} bytes"),
            Self::Layers(count) => write!(f, "{count} layers"),
        }
    }
}

/// Runs stages between the marks, and tells which: one line for each, in the order in which
/// the plugin sees them.
pub struct Counter<'s> {
    /// What kernels are to run with.
    pub isa: Isa,
    say: Say<'s>,
}

impl<'s> Counter<'s> {
    pub fn new(isa: Isa, say: Say<'s>) -> Self {
        Self { isa, say }
    }

    /// One stage. What it works on comes through here, so that none of it is done before
    /// the mark.
    pub fn stage<I, T>(
        &mut self,
        name: &str,
        amount: Amount,
        input: I,
        work: impl FnOnce(I) -> T,
    ) -> T {
        mark::count_from();
        let result = black_box(work(black_box(input)));
        mark::count_to();
        let kernels = self.isa.name();
        self.say(format_args!("stage|{name}|{kernels}|{amount}"));
        result
    }

    /// Another line.
    pub fn say(&mut self, line: Arguments<'_>) {
        (self.say)(line);
    }
}
