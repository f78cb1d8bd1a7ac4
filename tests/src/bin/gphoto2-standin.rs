//! Behaves as the command gphoto2 2.5.28 does towards a camera, without one.
//!
//! It is started by the name under which a test has linked it into a folder, and that
//! folder is its world:
//!
//! | there | is |
//! | --- | --- |
//! | `cameras` | a line `MODEL<TAB>PORT` for each camera that is connected |
//! | `shots/PORT/` | what a camera takes next: files, in the order of their names, `N-NAME` |
//! | `card/PORT/` | what is on its card |
//! | `claimed` | if it is there, another program has all cameras |
//! | `stalled` | while it is there, downloads stand still half way |
//! | `deaf` | while it is there, signals are not heard |
//! | `pause_us` | microseconds between two pieces of a download |
//! | `log` | a line for each start, download and end |
//!
//! In `PORT`, `:` and `,` are `-`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes of a piece of a download.
const PIECE: usize = 64 * 1024;

/// How often the camera is asked for news.
const EVENT: Duration = Duration::from_millis(5);

const TITLES: &str = "Model                          Port            \n\
    ----------------------------------------------------------\n";

/// libgphoto2's numbers and words for what goes wrong.
#[derive(Clone, Copy)]
enum Failure {
    General,
    UnknownModel,
    NoDevice,
    Claim,
    Cancelled,
}

impl Failure {
    fn words(self) -> (i32, &'static str) {
        match self {
            Self::General => (-1, "Unspecified error"),
            Self::UnknownModel => (-105, "Unknown model"),
            Self::NoDevice => (-52, "Could not find the requested device on the USB port"),
            Self::Claim => (-53, "Could not claim the USB device"),
            Self::Cancelled => (-112, "Cancelled"),
        }
    }
}

#[derive(Default)]
struct Options {
    port: Option<String>,
    filename: Option<OsString>,
    hook: Option<OsString>,
    keeps: bool,
    overwrites: bool,
    detects: bool,
    tethers: bool,
}

struct Camera {
    world: PathBuf,
    options: Options,
    port: String,
    /// What `%n` stands for next.
    number: u32,
    cancelled: Arc<AtomicBool>,
    out: BufWriter<io::Stdout>,
}

fn main() -> ExitCode {
    let mut args = env::args_os();
    let own = PathBuf::from(args.next().expect("a name"));
    let world = own.parent().expect("a folder").to_owned();
    let mut options = Options::default();
    while let Some(arg) = args.next() {
        match arg.to_str().expect("an option") {
            "--auto-detect" => options.detects = true,
            "--capture-tethered" => options.tethers = true,
            "--keep" => options.keeps = true,
            "--force-overwrite" => options.overwrites = true,
            "--port" => options.port = args.next().and_then(|port| port.into_string().ok()),
            "--filename" => options.filename = args.next(),
            "--hook-script" => options.hook = args.next(),
            other => {
                eprintln!("{other}: unknown option");
                return ExitCode::FAILURE;
            }
        }
    }
    let detects = options.detects;
    log(&world, format!("start {}", if detects { "detect" } else { "tether" }).as_bytes());
    if detects {
        print!("{TITLES}");
        for (model, port) in cameras(&world) {
            println!("{model:<30} {port:<16}");
        }
        return ExitCode::SUCCESS;
    }
    if let Some(hook) = &options.hook
        && !run_hook(hook, "init", None)
    {
        eprintln!("Hook script \"{}\" init failed. Aborting.", hook.to_string_lossy());
        return ExitCode::from(3);
    }
    let ended = if options.tethers { tether(&world, options) } else { Ok(()) };
    let code = match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let (number, words) = failure.words();
            eprintln!("*** Error ({number}: '{words}') ***       \n");
            println!("For debugging messages, please use the --debug option.");
            ExitCode::FAILURE
        }
    };
    log(&world, b"end");
    code
}

/// What is connected: models and ports.
fn cameras(world: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(world.join("cameras")).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once('\t'));
    pairs.map(|(model, port)| (model.to_owned(), port.to_owned())).collect()
}

fn log(world: &Path, text: &[u8]) {
    let file = OpenOptions::new().append(true).create(true).open(world.join("log"));
    let line = [format!("{} ", std::process::id()).as_bytes(), text, b"\n"].concat();
    file.and_then(|mut file| file.write_all(&line)).expect("a log");
}

fn error(text: &str) {
    eprintln!("\n*** Error ***              \n{text}");
}

