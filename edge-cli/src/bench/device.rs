//! What a Linux machine says it is, from below a root folder that tests choose.
//!
//! Boards name themselves in the device tree; ARM cores have numbers, which are decoded for
//! those that boards have. A host's name is not looked at.

use super::result::{Device, Program};
use edgecull_core::kernels::Isa;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

/// ARM's cores by the part number in MIDR_EL1 (their technical reference manuals).
const ARM_PARTS: &[(u32, &str)] = &[
    (0xc07, "Cortex-A7"),
    (0xc08, "Cortex-A8"),
    (0xc09, "Cortex-A9"),
    (0xc0f, "Cortex-A15"),
    (0xd03, "Cortex-A53"),
    (0xd04, "Cortex-A35"),
    (0xd05, "Cortex-A55"),
    (0xd07, "Cortex-A57"),
    (0xd08, "Cortex-A72"),
    (0xd09, "Cortex-A73"),
    (0xd0a, "Cortex-A75"),
    (0xd0b, "Cortex-A76"),
    (0xd0c, "Neoverse N1"),
    (0xd0d, "Cortex-A77"),
    (0xd40, "Neoverse V1"),
    (0xd41, "Cortex-A78"),
    (0xd42, "Cortex-A78AE"),
    (0xd44, "Cortex-X1"),
    (0xd46, "Cortex-A510"),
    (0xd47, "Cortex-A710"),
    (0xd49, "Neoverse N2"),
    (0xd4b, "Cortex-A78C"),
    (0xd4f, "Neoverse V2"),
];

/// A machine's files about itself.
#[derive(Clone, Debug)]
pub struct System {
    root: PathBuf,
}

impl System {
    /// This machine.
    #[must_use]
    pub fn here() -> Self {
        Self::at(Path::new("/"))
    }

    /// One whose `proc` and `sys` lie in a folder.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// What stands in a file, without blanks and NUL bytes around it; `None` for nothing.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let bytes = fs::read(self.root.join(path)).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Names in a folder that are `start` and a number, in the order of these.
    pub(super) fn names(&self, folder: &str, start: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let number = |name: &str| name.strip_prefix(start)?.parse::<u32>().ok();
        let mut names: Vec<(u32, String)> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|name| Some((number(&name)?, name)))
            .collect();
        names.sort();
        names.into_iter().map(|(_, name)| name).collect()
    }

    /// What the machine is.
    #[must_use]
    pub fn device(&self) -> Device {
        let cpuinfo = self.text("proc/cpuinfo").unwrap_or_default();
        let model = self
            .text("proc/device-tree/model")
            .or_else(|| self.text("sys/firmware/devicetree/base/model"));
        Device {
            model,
            processor: processor(&cpuinfo),
            cores: available_parallelism().map_or(1, usize::from),
            // Only x86 has a flag for it.
            virtual_machine: field(&cpuinfo, "flags")
                .next()
                .map(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor")),
            instructions: instructions(&cpuinfo),
            kernels: Isa::detect().name().into(),
            memory_kib: self.kib("proc/meminfo", "MemTotal"),
            system: self.text("proc/sys/kernel/osrelease").map(|release| {
                // What follows is whoever built it.
                let end = release.find(|c: char| !c.is_ascii_digit() && c != '.');
                format!("Linux {}", release.get(..end.unwrap_or(release.len())).unwrap_or_default())
            }),
        }
    }

    /// A number of KiB by its name.
    pub(super) fn kib(&self, path: &str, name: &str) -> Option<u64> {
        let text = self.text(path)?;
        let value = field(&text, name).next()?;
        value.split_whitespace().next()?.parse().ok()
    }

    /// The kind of filesystem that a folder lies on: that of the longest mount point above it
    /// (proc(5), `mounts`).
    #[must_use]
    pub fn filesystem(&self, folder: &Path) -> Option<String> {
        let mounts = self.text("proc/self/mounts")?;
        let above = mounts.lines().filter_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            // A blank in a name is written as its octal number.
            let (point, kind) = (fields.next()?.replace("\\040", " "), fields.next()?);
            folder.starts_with(&point).then_some((point.len(), kind))
        });
        // Of several on one point the last is on top.
        above.max_by_key(|(length, _)| *length).map(|(_, kind)| kind.to_owned())
    }
}

