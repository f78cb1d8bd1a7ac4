//! The eyes of one face, at native resolution.

use super::{Network, Samples, room};
use edgecull_core::eye::{Crop, Eye, EyeNet, Gaze, SIZE, Source};
use edgecull_core::geometry::Orientation;
use edgecull_core::kernels::Isa;
use edgecull_core::nn::Plan;
use edgecull_core::plane::Plane;

/// Judges eyes by the network that is shipped, in memory of its own.
pub struct EyeJudge {
    network: Network,
    plan: Plan,
    isa: Isa,
    luma: Vec<u8>,
}

impl EyeJudge {
    /// A judge with its memory.
    #[must_use]
    pub fn new(isa: Isa) -> Self {
        let network = Network::new(edgecull_models::EYES);
        let side = SIZE as u16;
        let plan = network.model.plan(side, side).expect("the network takes crops");
        Self { network, plan, isa, luma: Vec::new() }
    }

    /// What is said of an eye.
    #[must_use]
    pub fn crop(&mut self, crop: &Crop) -> Eye {
        self.net().map_or(Eye::UNSEEN, |mut net| net.judge(crop))
    }

    /// Both eyes of a face in a stored picture of this size. `None` where they are not
    /// in the picture, or it cannot be had.
    pub(super) fn look(
        &mut self,
        landmarks: &[[f32; 2]; 5],
        (width, height): (u32, u32),
        samples: &mut Samples<'_>,
        orientation: Orientation,
    ) -> Option<[Eye; 2]> {
        let gaze = Gaze::new(landmarks, orientation, width, height)?;
        let mut luma = std::mem::take(&mut self.luma);
        let part = samples.luma(gaze.rect, gaze.scale, &mut luma);
        let eyes = part.and_then(|part| {
            let plane = Plane::new(&luma, part.width, part.height, part.width)?;
            let source = Source { plane, x: part.rect.x, y: part.rect.y, scale: gaze.scale };
            Some(self.net()?.look(&gaze, &source))
        });
        self.luma = luma;
        eyes
    }

    fn net(&mut self) -> Option<EyeNet<'_>> {
        let Network { model, arena } = &mut self.network;
        EyeNet::new(model, &self.plan, room(arena, &self.plan), self.isa).ok()
    }
}
