use super::*;
use crate::eye::EyeState;
use crate::geometry::Rect;
use crate::verdict::{
    Composition, Decision, Exposure, Measures, Motion, ReasonCode, SCHEMA_VERSION,
};
use proptest::prelude::*;
use serde::Serialize;
use std::vec::Vec;

fn unit() -> impl Strategy<Value = f32> {
    0.0f32..=1.0
}

fn rect() -> impl Strategy<Value = Rect> {
    any::<[u32; 4]>().prop_map(|[x, y, w, h]| Rect { x, y, w, h })
}

fn number() -> impl Strategy<Value = Option<f32>> {
    proptest::option::of(proptest::num::f32::NORMAL | proptest::num::f32::ZERO)
}

fn reason() -> impl Strategy<Value = Reason> {
    (any::<u16>(), unit(), number(), number(), proptest::option::of(rect())).prop_map(
        |(code, confidence, measured, threshold, region)| Reason {
            code: ReasonCode(code),
            confidence,
            measured,
            threshold,
            region,
        },
    )
}

prop_compose! {
    fn measures()(
        u in proptest::array::uniform10(unit()),
        angle_deg in proptest::option::of(0.0f32..180.0),
        quality in proptest::option::of(unit()),
    ) -> Measures {
        let [blur, sharpness, amount, under, over, mean, high, low, noise, thirds] = u;
        Measures {
            blur,
            sharpness,
            motion: Motion { amount, angle_deg },
            exposure: Exposure {
                under,
                over,
                mean,
                clipped_highlights: high,
                clipped_shadows: low,
            },
            noise,
            composition: Composition { thirds },
            quality,
        }
    }
}

fn eye() -> impl Strategy<Value = Eye> {
    let states = [EyeState::Open, EyeState::Closed, EyeState::Hidden];
    (proptest::sample::select(states.to_vec()), proptest::option::of(unit()))
        .prop_map(|(state, p_open)| Eye { state, p_open })
}

prop_compose! {
    fn face()(
        region in rect(),
        confidence in unit(),
        landmarks in proptest::array::uniform5(proptest::array::uniform2(-1e5f32..1e5)),
        sharpness in proptest::option::of(unit()),
        eyes in proptest::option::of((eye(), eye())),
    ) -> Face {
        Face { region, confidence, landmarks, sharpness, eyes: eyes.map(|(l, r)| [l, r]) }
    }
}

prop_compose! {
    fn verdict()(
        version in 1u16..,
        decision in 0..4usize,
        score in proptest::option::of(unit()),
        reasons in proptest::collection::vec(reason(), 0..=MAX_REASONS),
        measures in proptest::option::of(measures()),
        faces in proptest::collection::vec(face(), 0..=MAX_VERDICT_FACES),
    ) -> Verdict {
        let all = [Decision::Keep, Decision::Review, Decision::Reject, Decision::Error];
        let mut verdict = Verdict {
            version, decision: all[decision], score, reasons: heapless::Vec::new(), measures,
            faces: faces.into_iter().filter(|_| version >= 2).collect(),
        };
        for reason in reasons {
            verdict.add(reason);
        }
        verdict
    }
}

proptest! {
    /// Payloads with runs of any length, 254 and its multiples among them, into buffers that
    /// suffice or do not.
    #[test]
    fn framing_is_that_of_cobs(
        runs in proptest::collection::vec((0usize..600, 0usize..3), 0..6),
        aligned in proptest::collection::vec(1usize..4, 0..3),
        room in 0usize..5000,
    ) {
        let mut payload = Vec::new();
        for (length, zeros) in runs.into_iter().chain(aligned.into_iter().map(|n| (254 * n, n % 2))) {
            payload.extend(core::iter::repeat_n(7, length));
            payload.extend(core::iter::repeat_n(0, zeros));
        }
        let (mut ours, mut theirs) = (std::vec![0; room], std::vec![0; 5000]);
        // Bytes of a tuple have no length before them.
        let framed = postcard::to_slice_cobs(&Bytes(&payload), &mut theirs).expect("suffices");
        match frame(&payload, &mut ours) {
            Some(length) => prop_assert_eq!(&ours[..length], &*framed),
            None => prop_assert!(room < framed.len()),
        }
    }
}

/// Bytes as they are.
struct Bytes<'b>(&'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        self.0.iter().try_for_each(|byte| tuple.serialize_element(byte))?;
        tuple.end()
    }
}

