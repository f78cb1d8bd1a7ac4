//! Series as they are rendered, and what is found in them.

use super::*;
use edgecull_core::burst::set::{InSet, sets};
use edgecull_core::burst::sketch::Sketch;
use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::geometry::Orientation;
use edgecull_core::kernels::Isa;
use edgecull_core::pixels::{Chroma, PixelFeeder};
use edgecull_core::plane::Plane;

const LONG: u32 = 480;

fn sketch(picture: &Picture) -> Sketch {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let luma = picture.luma();
    let plane = Plane::new(&luma, width, height, width).unwrap();
    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    let size = (picture.width, picture.height);
    let feeder = PixelFeeder::begin(&mut builder, Isa::detect(), size, Chroma::None);
    feeder.unwrap().picture(&plane, None);
    Sketch::of(&builder.finish().unwrap(), Orientation::Upright)
}

/// Where the frames of the series whose names begin so are put.
fn found(round: u64, prefix: &str) -> Vec<(Series, Vec<Option<InSet>>)> {
    let wanted = series(round, LONG).into_iter().filter(|s| s.name.starts_with(prefix));
    wanted
        .map(|series| {
            let shots = series.frames(0);
            let seen: Vec<_> = shots.iter().map(|s| (sketch(&s.picture), s.taken())).collect();
            let mut out = vec![None; seen.len()];
            sets::<32>(seen.iter().map(|(sketch, taken)| (sketch, taken)), &mut out);
            (series, out)
        })
        .collect()
}

fn assert_whole(prefix: &str) {
    let all = found(1, prefix);
    assert!(!all.is_empty(), "{prefix}");
    for (series, sets) in all {
        let size = sets.len() as u16;
        let whole = (0..).zip(&sets).all(|(index, set)| {
            set.is_some_and(|s| Some(s.kind) == series.kind && (s.index, s.size) == (index, size))
        });
        assert!(whole, "{}: {sets:?}", series.name);
    }
}

#[test]
fn brackets_are_whole() {
    assert_whole("bracket_3_metered_2");
    assert_whole("bracket_3_falling_0");
    assert_whole("bracket_5_turns_2");
}

#[test]
fn panoramas_are_whole() {
    assert_whole("panorama_3");
    assert_whole("panorama_pale_1");
}

#[test]
fn stacks_are_whole() {
    assert_whole("stack_3_0");
    assert_whole("stack_5_0");
    assert_whole("stack_8_0");
}

#[test]
fn what_is_no_set_is_in_none() {
    for prefix in ["burst", "tracking", "panning", "misfire", "dimming"] {
        for (series, sets) in found(1, prefix) {
            assert!(sets.iter().all(Option::is_none), "{}: {sets:?}", series.name);
        }
    }
}

#[test]
fn a_round_repeats_itself_and_another_differs() {
    let first = |round| series(round, 96)[0].frames(0).remove(0).picture;
    assert_eq!(first(1), first(1));
    assert_ne!(first(1), first(2));
    let names: std::collections::BTreeSet<_> = series(1, 96).into_iter().map(|s| s.name).collect();
    assert_eq!(names.len(), series(1, 96).len());
}
