//! What the camera noted when it took a frame.

/// When and how a frame was taken. Each value may be missing, and none is believed
/// blindly: see [`apart`](Self::apart).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Taken {
    /// Milliseconds since any fixed moment, the same for all frames of a stream.
    pub time_ms: Option<i64>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f32>,
    /// Relative aperture.
    pub f_number: Option<f32>,
    /// Sensitivity (ISO 12232).
    pub iso: Option<u32>,
    /// Exposure compensation in EV.
    pub bias_ev: Option<f32>,
}

impl Taken {
    /// A frame of which the time alone is known.
    #[must_use]
    pub fn at(time_ms: i64) -> Self {
        Self { time_ms: Some(time_ms), ..Self::default() }
    }

    /// Milliseconds from this frame to one that came after it. `None` where either
    /// has no time, and where the later one was taken more than `slack_ms` earlier:
    /// one of the clocks is wrong, or they are two, and then neither says anything.
    #[must_use]
    pub fn apart(&self, later: &Self, slack_ms: u32) -> Option<u64> {
        let (from, to) = (self.time_ms?, later.time_ms?);
        (to >= from.saturating_sub(slack_ms.into())).then(|| from.abs_diff(to))
    }

    /// Exposure value at ISO 100, `log2(N² / t) - log2(ISO / 100)`: one less lets
    /// twice the light in. `None` unless all three are known and positive.
    #[must_use]
    pub fn exposure_value(&self) -> Option<f32> {
        let positive = |x: &f32| x.is_finite() && *x > 0.0;
        let time = self.exposure_s.filter(positive)?;
        let number = self.f_number.filter(positive)?;
        let iso = self.iso.filter(|&iso| iso > 0)? as f32;
        let value = libm::log2f(number * number / time) - libm::log2f(iso / 100.0);
        value.is_finite().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_run_backwards_say_nothing() {
        let [early, late] = [1_000, 5_000].map(Taken::at);
        assert_eq!(early.apart(&late, 2_000), Some(4_000));
        assert_eq!(late.apart(&early, 2_000), None);
        assert_eq!(late.apart(&early, 4_000), Some(4_000), "within the slack");
        assert_eq!(early.apart(&Taken::default(), 2_000), None);
        assert_eq!(Taken::default().apart(&late, 2_000), None);
    }

    #[test]
    fn no_clock_overflows() {
        let [first, last] = [i64::MIN, i64::MAX].map(Taken::at);
        assert_eq!(first.apart(&last, u32::MAX), Some(u64::MAX));
        assert_eq!(last.apart(&first, u32::MAX), None);
        assert_eq!(first.apart(&first, u32::MAX), Some(0));
    }

    #[test]
    fn exposure_values_by_hand() {
        let sunny = Taken {
            exposure_s: Some(1.0 / 128.0),
            f_number: Some(16.0),
            iso: Some(100),
            ..Taken::default()
        };
        assert_eq!(sunny.exposure_value(), Some(15.0));
        assert_eq!(Taken { iso: Some(400), ..sunny }.exposure_value(), Some(13.0));
        for lie in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert_eq!(Taken { exposure_s: Some(lie), ..sunny }.exposure_value(), None);
        }
        assert_eq!(Taken { iso: Some(0), ..sunny }.exposure_value(), None);
        assert_eq!(Taken::default().exposure_value(), None);
    }
}
