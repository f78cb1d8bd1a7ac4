use super::inputs::{THUMBNAILS, thumbnail, thumbnail_size};
use super::measures::measures;
use super::*;
use crate::frame::{BOARD, BoardMemory, FrameBuilder};
use crate::geometry::{Orientation, Rect};
use crate::measure::scene::{Picture, Random};
use crate::nn::{
    Clamp, Layer, Multiplier, Network, Op, Padding, Parameters, Window, pack, packed_len,
};
use crate::pixels::{Chroma, PixelFeeder};
use crate::plane::Plane;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

const PIXELS: Quantization = Quantization { scale: 1.0 / 255.0, zero_point: -128 };
const STANDARD: Quantization = Quantization { scale: 1.0 / 32.0, zero_point: 0 };
const POSITIVE: Quantization = Quantization { scale: 1.0 / 32.0, zero_point: -128 };

/// A document of one pointwise convolution with this stride.
fn network(
    input: Shape,
    outputs: u16,
    stride: u8,
    tensors: [Quantization; 2],
    weights: &[i8],
) -> Vec<u8> {
    let factor = f64::from(tensors[0].scale) / 64.0 / f64::from(tensors[1].scale);
    let multipliers = vec![Multiplier::from_real(factor).unwrap(); outputs.into()];
    let bias = vec![0; outputs.into()];
    let parameters = Parameters {
        weights,
        bias: &bias,
        multipliers: &multipliers,
        zero_point: tensors[0].zero_point,
    };
    let packed = packed_len(outputs.into(), input.channels.into()).unwrap();
    let mut packed = vec![0; packed];
    pack(&parameters, &mut packed).unwrap();
    let window =
        Window { height: 1, width: 1, stride_y: stride, stride_x: stride, padding: Padding::Valid };
    let clamp = Clamp::between(tensors[1], Some(0.0), None);
    let op = Op::Conv { window, channels: outputs, clamp, weights: &packed };
    let network = Network {
        name: "test",
        input,
        layers: &[Layer { name: "conv", input: 0, op }],
        tensors: &tensors,
        outputs: &[1],
    };
    let mut out = vec![0; packed.len() + 4096];
    let length = network.write(&mut out).unwrap();
    out.truncate(length);
    out
}

/// The mean luma among the measures: before 7 percentiles, deviation and 5 more.
const MEAN_LUMA: usize = MEASURES - 14;

/// A scorer whose trunk hands on Y, Cb and Cr in its first channels, and whose head has
/// `picked` of its input as first number.
fn document(picked: usize) -> Vec<u8> {
    let mut trunk = vec![0; 3 * WIDTH];
    (0..3).for_each(|channel| trunk[3 * channel + channel] = 64);
    let size = Shape::new(128, 144, 3);
    let unit = Quantization { scale: 1.0 / 255.0, zero_point: -128 };
    let trunk = network(size, WIDTH as u16, 16, [PIXELS, unit], &trunk);
    let mut head = vec![0; INPUTS * EMBEDDING];
    head[picked] = 64;
    let head =
        network(Shape::new(1, 1, INPUTS as u16), EMBEDDING as u16, 1, [STANDARD, POSITIVE], &head);
    let mut document = [trunk.as_slice(), &head].concat();
    let mut put = |value: f32| document.extend(value.to_le_bytes());
    for input in 0..INPUTS {
        // Luma of 0 to 255 becomes 0 to 3, channels of 0 to 1 as well.
        put(0.0);
        put(if input < MEASURES { 3.0 / 255.0 } else { 3.0 });
    }
    (0..EMBEDDING).for_each(|hidden| put(if hidden == 0 { 0.25 } else { 0.0 }));
    put(0.125);
    let lengths = [trunk.len(), head.len()];
    lengths.iter().for_each(|&length| document.extend((length as u32).to_le_bytes()));
    document
}

fn grey<'a>(picture: &'a Picture) -> Planes<'a> {
    let luma = Plane::new(&picture.samples, picture.width, picture.height, picture.width);
    Planes { luma: luma.unwrap(), chroma: None }
}