/// The values of all lines `name : value`.
fn field<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    text.lines().filter_map(move |line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

/// The kinds of cores and how many of each: `4 x Cortex-A76`.
fn processor(cpuinfo: &str) -> Option<String> {
    let names: Vec<String> = if field(cpuinfo, "CPU part").next().is_some() {
        let makers = field(cpuinfo, "CPU implementer");
        makers.zip(field(cpuinfo, "CPU part")).map(|(maker, part)| arm_core(maker, part)).collect()
    } else {
        field(cpuinfo, "model name").map(str::to_owned).collect()
    };
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for name in &names {
        *kinds.entry(name).or_default() += 1;
    }
    let kinds: Vec<String> =
        kinds.into_iter().map(|(name, count)| format!("{count} x {name}")).collect();
    (!kinds.is_empty()).then(|| kinds.join(", "))
}

/// An ARM core by its numbers in hexadecimal; maker 0x41 is ARM itself.
fn arm_core(maker: &str, part: &str) -> String {
    let number = |text: &str| u32::from_str_radix(text.trim_start_matches("0x"), 16).ok();
    let known = ARM_PARTS.iter().find(|(known, _)| number(part) == Some(*known));
    match known.filter(|_| number(maker) == Some(0x41)) {
        Some((_, name)) => (*name).into(),
        None => format!("ARM core {maker}/{part}"),
    }
}

/// Instruction sets that the scan or the networks could use, and that this processor has.
#[cfg(target_arch = "x86_64")]
fn instructions(_: &str) -> Vec<String> {
    use std::is_x86_feature_detected as has;
    let sets = [
        ("sse4.1", has!("sse4.1")),
        ("avx2", has!("avx2")),
        ("bmi2", has!("bmi2")),
        ("avx512bw", has!("avx512bw")),
        ("avx512vnni", has!("avx512vnni")),
    ];
    sets.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.into()).collect()
}

/// Instruction sets that the scan or the networks could use, and that this processor has.
#[cfg(target_arch = "aarch64")]
fn instructions(_: &str) -> Vec<String> {
    use std::arch::is_aarch64_feature_detected as has;
    let sets = [
        ("neon", has!("neon")),
        ("fp16", has!("fp16")),
        ("dotprod", has!("dotprod")),
        ("i8mm", has!("i8mm")),
        ("sve", has!("sve")),
    ];
    sets.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.into()).collect()
}

/// Instruction sets that matter here, as the system lists them.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn instructions(cpuinfo: &str) -> Vec<String> {
    let listed = field(cpuinfo, "Features").next().unwrap_or_default();
    let matter = |name: &&str| ["neon", "vfpv4", "asimd", "asimddp", "i8mm"].contains(name);
    listed.split_whitespace().filter(matter).map(str::to_owned).collect()
}

