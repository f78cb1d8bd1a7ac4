//! Whatever the bytes: an error or a network that runs, never a panic.

use super::{Graph, Random};
use crate::kernels::Isa;
use crate::nn::checksum::crc32;
use crate::nn::model::Frame;
use crate::nn::{Error, Model, Net};
use proptest::prelude::*;
use std::vec::Vec;

/// Loads the document and, if that goes well, runs it at two sizes.
fn survive(document: &[u8]) -> bool {
    let Ok(model) = Model::load(document) else { return false };
    let input = model.input();
    for (height, width) in [(input.height, input.width), (11, 6)] {
        let Ok(plan) = model.plan(height, width) else { continue };
        if plan.arena() > 1 << 16 {
            continue;
        }
        let mut arena = std::vec![-3; plan.arena()];
        let mut net = Net::new(&model, &plan, &mut arena, Isa::detect()).expect("large enough");
        net.input().fill(5);
        net.run().expect("a network that loads runs");
        for index in 0..model.outputs().len() {
            assert!(net.output(index).is_some());
        }
    }
    true
}

/// The body of a document.
fn body(document: &[u8]) -> Vec<u8> {
    let (_, body) = postcard::take_from_bytes::<Frame>(document).expect("a frame");
    body.to_vec()
}

/// A document whose checksum is right, whatever its body.
fn sealed(body: &[u8]) -> Vec<u8> {
    let frame =
        Frame { magic: *b"\x89ECM", schema: 1, checksum: crc32(body), length: body.len() as u32 };
    let mut buffer = [0; 32];
    let mut document = postcard::to_slice(&frame, &mut buffer).expect("fits").to_vec();
    document.extend_from_slice(body);
    document
}

#[test]
fn what_is_wrong_is_told() {
    let good = Graph::random(&mut Random(1), 5).document();
    let error = |document: &[u8]| Model::load(document).map(drop);
    assert_eq!(error(&good), Ok(()));
    assert_eq!(sealed(&body(&good)), good);
    assert_eq!(error(b""), Err(Error::NotModel));
    assert_eq!(error(b"TFL3 and more"), Err(Error::NotModel));
    assert_eq!(error(&good[..4]), Err(Error::Malformed));
    let mut newer = good.clone();
    newer[4] = 2;
    assert_eq!(error(&newer), Err(Error::Version(2)));
    for index in good.len() / 2..good.len() {
        let mut damaged = good.clone();
        damaged[index] ^= 0x10;
        assert_eq!(error(&damaged), Err(Error::Checksum));
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(error(&longer), Ok(()), "what follows is passed over");
    let mut body = body(&good);
    body.push(0);
    assert_eq!(error(&sealed(&body)), Err(Error::Malformed), "but not within");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survive(&bytes);
        survive(&sealed(&bytes));
    }

    #[test]
    fn truncation(seed: u64, layers in 1i64..6, keep in 0.0..1.0f64) {
        let document = Graph::random(&mut Random(seed), layers).document();
        let kept = (document.len() as f64 * keep) as usize;
        prop_assert!(!survive(&document[..kept]));
        let body = body(&document);
        let kept = (body.len() as f64 * keep) as usize;
        prop_assert!(!survive(&sealed(&body[..kept])));
    }

    /// Most changes fall on weights; those of the first bytes on header and shapes.
    #[test]
    fn changed_bytes_under_a_good_checksum(
        seed: u64,
        layers in 1i64..8,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4), 1..5),
    ) {
        let mut body = body(&Graph::random(&mut Random(seed), layers).document());
        let few = body.len().min(64);
        for (place, byte, near) in changes {
            let place = place.index(if near == 0 { body.len() } else { few });
            body[place] = byte;
        }
        survive(&sealed(&body));
    }

    /// Numbers of several bytes, put in where one stood: lengths that lie.
    #[test]
    fn lengths_that_lie(
        seed: u64, layers in 1i64..8, place: prop::sample::Index, length: u32,
    ) {
        let mut body = body(&Graph::random(&mut Random(seed), layers).document());
        let mut buffer = [0; 5];
        let lie = postcard::to_slice(&length, &mut buffer).expect("fits");
        let place = place.index(body.len());
        body.splice(place..=place, lie.iter().copied());
        survive(&sealed(&body));
    }

    #[test]
    fn changed_bytes_are_noticed(seed: u64, layers in 1i64..6, place: prop::sample::Index, bit in 0u8..8) {
        let mut document = Graph::random(&mut Random(seed), layers).document();
        let place = place.index(document.len());
        document[place] ^= 1u8 << bit;
        prop_assert!(!survive(&document));
    }
}