fn score(scorer: &Scorer<'_>, view: &Planes<'_>, patches: &[Planes<'_>; PATCHES]) -> Quality {
    let mut arena = vec![0; scorer.arena()];
    let mut memory = Box::new(Memory::new());
    let isa = Isa::detect();
    scorer.score(view, patches, &mut memory, &mut arena, isa).unwrap()
}

#[test]
fn score_and_embedding_are_what_the_head_picks() {
    let (dark, light) = (Picture::flat(320, 200, 51), Picture::flat(64, 64, 204));
    let patches = [grey(&light), grey(&light), grey(&dark)];
    for (picked, standard) in [
        (MEAN_LUMA, 0.6),        // the mean of the thumbnail
        (MEASURES, 0.6),         // luma that the trunk sees in it
        (MEASURES + 1, 1.5),     // its neutral Cb
        (MEASURES + WIDTH, 1.8), // luma of the patches
    ] {
        let document = document(picked);
        let scorer = Scorer::load(&document).unwrap();
        let quality = score(&scorer, &grey(&dark), &patches);
        assert!((quality.score - (0.125 + 0.25 * standard)).abs() < 0.01, "{picked}: {quality:?}");
        let step = f32::from(quality.embedding[0]) + 128.0;
        assert!((step / 32.0 - standard).abs() < 0.04, "{picked}: {step}");
        assert!(quality.embedding[1..].iter().all(|&value| value == -128));
    }
}

#[test]
fn documents_that_are_cut_off_or_changed_are_refused_or_run() {
    let whole = document(MEAN_LUMA);
    for length in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        assert!(Scorer::load(&whole[..length]).is_err(), "{length}");
    }
    let trunk = &whole[..whole.len() / 2];
    assert_eq!(Scorer::load(trunk).err(), Some(Error::Malformed));
    let picture = Picture::leaves(96, 80, 1);
    let patch = grey(&picture);
    let mut random = Random(7);
    let mut ran = 0;
    for _ in 0..300 {
        let mut broken = whole.clone();
        let at = random.below(broken.len());
        broken[at] ^= 1 << random.below(8);
        if let Ok(scorer) = Scorer::load(&broken) {
            let quality = score(&scorer, &patch, &[patch; PATCHES]);
            assert!((0.0..=1.0).contains(&quality.score));
            ran += 1;
        }
    }
    // Only a number of the scaling may change unnoticed.
    assert!(ran < 300);
}

#[test]
fn networks_of_another_shape_are_refused() {
    let good = document(0);
    let (trunk, head) = {
        let at = good.len() - 8;
        let length = |at: usize| u32::from_le_bytes(good[at..at + 4].try_into().unwrap()) as usize;
        (length(at), length(at + 4))
    };
    let swapped =
        [&good[trunk..trunk + head], &good[..trunk], &good[trunk + head..good.len() - 8]].concat();
    let lengths = [(head as u32).to_le_bytes(), (trunk as u32).to_le_bytes()].concat();
    let swapped = [swapped, lengths].concat();
    assert_eq!(Scorer::load(&swapped).err(), Some(Error::Shape));
}

#[test]
fn views_and_arenas_that_do_not_fit_are_errors() {
    let document = document(0);
    let scorer = Scorer::load(&document).unwrap();
    let mut memory = Box::new(Memory::new());
    let mut arena = vec![0; scorer.arena()];
    let good = Picture::flat(64, 64, 9);
    for (width, height) in [(0, 0), (63, 64), (64, 63), (2049, 64), (64, 2049)] {
        let picture = Picture::flat(width, height, 9);
        let patches = [grey(&picture); PATCHES];
        let result =
            scorer.score(&grey(&picture), &patches, &mut memory, &mut arena, Isa::detect());
        assert_eq!(result, Err(Error::View), "{width}x{height}");
    }
    let short = arena.len() - 1;
    let patches = [grey(&good); PATCHES];
    let result =
        scorer.score(&grey(&good), &patches, &mut memory, &mut arena[..short], Isa::detect());
    assert!(matches!(result, Err(Error::Network(nn::Error::Arena { .. }))));
}

#[test]
fn measures_fill_their_place_and_follow_what_they_measure() {
    let of = |picture: &Picture| {
        let planes = grey(picture);
        let size = thumbnail_size(picture.width, picture.height);
        let mut pixels = vec![0; 3 * usize::from(size.0) * usize::from(size.1)];
        thumbnail(&planes, size.0.into(), size.1.into(), &mut pixels);
        let mut out = [f32::NAN; MEASURES];
        let mut memory = Box::<ViewMemory>::default();
        let thumbnail = (pixels.as_slice(), usize::from(size.0));
        measures(&planes.luma, thumbnail, &mut memory, Isa::detect(), &mut out).unwrap();
        assert!(out.iter().all(|value| value.is_finite()));
        out
    };
    let sharp = Picture::leaves(500, 400, 3);
    let (crisp, soft) = (of(&sharp), of(&sharp.defocused(3)));
    // The finest ring in every zone, behind features and moments.
    for zone in 0..9 {
        let finest = 152 + 152 + 7 * zone + 5;
        assert!(soft[finest] < crisp[finest] - 0.5, "{zone}");
    }
    // A flat picture's luma, and that nothing varies.
    let flat = of(&Picture::flat(500, 400, 77));
    assert_eq!(flat[MEAN_LUMA], 77.0);
    assert_eq!(flat[152 + 15], (77.0 - 128.0) / 32.0);
    assert!(flat[152 + 16..152 + 152].iter().all(|&value| value == 0.0));
    // The half's means are the whole's.
    assert_eq!(flat[152 + 152 + 63 + 152 + 15], flat[152 + 15]);
}

