//! Options of `edgecull cull`.

use super::{ConfigError, grouping, pause, read, search};
use crate::args::{CullArgs, Format, Strictness, Xmp};
use crate::company::Grouping;
use crate::pipeline::FaceSearch;
use serde::Deserialize;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// Everything `edgecull cull` needs to know, decided.
#[derive(Clone, Debug, PartialEq)]
pub struct CullSettings {
    /// Files and folders to judge.
    pub paths: Vec<PathBuf>,
    /// How results are written.
    pub format: Format,
    /// Which sidecars are written.
    pub xmp: Xmp,
    /// Where rejects go; `None` leaves them where they are.
    pub move_rejects: Option<PathBuf>,
    /// How much is forgiven.
    pub strictness: Strictness,
    /// How frames are grouped; `None` for not at all.
    pub grouping: Option<Grouping>,
    /// How faces are looked for; `None` for not at all.
    pub faces: Option<FaceSearch>,
    /// Whether the networks in the program tell the quality of frames.
    pub quality: bool,
    /// An ONNX file that tells it in their place.
    pub float: Option<PathBuf>,
    /// Frames judged at a time.
    pub jobs: NonZeroUsize,
    /// Change nothing on the disk.
    pub dry_run: bool,
}

/// The table `[cull]`: the long options by their names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Cull {
    format: Option<Format>,
    xmp: Option<Xmp>,
    move_rejects: Option<PathBuf>,
    strictness: Option<Strictness>,
    keep_per_burst: Option<NonZeroU32>,
    #[serde(default, deserialize_with = "pause")]
    burst_gap: Option<u32>,
    #[serde(default)]
    no_bursts: bool,
    #[serde(default)]
    no_faces: bool,
    #[serde(default)]
    small_faces: bool,
    #[serde(default)]
    no_quality: bool,
    float: Option<PathBuf>,
    jobs: Option<NonZeroUsize>,
}

impl CullSettings {
    /// Decides every option.
    ///
    /// # Errors
    /// When the configuration file cannot be read or understood.
    pub fn from_args(args: CullArgs) -> Result<Self, ConfigError> {
        let file = read(args.config.as_deref())?.cull;
        // Either option of the command line takes the place of both in the file.
        let (quality, float) = if args.no_quality || args.float.is_some() {
            (!args.no_quality, args.float)
        } else {
            (!file.no_quality, file.float.filter(|_| !file.no_quality))
        };
        let keep = args.keep_per_burst.or(file.keep_per_burst);
        let gap = args.burst_gap.or(file.burst_gap);
        // To ask for something of bursts is to ask for bursts.
        let asked = args.keep_per_burst.is_some() || args.burst_gap.is_some();
        let alone = args.no_bursts || (file.no_bursts && !asked);
        let grouping = (!alone).then(|| grouping(keep, gap));
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            paths: args.paths,
            format: args.format.or(file.format).unwrap_or_default(),
            xmp: args.xmp.or(file.xmp).unwrap_or_default(),
            move_rejects: args.move_rejects.or(file.move_rejects),
            strictness: args.strictness.or(file.strictness).unwrap_or_default(),
            grouping,
            // An option of the command line takes the place of either in the file.
            faces: if args.no_faces || args.small_faces {
                search(args.no_faces, args.small_faces)
            } else {
                search(file.no_faces, file.small_faces)
            },
            quality,
            float,
            jobs: args.jobs.or(file.jobs).unwrap_or_else(cores),
            dry_run: args.dry_run,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn settings(text: &str, args: CullArgs) -> Result<CullSettings, ConfigError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("edgecull.toml");
        std::fs::write(&path, text).expect("write");
        CullSettings::from_args(CullArgs { config: Some(path), ..args })
    }

    #[test]
    fn the_command_line_wins_over_the_file_and_the_file_over_the_defaults() {
        let text = "[cull]\nformat = 'csv'\njobs = 3\nmove-rejects = 'out'\nfloat = 'mine.onnx'\n";
        let args = CullArgs { format: Some(Format::Ndjson), ..CullArgs::default() };
        let got = settings(text, args).expect("valid");
        assert_eq!(got.format, Format::Ndjson);
        assert_eq!(got.jobs.get(), 3);
        assert_eq!(got.move_rejects.as_deref(), Some(Path::new("out")));
        assert_eq!(got.float.as_deref(), Some(Path::new("mine.onnx")));
        assert_eq!(got.strictness, Strictness::Normal);
        assert_eq!(got.xmp, Xmp::Off);
    }