impl Program {
    /// The one that runs.
    #[must_use]
    pub fn here() -> Self {
        use std::env::consts::{ARCH, OS};
        let libraries = [("gnu", cfg!(target_env = "gnu")), ("musl", cfg!(target_env = "musl"))];
        let library = libraries.into_iter().filter(|(_, is)| *is).map(|(name, _)| name);
        let parts: Vec<&str> = [ARCH, OS].into_iter().chain(library).collect();
        let features = [("ftp", cfg!(feature = "ftp")), ("onnx", cfg!(feature = "onnx"))];
        let built_in = features.into_iter().filter(|(_, has)| *has);
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            target: parts.join("-"),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" }.into(),
            features: built_in.map(|(name, _)| name.into()).collect(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A folder that looks like a machine's root.
    pub(in crate::bench) fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        root
    }

    /// A Raspberry Pi 4 that is too hot, with a weak power supply.
    pub(in crate::bench) fn raspberry_pi_4() -> tempfile::TempDir {
        let core = "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd evtstrm crc32 cpuid\n\
            CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\n\n";
        let cpuinfo = core.repeat(4) + "Model\t\t: Raspberry Pi 4 Model B Rev 1.4\n";
        machine(&[
            ("proc/cpuinfo", &cpuinfo),
            ("proc/meminfo", "MemTotal:        3885396 kB\nMemFree:          100000 kB\n"),
            ("proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0"),
            ("proc/loadavg", "3.25 1.10 0.50 2/150 1234\n"),
            ("proc/sys/kernel/osrelease", "6.6.31+rpt-rpi-v8\n"),
            (
                "proc/self/mounts",
                "/dev/mmcblk0p2 / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n\
                 /dev/sda1 /media/a\\040card exfat rw 0 0\n",
            ),
            ("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("sys/class/thermal/thermal_zone0/temp", "82300\n"),
            ("sys/devices/platform/soc/soc:firmware/get_throttled", "d0006\n"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "600000\n"),
            ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n"),
            ("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "1800000\n"),
            ("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "1500000\n"),
        ])
    }

    #[test]
    fn a_raspberry_pi_says_what_it_is() {
        let pi = raspberry_pi_4();
        let device = System::at(pi.path()).device();
        assert_eq!(device.model.as_deref(), Some("Raspberry Pi 4 Model B Rev 1.4"));
        assert_eq!(device.processor.as_deref(), Some("4 x Cortex-A72"));
        assert_eq!(device.memory_kib, Some(3_885_396));
        assert_eq!(device.system.as_deref(), Some("Linux 6.6.31"));
        assert_eq!(device.virtual_machine, None);
        assert_eq!(device.kernels, Isa::detect().name());
    }

    #[test]
    fn a_desk_has_no_board_and_may_be_virtual() {
        let core =
            "model name\t: Some Processor @ 2.60GHz\nflags\t\t: fpu sse2 hypervisor avx2\n\n";
        let desk = machine(&[("proc/cpuinfo", &core.repeat(2))]);
        let device = System::at(desk.path()).device();
        assert_eq!((device.model, device.memory_kib, device.system), (None, None, None));
        assert_eq!(device.processor.as_deref(), Some("2 x Some Processor @ 2.60GHz"));
        assert_eq!(device.virtual_machine, Some(true));
        let nothing = machine(&[]);
        let device = System::at(nothing.path()).device();
        assert_eq!((device.processor, device.virtual_machine), (None, None));
    }

    #[test]
    fn cores_are_named_where_they_are_known() {
        let parts = [("0x41", "0xd03"), ("0x41", "0xd0b"), ("0x41", "0xd42"), ("0x51", "0xd03")];
        let text: String = parts
            .map(|(maker, part)| format!("CPU implementer : {maker}\nCPU part : {part}\n"))
            .concat();
        let named = processor(&text).expect("cores");
        assert_eq!(
            named,
            "1 x ARM core 0x51/0xd03, 1 x Cortex-A53, 1 x Cortex-A76, 1 x Cortex-A78AE"
        );
    }

    #[test]
    fn a_folder_lies_on_the_nearest_mount() {
        let pi = raspberry_pi_4();
        let system = System::at(pi.path());
        for (folder, kind) in [
            ("/home/pi", "ext4"),
            ("/run/user", "tmpfs"),
            ("/runner", "ext4"),
            ("/media/a card/DCIM", "exfat"),
        ] {
            assert_eq!(system.filesystem(Path::new(folder)).as_deref(), Some(kind), "{folder}");
        }
    }

    #[test]
    fn the_program_names_itself_without_its_host() {
        let program = Program::here();
        assert_eq!(program.version, env!("CARGO_PKG_VERSION"));
        assert!(program.target.starts_with(std::env::consts::ARCH), "{}", program.target);
        assert_eq!(program.features.contains(&"ftp".to_owned()), cfg!(feature = "ftp"));
    }
}