fn tether(world: &Path, options: Options) -> Result<(), Failure> {
    let here = cameras(world);
    let port = match &options.port {
        Some(port) => here.iter().find(|(_, known)| known == port).map(|(_, port)| port.clone()),
        None => here.first().map(|(_, port)| port.clone()),
    };
    let Some(port) = port else {
        error("Could not detect any camera");
        return Err(Failure::UnknownModel);
    };
    if world.join("claimed").exists() {
        error(
            "An error occurred in the io-library ('Could not claim the USB device'): Could \
             not claim interface 0 (Device or resource busy). Make sure no other program \
             (gvfs-gphoto2-volume-monitor) or kernel module (such as sdc2xx, stv680, spca50x) \
             is using the device and you have read/write access to the device.",
        );
        return Err(Failure::Claim);
    }
    let cancelled = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&cancelled)).expect("a handler");
    }
    let out = BufWriter::new(io::stdout());
    let mut camera = Camera { world: world.to_owned(), options, port, number: 1, cancelled, out };
    camera.hook("start", None);
    let ended = camera.wait_for_events();
    camera.hook("stop", None);
    // As stdio does at the end; nobody may be listening.
    let _ = camera.out.flush();
    ended
}

impl Camera {
    fn wait_for_events(&mut self) -> Result<(), Failure> {
        self.say("Waiting for events from camera. Press Ctrl-C to abort.");
        loop {
            if self.is_cancelled() {
                return Ok(());
            }
            self.check_connection()?;
            let mut shots: Vec<PathBuf> = fs::read_dir(self.place("shots"))
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            shots.sort_by_key(|path| {
                let name = path.file_name().expect("a name").as_bytes();
                let digits = name.split(|byte| *byte == b'-').next().expect("one");
                (digits.len(), digits.to_owned())
            });
            for shot in shots {
                if self.is_cancelled() {
                    return Ok(());
                }
                self.shoot(&shot)?;
            }
            thread::sleep(EVENT);
        }
    }

    fn place(&self, what: &str) -> PathBuf {
        self.world.join(what).join(self.port.replace([':', ','], "-"))
    }

    fn say(&mut self, text: &str) {
        // A pipe that nobody reads ends gphoto2 by SIGPIPE, which Rust turns into an error.
        if writeln!(self.out, "{text}").is_err() {
            std::process::exit(141);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) && !self.world.join("deaf").exists()
    }

    fn check_connection(&self) -> Result<(), Failure> {
        if cameras(&self.world).iter().any(|(_, port)| *port == self.port) {
            return Ok(());
        }
        error(
            "An error occurred in the io-library ('Could not find the requested device on the \
             USB port'): No such device",
        );
        Err(Failure::NoDevice)
    }

    /// The camera takes a frame: it is on the card from then on.
    fn shoot(&mut self, shot: &Path) -> Result<(), Failure> {
        let name = shot.file_name().expect("a name").as_bytes();
        let at = name.iter().position(|byte| *byte == b'-').expect("N-NAME");
        let name = OsStr::from_bytes(&name[at + 1..]).to_owned();
        let card = self.place("card");
        fs::create_dir_all(&card).expect("a card");
        let on_card = card.join(&name);
        fs::rename(shot, &on_card).expect("a frame");
        let location = format!("/store_00010001/{}", name.to_string_lossy());
        self.say(&format!(
            "UNKNOWN PTP Property d1a5 changed\nNew file is in location {location} on the camera"
        ));
        self.download(&on_card, &name).inspect_err(|_| eprintln!("ERROR: Could not get image."))?;
        if self.options.keeps {
            self.say(&format!("Keeping file {location} on the camera"));
        } else {
            self.say(&format!("Deleting file {location} on the camera"));
            fs::remove_file(on_card).expect("deleted");
        }
        Ok(())
    }

