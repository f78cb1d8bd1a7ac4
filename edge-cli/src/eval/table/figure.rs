//! How one figure is written.

use super::super::proportion::Proportion;

/// A share, its counts and its interval.
pub(super) fn proportion(p: &Proportion) -> String {
    match (p.share, p.interval) {
        (Some(share), Some([low, high])) => format!(
            "{} ({} of {}) [{} to {}]",
            percent(share),
            p.count,
            p.total,
            percent(low),
            percent(high)
        ),
        _ => "- (none)".into(),
    }
}

/// With three significant digits or so, and never a 100 that is not one.
pub(super) fn percent(share: f64) -> String {
    let value = 100.0 * share;
    let text = if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    match text {
        "100" if share < 1.0 => "99.9 %".into(),
        text => format!("{text} %"),
    }
}

/// With four decimals.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.4}"))
}

/// An interval, or nothing.
pub(super) fn bracket(interval: Option<[f64; 2]>) -> String {
    interval.map_or_else(String::new, |[low, high]| format!(" [{low:.4} to {high:.4}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_short_and_honest() {
        for (share, text) in [
            (0.0, "0 %"),
            (0.01, "1 %"),
            (0.012_345, "1.23 %"),
            (0.5, "50 %"),
            (0.8329, "83.3 %"),
            (0.9999, "99.9 %"),
            (1.0, "100 %"),
        ] {
            assert_eq!(percent(share), text);
        }
        assert_eq!(proportion(&Proportion::new(0, 0)), "- (none)");
        assert_eq!(proportion(&Proportion::new(8, 10)), "80 % (8 of 10) [49 % to 94.3 %]");
    }
}
