//! The `edgecull` command.
fn main() {}