fn largest() -> Verdict {
    let all = u32::MAX;
    let reason = Reason {
        code: ReasonCode(u16::MAX),
        confidence: 1.0,
        measured: Some(1.0),
        threshold: Some(1.0),
        region: Some(Rect { x: all, y: all, w: all, h: all }),
    };
    let eye = Eye { state: EyeState::Hidden, p_open: Some(1.0) };
    let face = Face {
        region: Rect { x: all, y: all, w: all, h: all },
        confidence: 1.0,
        landmarks: [[-1.0; 2]; 5],
        sharpness: Some(1.0),
        eyes: Some([eye; 2]),
    };
    Verdict {
        version: u16::MAX,
        decision: Decision::Error,
        score: Some(1.0),
        reasons: core::iter::repeat_n(reason, MAX_REASONS).collect(),
        measures: Some(Measures {
            motion: Motion { amount: 1.0, angle_deg: Some(179.0) },
            quality: Some(1.0),
            ..Measures::default()
        }),
        faces: core::iter::repeat_n(face, MAX_VERDICT_FACES).collect(),
    }
}

fn framed(verdict: &Verdict) -> Vec<u8> {
    let mut buffer = [0; MAX_ENCODED];
    encode(verdict, &mut buffer).expect("fits").to_vec()
}

#[test]
fn the_largest_verdict_needs_just_what_is_stated() {
    let mut plain = [0; MAX_ENCODED];
    let written = postcard::to_slice(&largest(), &mut plain).expect("fits").len();
    assert_eq!(written, MAX_PAYLOAD);
    let mut frame = framed(&largest());
    assert!(frame.len() <= MAX_ENCODED);
    assert_eq!(decode(&mut frame), Ok(largest()));
    let mut small = [0; MAX_PAYLOAD];
    assert_eq!(encode(&largest(), &mut small), Err(WireError::BufferTooSmall));
}

/// What a later version may look like.
#[derive(Serialize)]
struct Newer {
    verdict: Verdict,
    crops: [Rect; 1],
    note: &'static str,
}

#[test]
fn a_newer_writer_is_understood_and_its_codes_survive() {
    let mut sent = Verdict::error(ReasonCode(40_000));
    sent.version = SCHEMA_VERSION + 1;
    sent.decision = Decision::Review;
    sent.measures = Some(Measures::default());
    // A struct inside a struct leaves no trace in postcard: this appends.
    let newer =
        Newer { verdict: sent.clone(), crops: [Rect { x: 1, y: 2, w: 3, h: 4 }], note: "later" };
    let mut buffer = [0; RECEIVE_BUFFER];
    let frame = postcard::to_slice_cobs(&newer, &mut buffer).expect("fits");
    let received = decode(frame).expect("understood");
    assert_eq!(received, sent);
    assert_eq!(received.reasons[0].code.name(), None);

    let again = decode(&mut framed(&received)).expect("round trip");
    assert_eq!(again.reasons[0].code, ReasonCode(40_000));
    assert_eq!(again.version, SCHEMA_VERSION + 1);
}

/// What version 1 wrote.
#[derive(Serialize)]
struct First {
    version: u16,
    decision: Decision,
    score: Option<f32>,
    reasons: heapless::Vec<Reason, MAX_REASONS>,
    measures: Option<Measures>,
}

#[test]
fn the_first_version_is_understood_and_understands() {
    let Verdict { decision, score, reasons, measures, .. } = largest();
    let first = First { version: 1, decision, score, reasons, measures };
    let mut buffer = [0; MAX_ENCODED];
    let frame = postcard::to_slice_cobs(&first, &mut buffer).expect("fits");
    let received = decode(frame).expect("understood");
    assert_eq!(received, Verdict { version: 1, faces: heapless::Vec::new(), ..largest() });

    // To it, faces are what follows.
    let mut first_bytes = [0; MAX_ENCODED];
    let first_bytes =
        postcard::to_slice(&First { version: u16::MAX, ..first }, &mut first_bytes).expect("fits");
    let mut bytes = [0; MAX_ENCODED];
    let bytes = postcard::to_slice(&largest(), &mut bytes).expect("fits");
    assert!(bytes.len() > first_bytes.len() && bytes.starts_with(first_bytes));
    // One that claims to know faces and ends before them is cut off.
    let cut = postcard::to_slice_cobs(
        &First { version: 2, decision, score, reasons: heapless::Vec::new(), measures },
        &mut buffer,
    );
    assert_eq!(decode(cut.expect("fits")), Err(WireError::Malformed));
}

