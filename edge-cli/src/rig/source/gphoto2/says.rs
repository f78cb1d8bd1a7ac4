//! What gphoto2 says, and what people should hear of it.
//!
//! Its exit status tells nothing, and most of its lines are for programmers; the lines
//! that mean something are known here, in the language C.

use std::fmt;

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another program has the camera.
    Claimed,
    /// The camera is not there any more.
    Gone,
    /// The device may not be opened.
    Forbidden,
    /// The camera cannot be driven like this.
    Unsupported,
    /// No file can be written.
    Disk,
    /// What gphoto2 itself said.
    Said(String),
    /// It ended without a word, with this status.
    Ended(String),
}

impl Trouble {
    /// From a line on its standard error.
    pub(super) fn of(line: &str) -> Option<Self> {
        const KNOWN: &[(&str, Trouble)] = &[
            ("Could not claim", Trouble::Claimed),
            ("Could not lock the device", Trouble::Claimed),
            ("Device or resource busy", Trouble::Claimed),
            ("Could not find the requested device", Trouble::Gone),
            ("Could not detect any camera", Trouble::Gone),
            ("No camera found", Trouble::Gone),
            ("No such device", Trouble::Gone),
            ("Access denied", Trouble::Forbidden),
            ("Permission denied", Trouble::Forbidden),
            ("Unsupported operation", Trouble::Unsupported),
            ("Unknown model", Trouble::Unsupported),
            ("No space left on device", Trouble::Disk),
        ];
        // `*** Error ***` stands alone above what it is about.
        const IDLE: &[&str] = &[
            "*** Error ***",
            "For debugging",
            "Debugging messages",
            "If you intend",
            "developer mailing list",
            "gphoto2 as follows",
            "env LANG=C",
            "Please make sure",
            "Could not get image",
            "Could not set folder",
        ];
        if let Some((_, trouble)) = KNOWN.iter().find(|(words, _)| line.contains(words)) {
            return Some(trouble.clone());
        }
        let is_idle = IDLE.iter().any(|words| line.contains(words));
        (!is_idle).then(|| Self::Said(line.to_owned()))
    }

    /// Which of two is told, when one process has said both: the one with advice.
    pub(super) fn or(self, later: Self) -> Self {
        match (&self, &later) {
            // `Gone` is said after whatever made it go.
            (Self::Said(_), _) => later,
            (_, Self::Said(_) | Self::Gone) => self,
            _ => later,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claimed => f.write_str(
                "another program has it, on a desktop most likely gvfs: end that with \
                 `gio mount -s gphoto2`, and for good with \
                 `systemctl --user mask --now gvfs-gphoto2-volume-monitor`",
            ),
            Self::Gone => f.write_str(
                "it is not there any more: look at the cable, the battery, and whether the \
                 camera has gone to sleep",
            ),
            Self::Forbidden => f.write_str(
                "this user may not open it: be a member of the group `plugdev`, and have the \
                 udev rules of libgphoto2 installed (package libgphoto2-6)",
            ),
            Self::Unsupported => f.write_str(
                "it cannot be driven like this: set its USB mode to PTP or remote control, \
                 and see http://gphoto.org/proj/libgphoto2/support.php",
            ),
            Self::Disk => f.write_str("no file can be written: the disk is full"),
            Self::Ended(status) => write!(f, "gphoto2 has ended ({status})"),
            Self::Said(text) => write!(f, "gphoto2 says: {text}"),
        }
    }
}

/// What a line on the standard output tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News<'a> {
    /// A file is in the folder under this name.
    Saved(&'a str),
    /// Nothing that matters.
    Other,
}

impl<'a> News<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        line.strip_prefix("Saving file as ").map_or(Self::Other, Self::Saved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_trouble_comes_with_advice() {
        let said = "An error occurred in the io-library ('Could not claim the USB device'): \
                    Could not claim interface 0 (Device or resource busy).";
        assert_eq!(Trouble::of(said), Some(Trouble::Claimed));
        assert!(Trouble::Claimed.to_string().contains("gio mount -s gphoto2"));
        let said = "*** Error (-52: 'Could not find the requested device on the USB port') ***";
        assert_eq!(Trouble::of(said), Some(Trouble::Gone));
        assert_eq!(Trouble::of("*** Error ***"), None);
        assert_eq!(Trouble::of("PTP Timeout"), Some(Trouble::Said("PTP Timeout".into())));
    }

    #[test]
    fn of_several_the_most_telling_is_kept() {
        let said = |text: &str| Trouble::Said(text.into());
        assert_eq!(said("PTP I/O Error").or(Trouble::Gone), Trouble::Gone);
        assert_eq!(Trouble::Claimed.or(said("x")), Trouble::Claimed);
        assert_eq!(Trouble::Claimed.or(Trouble::Gone), Trouble::Claimed);
        assert_eq!(said("x").or(said("y")), said("y"));
    }

    #[test]
    fn saved_files_are_news() {
        assert_eq!(News::of("Saving file as 1-IMG_1.CR2"), News::Saved("1-IMG_1.CR2"));
        assert_eq!(News::of("UNKNOWN PTP Property 5007 changed"), News::Other);
    }
}
