//! What the camera noted of an exposure, all of it optional.

/// When and how a frame was exposed, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Taken {
    /// Milliseconds since any moment that is the same for all frames.
    pub time_ms: Option<i64>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f32>,
    /// F-number.
    pub f_number: Option<f32>,
    /// Sensitivity (ISO speed).
    pub iso: Option<u32>,
    /// Exposure compensation in stops.
    pub bias_ev: Option<f32>,
}

impl Taken {
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
