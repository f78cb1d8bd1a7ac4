//! From what a camera wrote to what finding sets needs of it.

use crate::source::exif::Summary;
use edgecull_core::burst::taken::Taken;

/// What is known of an exposure.
#[must_use]
pub fn taken(exif: Option<&Summary>) -> Taken {
    let Some(exif) = exif else {
        return Taken::default();
    };
    Taken {
        time_ms: exif.time.as_deref().and_then(milliseconds),
        exposure_s: exif.exposure_s.map(|s| s as f32),
        f_number: exif.f_number.map(|n| n as f32),
        iso: exif.iso,
        bias_ev: exif.exposure_bias_ev.map(|ev| ev as f32),
    }
}

/// Milliseconds since 1970 by the camera's clock of `2024-05-01T12:34:56.78+02:00`;
/// the offset from UTC is left out, as frames of one set have the same.
fn milliseconds(text: &str) -> Option<i64> {
    let number = |at: std::ops::Range<usize>| text.get(at)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let seconds = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    let fraction: String = match text.get(19..)?.strip_prefix('.') {
        Some(rest) => {
            rest.chars().take_while(char::is_ascii_digit).chain("000".chars()).take(3).collect()
        }
        None => "0".into(),
    };
    // Days of the civil calendar, counted from 1 March of year 0, in which a leap day
    // is the last of its year.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 719_469;
    Some((days * 86_400 + seconds) * 1000 + fraction.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_1970() {
        assert_eq!(milliseconds("1970-01-01T00:00:00"), Some(0));
        assert_eq!(milliseconds("1970-01-02T00:00:01.5"), Some(86_401_500));
        // A leap day, and 946,684,800 s to the year 2000.
        assert_eq!(
            milliseconds("2000-03-01T00:00:00.25+02:00"),
            Some((946_684_800 + 60 * 86_400) * 1000 + 250)
        );
        for broken in ["", "2024", "2024-05-01", "2024-05-01Tnoon", "2024-05-01T12:34:5é"] {
            assert_eq!(milliseconds(broken), None, "{broken}");
        }
    }
}