    #[test]
    fn faces_are_looked_for_unless_somebody_says_no() {
        let of = |text: &str, args| settings(text, args).expect("valid").faces;
        let plain = Some(FaceSearch::default());
        let small = Some(FaceSearch { small: true, ..FaceSearch::default() });
        assert_eq!(of("[cull]\n", CullArgs::default()), plain);
        assert_eq!(of("[cull]\nno-faces = true\n", CullArgs::default()), None);
        assert_eq!(of("[cull]\nsmall-faces = true\n", CullArgs::default()), small);
        let args = || CullArgs { small_faces: true, ..CullArgs::default() };
        assert_eq!(of("[cull]\nno-faces = true\n", args()), small);
        let args = CullArgs { no_faces: true, ..CullArgs::default() };
        assert_eq!(of("[cull]\nsmall-faces = true\n", args), None);
    }

    #[test]
    fn frames_are_grouped_unless_somebody_says_no() {
        let of = |text: &str, args| settings(text, args).expect("valid").grouping;
        let two = NonZeroU32::new(2);
        let asked = || CullArgs { keep_per_burst: two, ..CullArgs::default() };
        let grouping =
            |keep, gap_ms| Some(Grouping { keep: NonZeroU32::new(keep).expect("some"), gap_ms });
        assert_eq!(of("[cull]\n", CullArgs::default()), Some(Grouping::default()));
        assert_eq!(of("[cull]\nno-bursts = true\n", CullArgs::default()), None);
        let text = "[cull]\nkeep-per-burst = 3\nburst-gap = 1.5\n";
        assert_eq!(of(text, CullArgs::default()), grouping(3, 1500));
        assert_eq!(of(text, asked()), grouping(2, 1500));
        assert_eq!(of("[cull]\nburst-gap = 2\nno-bursts = true\n", asked()), grouping(2, 2000));
        let args = CullArgs { no_bursts: true, ..CullArgs::default() };
        assert_eq!(of(text, args), None);
        for broken in ["keep-per-burst = 0", "burst-gap = -1", "burst-gap = nan"] {
            let said = settings(&format!("[cull]\n{broken}\n"), CullArgs::default());
            assert!(said.expect_err(broken).to_string().contains("line 2"), "{broken}");
        }
    }

    #[test]
    fn quality_is_told_by_the_program_or_a_file_or_nobody() {
        let of = |text: &str, args| {
            let settings = settings(text, args).expect("valid");
            (settings.quality, settings.float)
        };
        let mine = || Some(PathBuf::from("mine.onnx"));
        assert_eq!(of("[cull]\n", CullArgs::default()), (true, None));
        assert_eq!(of("[cull]\nno-quality = true\n", CullArgs::default()), (false, None));
        assert_eq!(of("[cull]\nfloat = 'mine.onnx'\n", CullArgs::default()), (true, mine()));
        let args = || CullArgs { float: mine(), ..CullArgs::default() };
        assert_eq!(of("[cull]\nno-quality = true\n", args()), (true, mine()));
        let args = CullArgs { no_quality: true, ..CullArgs::default() };
        assert_eq!(of("[cull]\nfloat = 'mine.onnx'\n", args), (false, None));
    }

    #[test]
    fn unknown_keys_and_bad_values_name_their_line() {
        for (text, line, word) in [
            ("[cull]\njobs = 2\nspeed = 9\n", "line 3", "speed"),
            ("\n[rig]\n", "line 2", "rig"),
            ("[cull]\nxmp = 'bridge'\n", "line 2", "bridge"),
            ("[cull]\njobs = 0\n", "line 2", "0"),
            ("[cull\n", "line 1", ""),
        ] {
            let said = settings(text, CullArgs::default()).expect_err(text).to_string();
            assert!(said.contains(line) && said.contains(word), "{text:?}: {said}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let args = CullArgs { config: Some("/nowhere/e.toml".into()), ..CullArgs::default() };
        let said = CullSettings::from_args(args).expect_err("missing").to_string();
        assert!(said.contains("/nowhere/e.toml"), "{said}");
    }
}
