//! The scanner and the region decoder against independent decoders:
//! libjpeg-turbo's `djpeg` and the `image` crate.

use edgecull::render::encode::{Colours, Jpeg, Sampling};
use edgecull::render::{Camera, Scene, Subject, render};
use edgecull_core::frame::{BoardMemory, FrameBuilder};
use edgecull_core::geometry::Rect;
use edgecull_core::jpeg::{
    Decoded, Error, Progress, Report, Scale, ScanSink, Scanner, plane_sizes,
};
use edgecull_core::kernels::Isa;
use edgecull_core::pixels::ycc;
use edgecull_tests::{data, files};
use image::DynamicImage;
use std::io::Write;
use std::process::{Command, Stdio};

type Board = Scanner<65_536, 512>;

fn scan(
    scanner: &mut Board,
    sink: &mut impl ScanSink,
    bytes: &[u8],
    chunk: usize,
) -> Result<Report, Error> {
    for piece in bytes.chunks(chunk) {
        if scanner.feed(piece, sink)? == Progress::Done {
            break;
        }
    }
    scanner.finish(sink)
}

/// Luma at `1 / denominator` as `djpeg` decodes it: width, height, samples.
fn djpeg(bytes: &[u8], denominator: u32) -> (usize, usize, Vec<u8>) {
    let mut child = Command::new("djpeg")
        .args(["-grayscale", "-dct", "int", "-scale", &format!("1/{denominator}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program djpeg is needed: install libjpeg-turbo-progs");
    let mut stdin = child.stdin.take().expect("piped");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(bytes));
        child.wait_with_output().expect("djpeg ran")
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // "P5", width, height, 255, each followed by one white space.
    let mut ends = output.stdout.iter().enumerate().filter(|(_, b)| b.is_ascii_whitespace());
    let (end, _) = ends.nth(3).expect("a PGM header");
    let head = std::str::from_utf8(&output.stdout[..end]).expect("ASCII");
    let numbers: Vec<usize> = head.split_whitespace().skip(1).flat_map(str::parse).collect();
    (numbers[0], numbers[1], output.stdout[end + 1..].to_vec())
}

/// Decodes a box of the picture that `scanner` has seen.
fn region(
    scanner: &mut Board,
    bytes: &[u8],
    rect: Rect,
    scale: Scale,
    check: impl FnOnce(&Decoded<'_>),
) {
    let sizes = plane_sizes(scanner.header().expect("seen"), rect, scale).expect("inside");
    let [mut luma, mut cb, mut cr] = sizes.map(|s| vec![0; s.width * s.height]);
    let mut region =
        scanner.region(rect, scale, &mut luma, Some([&mut cb, &mut cr])).expect("seen");
    for piece in bytes[region.offset() as usize..].chunks(32_768) {
        if region.feed(piece) == Progress::Done {
            break;
        }
    }
    let decoded = region.finish();
    assert!(decoded.complete);
    check(&decoded);
}

/// Compares one file with both decoders.
///
/// `reduced` is the mean difference in levels that is allowed at 1/2 and 1/4:
/// there libjpeg drops samples of a larger transform where core takes the lowest
/// frequencies alone, so that single samples at hard edges differ by much more.
/// The exact values are tested in core against the formula.
fn check(name: &str, bytes: &[u8], reduced: f64) {
    let mut scanner = Box::new(Board::new(Isa::detect()));
    let mut memory = Box::new(BoardMemory::new());
    let mut builder = FrameBuilder::new(memory.buffers());
    let report = scan(&mut scanner, &mut builder, bytes, 32_768).expect("baseline");
    assert_eq!((report.truncated, report.corrupt), (None, None), "{name}");
    let frame = builder.finish().expect("a frame");

    let (width, height, samples) = djpeg(bytes, 8);
    assert_eq!((frame.luma.width(), frame.luma.height()), (width, height), "{name}");
    for (y, row) in samples.chunks(width).enumerate() {
        let off = row.iter().zip(frame.luma.row(y)).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off == Some(0), "{name}: {off:?} levels off in row {y} of 1/8");
    }

    let (w, h) = (frame.width, frame.height);
    let everything = Rect { x: 0, y: 0, w, h };
    for (scale, denominator) in [(Scale::Half, 2), (Scale::Quarter, 4)] {
        let (width, _, samples) = djpeg(bytes, denominator);
        region(&mut scanner, bytes, everything, scale, |decoded| {
            assert_eq!(decoded.luma.width(), width, "{name}");
            let off: u64 = samples
                .chunks(width)
                .enumerate()
                .flat_map(|(y, row)| row.iter().zip(decoded.luma.row(y)))
                .map(|(a, b)| u64::from(a.abs_diff(*b)))
                .sum();
            let mean = off as f64 / samples.len() as f64;
            assert!(mean <= reduced, "{name}: {mean} levels off at 1/{denominator}");
        });
    }

    let picture = image::load_from_memory_with_format(bytes, image::ImageFormat::Jpeg);
    let picture = picture.expect("the image crate reads it");
    // Sizes and places that fall in with nothing.
    for (i, part) in [(0u32, 3u32), (1, 5), (2, 7), (3, 4)] {
        let (x, y) = (w * i / 4, h * (3 - i) / 4);
        let rect = Rect { x, y, w: (w / part).clamp(1, 300), h: (h / part).clamp(1, 300) };
        let rect = rect.clamped(w, h);
        region(&mut scanner, bytes, rect, Scale::Full, |decoded| {
            compare(name, &picture, rect, decoded);
        });
    }
}

/// Compares the samples of `rect` with those of a whole picture, wherever no
/// channel was cut off at black or white.
fn compare(name: &str, picture: &DynamicImage, rect: Rect, decoded: &Decoded<'_>) {
    let full = decoded.chroma.filter(|[cb, _]| {
        (cb.width(), cb.height()) == (decoded.luma.width(), decoded.luma.height())
    });
    let grey = picture.as_luma8();
    let rgb = grey.is_none().then(|| picture.to_rgb8());
    let mut compared = 0;
    for y in 0..rect.h {
        for x in 0..rect.w {
            let got = decoded.luma.at(x as usize, y as usize);
            if let Some(grey) = grey {
                let want = grey.get_pixel(rect.x + x, rect.y + y).0[0];
                assert!(got.abs_diff(want) <= 2, "{name}: {got} for {want} at {x}, {y}");
                compared += 1;
                continue;
            }
            let pixel = rgb.as_ref().expect("colour").get_pixel(rect.x + x, rect.y + y).0;
            if pixel.iter().any(|&c| c == 0 || c == 255) {
                continue;
            }
            compared += 1;
            let want = ycc(pixel)[0];
            assert!(got.abs_diff(want) <= 2, "{name}: luma {got} for {want} at {x}, {y}");
            if let Some([cb, cr]) = full {
                let [cb, cr] = [cb, cr].map(|p| f32::from(p.at(x as usize, y as usize)) - 128.0);
                let luma = f32::from(got);
                let back =
                    [luma + 1.402 * cr, luma - 0.344_14 * cb - 0.714_14 * cr, luma + 1.772 * cb];
                for (got, want) in back.into_iter().zip(pixel) {
                    // Two levels of each plane, as RGB has them.
                    assert!((got - f32::from(want)).abs() <= 4.0, "{name}: {got} for {want}");
                }
            }
        }
    }
    // A white sky may leave nothing to compare, but not in every box.
    assert!(compared > 0 || rect.area() > 1, "{name}");
}

#[test]
fn camera_files_decode_as_elsewhere() {
    let Some(folder) = data("camera") else {
        return;
    };
    let mut compared = 0;
    for path in files(&folder, "jpg") {
        let bytes = std::fs::read(&path).expect("readable");
        let name = path.display().to_string();
        if name.contains("progressive") {
            let mut scanner = Box::new(Board::new(Isa::detect()));
            let mut memory = Box::new(BoardMemory::new());
            let mut builder = FrameBuilder::new(memory.buffers());
            let result = scan(&mut scanner, &mut builder, &bytes, 1000);
            assert_eq!(result, Err(Error::Progressive));
            continue;
        }
        check(&name, &bytes, 2.0);
        compared += 1;
    }
    assert!(compared >= 9);
}

#[test]
fn made_files_decode_as_elsewhere() {
    // Every edge of a picture this small is a hard one.
    const SMALL: f64 = 4.0;

    use Sampling::{F_1_1, F_1_2, F_2_1, F_2_2};
    for (width, height) in [(333, 217), (160, 120), (71, 49)] {
        let picture = render(&Scene::new(Subject::Portrait, 7), &Camera::new(width, height));
        for restart_interval in [0, 1, 5] {
            for sampling in [F_1_1, F_2_1, F_1_2, F_2_2] {
                let form = Jpeg { sampling, restart_interval, ..Jpeg::default() };
                let bytes = form.encode(&picture).expect("encoded");
                check(&format!("{width} x {height}, {form:?}"), &bytes, SMALL);
            }
            let form = Jpeg { colours: Colours::Grey, restart_interval, ..Jpeg::default() };
            let bytes = form.encode(&picture).expect("encoded");
            check(&format!("{width} x {height}, grey"), &bytes, SMALL);
        }
    }
}

/// Files in several scans are seen once: their 1/8 planes are compared.
#[test]
fn made_files_in_several_scans_agree_at_an_eighth() {
    let picture = render(&Scene::new(Subject::Facade, 2), &Camera::new(203, 131));
    // A factor of 4 makes this encoder write a scan for each component.
    for sampling in [Sampling::R_4_1_1, Sampling::R_4_1_0] {
        for restart_interval in [0, 4] {
            let form = Jpeg { sampling, restart_interval, ..Jpeg::default() };
            let bytes = form.encode(&picture).expect("encoded");
            let mut scanner = Box::new(Board::new(Isa::detect()));
            let mut memory = Box::new(BoardMemory::new());
            let mut builder = FrameBuilder::new(memory.buffers());
            let report = scan(&mut scanner, &mut builder, &bytes, 100).expect("baseline");
            assert_eq!((report.truncated, report.corrupt, report.complete), (None, None, true));
            let frame = builder.finish().expect("a frame");
            let (width, _, samples) = djpeg(&bytes, 8);
            for (y, row) in samples.chunks(width).enumerate() {
                assert!(row.iter().zip(frame.luma.row(y)).all(|(a, b)| a.abs_diff(*b) <= 1));
            }
        }
    }
}

/// Broken files: a report or an error, the same whatever the chunks.
#[test]
fn hostile_files_end_in_a_report_or_an_error() {
    let Some(folder) = data("hostile") else {
        return;
    };
    let mut scanner = Box::new(Board::new(Isa::detect()));
    let mut memory = Box::new(BoardMemory::new());
    let (mut reports, mut errors) = (0, 0);
    for path in files(&folder, "jpg") {
        let bytes = std::fs::read(&path).expect("readable");
        let mut outcome = |chunk: usize| {
            scanner.reset();
            let mut builder = FrameBuilder::new(memory.buffers());
            let report = scan(&mut scanner, &mut builder, &bytes, chunk);
            let frame = builder.finish().map(|frame| {
                assert!(frame.blocks_seen <= frame.blocks_total, "{}", path.display());
                let luma: Vec<Vec<u8>> =
                    (0..frame.luma.height()).map(|y| frame.luma.row(y).to_vec()).collect();
                (frame.blocks_seen, frame.histogram, frame.cells.cells.to_vec(), luma)
            });
            (report, frame)
        };
        let (whole, pieces) = (outcome(usize::MAX), outcome(7));
        assert!(whole == pieces, "{}: {:?} and {:?}", path.display(), whole.0, pieces.0);
        match whole.0 {
            Ok(_) => reports += 1,
            Err(_) => errors += 1,
        }
    }
    eprintln!("{reports} reports, {errors} errors");
    assert!(reports > 0 && errors > 0);
}