    fn download(&mut self, from: &Path, name: &OsStr) -> Result<(), Failure> {
        let (piece, mut file) = make_temp();
        let got = self.transfer(from, &mut file);
        let path = match got.and_then(|()| self.path_for(name)) {
            Ok(path) => path,
            Err(failure) => {
                fs::remove_file(&piece).expect("removed");
                return Err(failure);
            }
        };
        if !self.options.overwrites && path.is_file() {
            print!("\x07File {} exists. Overwrite? [y|n] ", path.display());
            let mut answer = String::new();
            let asked = io::stdin().lock().read_line(&mut answer);
            if asked.is_err() || answer.is_empty() {
                fs::remove_file(&piece).expect("removed");
                return Err(Failure::General);
            }
            if !answer.starts_with(['y', 'Y']) {
                fs::remove_file(&piece).expect("removed");
                return Ok(());
            }
        }
        self.say(&format!("Saving file as {}", path.display()));
        self.out.flush().expect("written");
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).expect("folders");
        }
        let _ = fs::remove_file(&path);
        match fs::rename(&piece, &path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                copy(&piece, &path);
                fs::remove_file(&piece).expect("removed");
            }
            Err(error) => eprintln!("rename: {error}"),
        }
        // Whoever was quicker has the file elsewhere by now, and that is no error.
        let _ = fs::set_permissions(&path, PermissionsExt::from_mode(0o644));
        if let (Ok(modified), Ok(target)) =
            (from.metadata().and_then(|meta| meta.modified()), File::open(&path))
        {
            let _ = target.set_modified(modified);
        }
        let mut entry = b"saved ".to_vec();
        entry.extend_from_slice(path.as_os_str().as_bytes());
        log(&self.world, &entry);
        self.hook("download", Some(path.as_os_str()));
        // Only now is the file closed.
        drop(file);
        Ok(())
    }

    fn transfer(&self, from: &Path, to: &mut File) -> Result<(), Failure> {
        let bytes = fs::read(from).expect("on the card");
        let pause = fs::read_to_string(self.world.join("pause_us")).unwrap_or_default();
        let pause = Duration::from_micros(pause.trim().parse().unwrap_or(200));
        for (at, piece) in bytes.chunks(PIECE).enumerate() {
            while at == bytes.len() / PIECE / 2 && self.world.join("stalled").exists() {
                self.go_on()?;
                thread::sleep(EVENT);
            }
            self.go_on()?;
            to.write_all(piece).map_err(|error| {
                eprintln!("write: {error}");
                Failure::General
            })?;
            thread::sleep(pause);
        }
        Ok(())
    }

    fn go_on(&self) -> Result<(), Failure> {
        if self.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        self.check_connection()
    }

    /// The local name of a file.
    fn path_for(&mut self, name: &OsStr) -> Result<PathBuf, Failure> {
        let Some(pattern) = &self.options.filename else { return Ok(name.into()) };
        let bytes = name.as_bytes();
        let dot = bytes.iter().rposition(|byte| *byte == b'.');
        let mut path = Vec::new();
        let mut pattern = pattern.as_bytes().iter();
        while let Some(byte) = pattern.next() {
            if *byte != b'%' {
                path.push(*byte);
                continue;
            }
            match pattern.next() {
                Some(b'n') => {
                    path.extend_from_slice(self.number.to_string().as_bytes());
                    self.number += 1;
                }
                Some(b'f') => path.extend_from_slice(&bytes[..dot.unwrap_or(bytes.len())]),
                Some(b'C') => match dot {
                    Some(dot) => path.extend_from_slice(&bytes[dot + 1..]),
                    None => {
                        let name = name.to_string_lossy();
                        error(&format!(
                            "The filename provided by the camera ('{name}') does not contain a suffix!"
                        ));
                        return Err(Failure::General);
                    }
                },
                Some(b'%') => path.push(b'%'),
                _ => {
                    error("Invalid format");
                    return Err(Failure::General);
                }
            }
        }
        Ok(OsString::from_vec(path).into())
    }

    fn hook(&self, action: &str, argument: Option<&OsStr>) {
        if let Some(hook) = &self.options.hook {
            // Only `init` may fail.
            run_hook(hook, action, argument);
        }
    }
}

fn run_hook(hook: &OsStr, action: &str, argument: Option<&OsStr>) -> bool {
    let mut command = Command::new(hook);
    command.env("ACTION", action);
    if let Some(argument) = argument {
        command.env("ARGUMENT", argument);
    }
    command.status().is_ok_and(|status| {
        if !status.success() {
            eprintln!("Hook script returned error code {status}");
        }
        status.success()
    })
}

/// Makes `tmpfileXXXXXX` in the current folder, for its owner alone.
fn make_temp() -> (PathBuf, File) {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    loop {
        let mut chance = RandomState::new().hash_one(0);
        let letters = (0..6).map(|_| {
            let at = usize::try_from(chance % LETTERS.len() as u64).expect("small");
            chance /= LETTERS.len() as u64;
            char::from(LETTERS[at])
        });
        let path = PathBuf::from(format!("tmpfile{}", letters.collect::<String>()));
        let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match options {
            Ok(file) => return (path, file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => panic!("mkstemp: {error}"),
        }
    }
}

/// Copies under the final name, 8 KiB at a time.
fn copy(from: &Path, to: &Path) {
    let mut from = File::open(from).expect("there");
    let mut to = File::create(to).expect("made");
    let mut piece = [0; 8192];
    loop {
        let count = from.read(&mut piece).expect("read");
        if count == 0 {
            return;
        }
        to.write_all(&piece[..count]).expect("written");
    }
}
