//! A verdict as lines of text, made of integers: what formats floats in `core` can panic,
//! and is larger than all of this crate.
//!
//! In comes a verdict, out go pieces of text. Numbers from 0 to 1 have three digits behind
//! the point.

use edgecull_core::geometry::Rect;
use edgecull_core::verdict::Verdict;
use edgecull_core::wire;

/// Takes pieces of text.
pub type Say<'s> = &'s mut dyn FnMut(&str);

/// A whole number.
pub fn number(number: u64, say: Say<'_>) {
    // The largest has 20 digits.
    let mut left = number;
    let mut unit = 1u64;
    while let Some(next) = unit.checked_mul(10).filter(|next| *next <= number) {
        unit = next;
    }
    while unit > 0 {
        let digit = left / unit % 10;
        left %= unit;
        say(DIGITS.get(digit as usize).copied().unwrap_or("?"));
        unit /= 10;
    }
}

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// A byte in two hexadecimal digits.
pub fn hex(byte: u8, say: Say<'_>) {
    for digit in [byte >> 4, byte & 15] {
        let letters = ["a", "b", "c", "d", "e", "f"];
        let digit = usize::from(digit);
        let letter = DIGITS.get(digit).or(letters.get(digit.wrapping_sub(10)));
        say(letter.copied().unwrap_or("?"));
    }
}

/// A number from 0 on, with three digits behind the point.
fn thousandths(value: f32, say: Say<'_>) {
    // Below 0 and NaN become 0.
    let value = (value * 1000.0 + 0.5) as u64;
    number(value / 1000, say);
    say(".");
    let rest = value % 1000;
    [rest / 100, rest / 10 % 10, rest % 10].into_iter().for_each(|digit| number(digit, say));
}

fn rect(rect: Rect, say: Say<'_>) {
    number(rect.x.into(), say);
    say(",");
    number(rect.y.into(), say);
    say(" ");
    number(rect.w.into(), say);
    say("x");
    number(rect.h.into(), say);
}

/// One line: a word, and a value from 0 to 1.
fn line(word: &str, value: f32, say: Say<'_>) {
    say(word);
    thousandths(value, say);
    say("\n");
}

/// The record as it goes over a link, in hexadecimal digits, and the verdict.
pub fn record(of: &Verdict, say: Say<'_>) {
    let mut frame = [0; wire::MAX_ENCODED];
    say("record ");
    // The buffer is as large as any record.
    let frame = wire::encode(of, &mut frame).map_or(&[][..], |frame| frame);
    frame.iter().for_each(|&byte| hex(byte, say));
    say("\n");
    verdict(of, say);
}

/// The verdict, a line for each thing that is said.
pub fn verdict(verdict: &Verdict, say: Say<'_>) {
    say(verdict.decision.name());
    if let Some(score) = verdict.score {
        say(" ");
        thousandths(score, say);
    }
    say("\n");
    for reason in &verdict.reasons {
        say("  ");
        match reason.code.name() {
            Some(name) => say(name),
            None => number(reason.code.0.into(), say),
        }
        say(" ");
        thousandths(reason.confidence, say);
        if let (Some(measured), Some(threshold)) = (reason.measured, reason.threshold) {
            say(", measured ");
            thousandths(measured, say);
            say(", limit ");
            thousandths(threshold, say);
        }
        if let Some(region) = reason.region {
            say(", at ");
            rect(region, say);
        }
        say("\n");
    }
    if let Some(measures) = &verdict.measures {
        line("  blur ", measures.blur, say);
        line("  sharpness ", measures.sharpness, say);
        line("  motion ", measures.motion.amount, say);
        line("  too dark ", measures.exposure.under, say);
        line("  too bright ", measures.exposure.over, say);
        line("  mean ", measures.exposure.mean, say);
        line("  noise ", measures.noise, say);
    }
    for face in &verdict.faces {
        say("  face ");
        thousandths(face.confidence, say);
        say(" at ");
        rect(face.region, say);
        say("\n");
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use edgecull_core::verdict::ReasonCode;
    use std::string::String;

    fn text(make: impl Fn(Say<'_>)) -> String {
        let mut text = String::new();
        make(&mut |piece| text.push_str(piece));
        text
    }

    #[test]
    fn numbers_read_as_std_writes_them() {
        for n in [0, 1, 9, 10, 11, 99, 100, 65_535, 1_000_000, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(text(|say| number(n, say)), std::format!("{n}"));
        }
        for byte in 0..=255 {
            assert_eq!(text(|say| hex(byte, say)), std::format!("{byte:02x}"));
        }
        for (value, read) in
            [(0.0, "0.000"), (0.0126, "0.013"), (0.9999, "1.000"), (12.5, "12.500")]
        {
            assert_eq!(text(|say| thousandths(value, say)), read);
        }
        assert_eq!(text(|say| thousandths(f32::NAN, say)), "0.000");
    }

    #[test]
    fn an_error_is_one_line_and_its_reason() {
        let unsupported = Verdict::error(ReasonCode::UNSUPPORTED);
        assert_eq!(text(|say| verdict(&unsupported, say)), "error\n  unsupported 1.000\n");
    }
}
