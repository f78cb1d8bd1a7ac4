//! How good a picture is: on boards alone, as its memory is theirs.

use crate::nets::macs;
use crate::stage::{Amount, Counter, Failure};
use crate::tier::Scanner;
use edgecull_core::frame::Frame;
use edgecull_core::geometry::{Orientation, Rect};
use edgecull_core::jpeg::{Scale, plane_sizes};
use edgecull_core::nn::Model;
use edgecull_core::plane::Plane;
use edgecull_core::quality::{Memory, PATCH, PATCHES, Planes, Scorer, patches, thumbnail_size};

const FAILED: Failure = Failure("quality cannot be told");

/// The scale of the view of a picture of this size.
const VIEW: Scale = Scale::Quarter;

/// Decodes the view and the patches, of which the view is a stage, and scores them.
pub fn count(
    frame: &Frame<'_>,
    scanner: &mut Scanner,
    file: &[u8],
    arena: &mut [i8],
    counter: &mut Counter<'_>,
) -> Result<(), Failure> {
    let (width, height) = (frame.width, frame.height);
    let mut view = Samples::default();
    let mut near: [Samples; PATCHES] = Default::default();
    let rect = Rect { x: 0, y: 0, w: width, h: height };
    let pixels = Amount::Pixels(u64::from(width) * u64::from(height));
    let decoded = counter
        .stage("view at 1/4", pixels, file, |file| view.decode(scanner, file, rect, VIEW))
        .and_then(|()| {
            let mut rects = near.iter_mut().zip(patches(frame, Orientation::Upright));
            rects.try_for_each(|(samples, rect)| samples.decode(scanner, file, rect, Scale::Full))
        });
    decoded.ok_or(FAILED)?;
    let whole = view.planes().ok_or(FAILED)?;
    let mut parts = [whole; PATCHES];
    for (part, samples) in parts.iter_mut().zip(&near) {
        *part = samples.planes().ok_or(FAILED)?;
    }

    let scorer = Scorer::load(edgecull_models::QUALITY).map_err(|_| FAILED)?;
    let work = work(thumbnail_size(whole.luma.width(), whole.luma.height())).ok_or(FAILED)?;
    let mut memory = Box::<Memory>::default();
    let isa = counter.isa;
    let quality = counter.stage("quality", Amount::Macs(work), &whole, |whole| {
        scorer.score(whole, &parts, &mut memory, arena, isa)
    });
    quality.map(|_| ()).map_err(|_| FAILED)
}

/// Multiply-adds of the trunk, once on a thumbnail of this size and once on each patch, and of
/// the head. How the two lie in the document is told in `edgecull_core::quality`.
fn work((width, height): (u16, u16)) -> Option<u64> {
    let (rest, head) = edgecull_models::QUALITY.split_last_chunk()?;
    let (rest, trunk) = rest.split_last_chunk()?;
    let (trunk, rest) = rest.split_at_checked(u32::from_le_bytes(*trunk) as usize)?;
    let (head, _) = rest.split_at_checked(u32::from_le_bytes(*head) as usize)?;
    let of = |document, width, height| {
        let model = Model::load(document).ok()?;
        let plan = model.plan(height, width).ok()?;
        Some(macs(&model, &plan))
    };
    let patch = of(trunk, PATCH as u16, PATCH as u16)?;
    Some(of(trunk, width, height)? + PATCHES as u64 * patch + of(head, 1, 1)?)
}

/// Luma and colour differences of a box of the picture.
#[derive(Default)]
struct Samples {
    data: [Vec<u8>; 3],
    widths: [usize; 3],
}

impl Samples {
    fn decode(
        &mut self,
        scanner: &mut Scanner,
        file: &[u8],
        rect: Rect,
        scale: Scale,
    ) -> Option<()> {
        let sizes = plane_sizes(scanner.header()?, rect, scale)?;
        self.widths = sizes.map(|size| size.width);
        self.data = sizes.map(|size| vec![0; size.width * size.height]);
        let [luma, cb, cr] = &mut self.data;
        let mut region = scanner.region(rect, scale, luma, Some([cb, cr]))?;
        let start = usize::try_from(region.offset()).ok()?;
        region.feed(file.get(start..)?);
        region.finish().complete.then_some(())
    }

    fn planes(&self) -> Option<Planes<'_>> {
        let plane = |at: usize| {
            let (data, width) = (&self.data[at], self.widths[at]);
            Plane::new(data, width, data.len() / width.max(1), width)
        };
        Some(Planes { luma: plane(0)?, chroma: Some([plane(1)?, plane(2)?]) })
    }
}