#[test]
fn the_largest_view_has_room() {
    let document = document(MEAN_LUMA);
    let scorer = Scorer::load(&document).unwrap();
    for (width, height) in [(2048, 2048), (2048, 64), (64, 2048), (64, 64)] {
        let picture = Picture::flat(width, height, 100);
        let patch = grey(&picture);
        assert!(score(&scorer, &patch, &[patch; PATCHES]).score > 0.0, "{width}x{height}");
    }
}

#[test]
fn a_thumbnail_is_the_mean_over_areas() {
    let mut random = Random(5);
    for (width, height) in [(500, 400), (97, 131), (64, 64), (750, 503)] {
        let samples: Vec<u8> = (0..width * height).map(|_| random.below(256) as u8).collect();
        let luma = Plane::new(&samples, width, height, width).unwrap();
        let size = thumbnail_size(width, height);
        let (w, h) = (usize::from(size.0), usize::from(size.1));
        let mut out = vec![0; 3 * w * h];
        thumbnail(&Planes { luma, chroma: Some([luma; 2]) }, w, h, &mut out);
        for (x, y) in [(0, 0), (w - 1, h - 1), (w / 2, h / 3)] {
            let (mut sum, mut total) = (0.0, 0.0);
            for row in 0..height {
                for column in 0..width {
                    let reach = |at: usize, of: usize, to: usize, sample: usize| {
                        let (low, high) =
                            ((at * of) as f64 / to as f64, ((at + 1) * of) as f64 / to as f64);
                        (high.min(sample as f64 + 1.0) - low.max(sample as f64)).max(0.0)
                    };
                    let part = reach(x, width, w, column) * reach(y, height, h, row);
                    sum += part * f64::from(samples[row * width + column]);
                    total += part;
                }
            }
            let wanted = (sum / total - 128.0).round();
            let found = &out[3 * (y * w + x)..][..3];
            assert!(
                found.iter().all(|&v| (f64::from(v) - wanted).abs() <= 1.0),
                "{found:?} {wanted}"
            );
        }
    }
}

#[test]
fn thumbnails_keep_proportions_and_fit_the_budget() {
    assert_eq!(thumbnail_size(500, 500), (144, 128));
    assert_eq!(thumbnail_size(750, 500), (160, 112));
    assert_eq!(thumbnail_size(500, 750), (112, 160));
    assert_eq!(thumbnail_size(2000, 900), (192, 96));
    assert_eq!(thumbnail_size(1, usize::MAX), (96, 192));
    for (width, height) in THUMBNAILS {
        assert!(usize::from(width) * usize::from(height) <= THUMBNAIL);
        assert_eq!((width % 16, height % 16), (0, 0));
    }
}

#[test]
fn patches_lie_in_the_picture_and_the_first_where_the_detail_is() {
    let leaves = Picture::leaves(128, 96, 2);
    let mut picture = Picture::flat(640, 480, 128);
    for y in 0..96 {
        let line = &leaves.samples[y * 128..][..128];
        picture.samples[(300 + y) * 640 + 400..][..128].copy_from_slice(line);
    }
    let mut memory = Box::new(BoardMemory::new());
    let mut of = |picture: &Picture, orientation| {
        let mut builder = FrameBuilder::new(memory.buffers());
        let size = (picture.width as u32, picture.height as u32);
        let mut feeder =
            PixelFeeder::begin(&mut builder, Isa::detect(), size, Chroma::None).unwrap();
        feeder.picture(&grey(picture).luma, None);
        patches(&builder.finish().unwrap(), orientation)
    };
    assert_eq!(BOARD.cells, 0x3000);
    let [sharp, left, centre] = of(&picture, Orientation::Upright);
    let inside = Rect { x: 360, y: 260, w: 208, h: 176 };
    assert!(sharp.x >= inside.x && sharp.x + sharp.w <= inside.x + inside.w, "{sharp:?}");
    assert!(sharp.y >= inside.y && sharp.y + sharp.h <= inside.y + inside.h, "{sharp:?}");
    assert_eq!(left, Rect { x: 160, y: 208, w: 64, h: 64 });
    assert_eq!(centre, Rect { x: 288, y: 208, w: 64, h: 64 });
    // The left of the upright picture is another side of the stored one.
    for (value, x, y) in [(2, 416, 208), (3, 416, 208), (5, 288, 120), (6, 288, 296), (8, 288, 120)]
    {
        let [.., left, centre] = of(&picture, Orientation::from_exif(value).unwrap());
        assert_eq!(left, Rect { x, y, w: 64, h: 64 }, "{value}");
        assert_eq!(centre, Rect { x: 288, y: 208, w: 64, h: 64 }, "{value}");
    }
    for (width, height) in [(1, 1), (64, 64), (65, 3000), (33, 20)] {
        let tiny = Picture::flat(width, height, 50);
        for value in 1..=8 {
            for rect in of(&tiny, Orientation::from_exif(value).unwrap()) {
                assert!(rect.x + rect.w <= width as u32 && rect.y + rect.h <= height as u32);
                assert_eq!((rect.w, rect.h), (64.min(width as u32), 64.min(height as u32)));
            }
        }
    }
}
