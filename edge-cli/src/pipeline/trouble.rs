//! What is said of a file that cannot be judged, or not in full.

use super::Judged;
use crate::source::format::Format;
use edgecull_core::jpeg::{self, Report};
use edgecull_core::verdict::ReasonCode;
use std::io;

/// What a person is told of a file that is not whole.
pub(super) fn damage(report: &Report, seen: f32) -> Option<String> {
    let percent = seen * 100.0;
    if let Some(at) = report.corrupt {
        Some(format!("damaged at byte {at}; {percent:.0} % of the picture could be read"))
    } else {
        report.truncated.map(|at| {
            format!("ends too early, at byte {at}; {percent:.0} % of the picture is there")
        })
    }
}

/// The record of a JPEG stream that cannot be scanned or decoded.
pub(super) fn unscannable(error: jpeg::Error) -> Judged {
    let code = match error {
        jpeg::Error::Segment { .. } | jpeg::Error::MissingTable { .. } => ReasonCode::CORRUPT,
        _ => ReasonCode::UNSUPPORTED,
    };
    Judged::error(code, error.to_string())
}

/// The record of a format that cannot be judged.
pub(super) fn unsupported(format: Format) -> Judged {
    let sentence = match format {
        Format::Raw | Format::Heif => format!(
            "there is no JPEG preview in this {} file, and none of the same name beside it",
            format.name()
        ),
        _ => "its first bytes are those of no known picture format (byte 0)".into(),
    };
    Judged::error(ReasonCode::UNSUPPORTED, sentence)
}

/// What the system said, for people: without the number that it ends in.
pub(crate) fn sentence_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "it may not be read: permission denied".into(),
        _ => {
            let text = error.to_string();
            let said = text.split(" (os error").next().unwrap_or(&text);
            format!("it cannot be read: {said}")
        }
    }
}
