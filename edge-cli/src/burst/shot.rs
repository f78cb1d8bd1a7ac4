//! What grouping needs of a file: its looks, and what the camera noted.

use crate::pipeline::{Judge, Judged};
use crate::source::exif::Summary;
use edgecull_core::burst::{Fingerprint, Shot, Taken};
use edgecull_core::geometry::Orientation;
use std::path::Path;

/// Judges a file as [`Judge::file`] does, and tells what grouping needs of it; `None` of
/// a file of which no frame could be had.
pub fn judge(judge: &mut Judge, path: &Path) -> (Judged, Option<Shot>) {
    // The frame is shown as it is stored.
    let mut stored = None;
    let judged = judge.inspect(path, |frame, _| {
        stored = Some(Fingerprint::of(frame, Orientation::Upright));
    });
    let orientation = judged.exif.as_ref().map(|exif| exif.orientation).unwrap_or_default();
    let taken = judged.exif.as_ref().map(taken).unwrap_or_default();
    let shot = stored.map(|look| Shot { fingerprint: look.turned(orientation), taken });
    (judged, shot)
}

/// What EXIF says of when and how a frame was taken.
#[must_use]
pub fn taken(exif: &Summary) -> Taken {
    Taken {
        time_ms: exif.time.as_deref().and_then(time_ms),
        exposure_s: exif.exposure_s.map(|s| s as f32),
        f_number: exif.f_number.map(|f| f as f32),
        iso: exif.iso,
        bias_ev: exif.exposure_bias_ev.map(|ev| ev as f32),
    }
}

/// Milliseconds from 1 January 1970 to a time as a [`Summary`] has it, by the camera's own
/// clock: where it stood in the world is left aside, as some frames of a series may say
/// it and others not.
#[must_use]
pub fn time_ms(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let fraction = text.get(19..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).map(|digit| digit - b'0');
    let ms = digits.zip([100, 10, 1]).map(|(digit, worth)| i64::from(digit) * worth).sum::<i64>();
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1000 + ms)
}

/// Days from 1 January 1970 in the Gregorian calendar. Years are counted from March, so
/// that the leap day is the last; 400 of them have 146,097 days.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9).rem_euclid(12);
    let in_year = (153 * month + 2) / 5 + day - 1;
    let leap = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap + in_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(time_ms("1970-01-01T00:00:00"), Some(0));
        assert_eq!(time_ms("2000-03-01T00:00:00.5"), Some(951_868_800_500));
        assert_eq!(time_ms("2024-02-29T12:34:56.789123+02:00"), Some(1_709_210_096_789));
        assert_eq!(time_ms("2024-02-29T12:34:56+02:00"), Some(1_709_210_096_000));
        assert_eq!(time_ms("1969-12-31T23:59:59"), Some(-1000));
        for broken in ["", "2024", "2024-02-29 noon", "20é4-02-29T12:34:56"] {
            assert_eq!(time_ms(broken), None, "{broken}");
        }
    }

    #[test]
    fn what_is_not_written_is_not_known() {
        assert_eq!(taken(&Summary::default()), Taken::default());
        let exif = Summary {
            time: Some("1970-01-01T00:00:02".into()),
            exposure_bias_ev: Some(-2.0),
            ..Summary::default()
        };
        let expected = Taken { bias_ev: Some(-2.0), ..Taken::at(2000) };
        assert_eq!(taken(&exif), expected);
    }
}
