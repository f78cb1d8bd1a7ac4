//! Every kernel against the scalar one, each path forced.

mod layer;
mod net;
mod scan;

use super::Isa;

#[test]
fn levels_begin_with_the_baseline_and_end_with_the_best() {
    assert_eq!(Isa::available().next(), Some(Isa::baseline()));
    assert_eq!(Isa::available().last(), Some(Isa::detect()));
    let twice =
        Isa::available().any(|isa| Isa::available().filter(|&other| other == isa).count() > 1);
    assert!(!twice);
}
