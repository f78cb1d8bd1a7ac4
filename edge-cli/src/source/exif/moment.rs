//! The time of an exposure: a date, a fraction of a second, an offset from UTC.

use super::ascii;
use exif::Field;

/// Digits of a fraction that are kept.
const MAX_DIGITS: usize = 9;

/// Photographs are younger.
const FIRST_YEAR: i64 = 1826;

const MINUTE_MS: i64 = 60_000;

/// A moment, as a camera wrote it.
#[derive(Debug)]
pub(super) struct Moment {
    /// `YYYY:MM:DD hh:mm:ss`.
    date: String,
    /// Digits after the point; may be none.
    fraction: String,
    /// `+hh:mm`, `-hh:mm` or `Z`, and its minutes.
    offset: Option<(String, i64)>,
    /// The date in milliseconds since 1970, by the camera's clock.
    clock_ms: i64,
}

impl Moment {
    /// `None` when the date is blank or no date. Fraction and offset are left out when
    /// they are none.
    pub(super) fn new(
        date: &Field,
        fraction: Option<&Field>,
        offset: Option<&Field>,
    ) -> Option<Self> {
        let shape = b"dddd:dd:dd dd:dd:dd";
        let date = ascii(date)?.get(..shape.len()).filter(|date| fits(date, shape))?;
        let date = std::str::from_utf8(date).ok()?.to_owned();
        let clock_ms = clock_ms(&date)?;
        let trimmed = |field: Option<&Field>| {
            let text = std::str::from_utf8(ascii(field?)?).ok()?;
            Some(text.trim_matches([' ', '\0']).to_owned())
        };
        let digits = trimmed(fraction).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let fraction = digits.unwrap_or_default().chars().take(MAX_DIGITS).collect();
        let offset = trimmed(offset).and_then(|text| {
            let minutes = minutes(&text)?;
            Some((text, minutes))
        });
        Some(Self { date, fraction, offset, clock_ms })
    }

    /// `2024-05-01T12:34:56.78+02:00`.
    pub(super) fn iso_8601(&self) -> String {
        let (day, time) = self.date.split_once(' ').unwrap_or_default();
        let point = if self.fraction.is_empty() { "" } else { "." };
        let offset = self.offset.as_ref().map_or("", |(text, _)| text);
        format!("{}T{time}{point}{}{offset}", day.replace(':', "-"), self.fraction)
    }

    /// Milliseconds since 1970, less the offset where there is one.
    pub(super) fn milliseconds(&self) -> i64 {
        let digits = self.fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
        let fraction = digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        let offset = self.offset.as_ref().map_or(0, |(_, minutes)| *minutes);
        self.clock_ms + fraction - offset * MINUTE_MS
    }
}

/// A date of the right shape in milliseconds; `None` for one that never was.
fn clock_ms(date: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| date.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let real = year >= FIRST_YEAR
        && (1..=length).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    real.then(|| {
        let minutes = (days(year, month, day) * 24 + hour) * 60 + minute;
        minutes * MINUTE_MS + second * 1000
    })
}

/// Days since 1 January 1970 of the Gregorian calendar, by counting from 1 March, so that
/// the leap day is a year's last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year / 4 - year / 100 + year / 400;
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Minutes of an offset that some place on earth has.
fn minutes(offset: &str) -> Option<i64> {
    if offset == "Z" {
        return Some(0);
    }
    let sign = if fits(offset.as_bytes(), b"+dd:dd") {
        1
    } else if fits(offset.as_bytes(), b"-dd:dd") {
        -1
    } else {
        return None;
    };
    let part = |range: std::ops::Range<usize>| offset.get(range)?.parse::<i64>().ok();
    let (hours, minutes) = (part(1..3)?, part(4..6)?);
    (hours <= 14 && minutes <= 59).then(|| sign * (hours * 60 + minutes))
}

/// Whether each byte is the shape's, where `d` is any digit.
fn fits(bytes: &[u8], shape: &[u8]) -> bool {
    let fit = |(b, s): (&u8, &u8)| if *s == b'd' { b.is_ascii_digit() } else { b == s };
    bytes.len() == shape.len() && bytes.iter().zip(shape).all(fit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::{In, Tag, Value};

    fn field(text: &str) -> Field {
        let value = Value::Ascii(vec![text.as_bytes().to_vec()]);
        Field { tag: Tag::DateTimeOriginal, ifd_num: In::PRIMARY, value }
    }

    fn moment(date: &str, fraction: &str, offset: &str) -> Option<(String, i64)> {
        let moment = Moment::new(&field(date), Some(&field(fraction)), Some(&field(offset)))?;
        Some((moment.iso_8601(), moment.milliseconds()))
    }

    #[test]
    fn milliseconds_count_from_1970_in_utc_where_the_offset_is_known() {
        for (date, fraction, offset, text, ms) in [
            ("1970:01:01 00:00:00", "", "", "1970-01-01T00:00:00", 0),
            ("1969:12:31 23:59:59", "5", "", "1969-12-31T23:59:59.5", -500),
            ("2000:03:01 00:00:00", "", "Z", "2000-03-01T00:00:00Z", 951_868_800_000),
            ("2024:02:29 23:59:60", "78", "", "2024-02-29T23:59:60.78", 1_709_251_200_780),
            (
                "2024:05:01 12:34:56",
                "0789",
                "+02:00",
                "2024-05-01T12:34:56.0789+02:00",
                1_714_559_696_078,
            ),
            ("2024:05:01 12:34:56", "", "-03:30", "2024-05-01T12:34:56-03:30", 1_714_579_496_000),
            ("2024:05:01 12:34:56", "", "+99:00", "2024-05-01T12:34:56", 1_714_566_896_000),
            ("2024:05:01 12:34:56", "1 2", "2", "2024-05-01T12:34:56", 1_714_566_896_000),
        ] {
            assert_eq!(moment(date, fraction, offset), Some((text.into(), ms)), "{date}");
        }
    }

    #[test]
    fn a_long_fraction_is_cut_and_still_one() {
        let digits = "123456789".repeat(4);
        let (text, ms) = moment("2024:05:01 12:34:56", &digits, "").expect("a moment");
        assert_eq!(text, "2024-05-01T12:34:56.123456789");
        assert_eq!(ms % 1000, 123);
    }

    #[test]
    fn days_that_never_were_are_no_moments() {
        for bad in [
            "2024:13:01 00:00:00",
            "2024:00:01 00:00:00",
            "2023:02:29 00:00:00",
            "2024:04:31 00:00:00",
            "2024:01:00 00:00:00",
            "0000:01:01 00:00:00",
            "2024:01:01 24:00:00",
            "2024:01:01 00:60:00",
            "2024-01-01 00:00:00",
            "    :  :     :  :  ",
            "2024",
            "",
        ] {
            assert_eq!(moment(bad, "", ""), None, "{bad:?}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = days(1826, 1, 1) - 1;
        for year in 1826..2200 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let date = format!("{year:04}:{month:02}:{day:02} 00:00:00");
                    if let Some(ms) = clock_ms(&date) {
                        last += 1;
                        assert_eq!(ms, last * 86_400_000, "{date}");
                    }
                }
            }
        }
    }
}