#[test]
fn what_is_no_verdict_is_an_error() {
    assert_eq!(decode(&mut []), Err(WireError::Framing));
    assert_eq!(decode(&mut [0]), Err(WireError::Malformed));
    assert_eq!(decode(&mut [9, 1, 1]), Err(WireError::Framing));
    assert_eq!(decode(&mut [2, 1, 0]), Err(WireError::Malformed));

    let mut unversioned = largest();
    unversioned.version = 0;
    assert_eq!(decode(&mut framed(&unversioned)), Err(WireError::Version));

    for bad in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
        let mut v = largest();
        v.score = Some(bad);
        assert_eq!(decode(&mut framed(&v)), Err(WireError::OutOfRange));
        let mut v = largest();
        v.measures = Some(Measures { noise: bad, ..Measures::default() });
        assert_eq!(decode(&mut framed(&v)), Err(WireError::OutOfRange));
        let spoilt: [fn(&mut Face, f32); 3] = [
            |face, bad| face.confidence = bad,
            |face, bad| face.sharpness = Some(bad),
            |face, bad| face.eyes = Some([Eye { state: EyeState::Open, p_open: Some(bad) }; 2]),
        ];
        for spoil in spoilt {
            let mut v = largest();
            spoil(&mut v.faces[MAX_VERDICT_FACES - 1], bad);
            assert_eq!(decode(&mut framed(&v)), Err(WireError::OutOfRange));
        }
    }
    let mut v = largest();
    v.reasons[3].threshold = Some(f32::NAN);
    assert_eq!(decode(&mut framed(&v)), Err(WireError::OutOfRange));
    let mut v = largest();
    v.faces[0].landmarks[4][1] = f32::INFINITY;
    assert_eq!(decode(&mut framed(&v)), Err(WireError::OutOfRange));
}

#[test]
fn the_stream_goes_on_after_damage() {
    let good = largest();
    let mut stream = std::vec![0, 0];
    stream.extend(framed(&good));
    let mut cut = framed(&good);
    cut.truncate(100);
    cut.push(0);
    stream.extend(cut);
    stream.extend(core::iter::repeat_n(1, 5 * RECEIVE_BUFFER));
    stream.push(0);
    stream.extend(framed(&good));
    let mut decoder: Decoder = Decoder::new();
    let mut seen = Vec::new();
    decoder.feed(&stream, |r| seen.push(r));
    let ok = Ok(good);
    assert_eq!(seen.len(), 4);
    assert_eq!(seen[0], ok);
    assert!(seen[1].is_err());
    assert_eq!(seen[2], Err(WireError::TooLong));
    assert_eq!(seen[3], ok);
}

#[test]
fn a_tiny_buffer_reports_and_recovers() {
    let small = Verdict::error(ReasonCode::CORRUPT);
    let frame = framed(&small);
    let mut decoder: Decoder<20> = Decoder::new();
    assert!(frame.len() < 20 && framed(&largest()).len() > 20);
    let mut seen = Vec::new();
    decoder.feed(&framed(&largest()), |r| seen.push(r));
    decoder.feed(&frame, |r| seen.push(r));
    assert_eq!(seen, [Err(WireError::TooLong), Ok(small)]);
}

proptest! {
    #[test]
    fn every_verdict_comes_back(v in verdict()) {
        let mut frame = framed(&v);
        prop_assert_eq!(frame.iter().position(|&b| b == 0), Some(frame.len() - 1));
        prop_assert_eq!(decode(&mut frame), Ok(v.clone()));
        // The final 0 is the stream's, not the frame's.
        let mut frame = framed(&v);
        frame.pop();
        prop_assert_eq!(decode(&mut frame), Ok(v));
    }

    #[test]
    fn chunks_make_no_difference(
        verdicts in proptest::collection::vec(verdict(), 1..4),
        chunk in 1usize..700,
    ) {
        let stream: Vec<u8> = verdicts.iter().flat_map(framed).collect();
        let mut decoder: Decoder = Decoder::new();
        let mut seen = Vec::new();
        for chunk in stream.chunks(chunk) {
            decoder.feed(chunk, |r| seen.push(r));
        }
        let sent: Vec<_> = verdicts.into_iter().map(Ok).collect();
        prop_assert_eq!(seen, sent);
    }

    #[test]
    fn garbage_never_panics_and_never_stops_the_stream(
        mut garbage: Vec<u8>, v in verdict(),
    ) {
        garbage.push(0);
        let mut decoder: Decoder<MAX_ENCODED> = Decoder::new();
        let mut last = None;
        decoder.feed(&garbage, |_| {});
        decoder.feed(&framed(&v), |r| last = Some(r));
        prop_assert_eq!(last, Some(Ok(v)));
        let _ = decode(&mut garbage);
    }
}
