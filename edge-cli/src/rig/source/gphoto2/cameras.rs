//! All cameras: they are looked for, held, lost and found again.

use super::Gphoto2Error;
use super::detect::{Camera, Search};
use super::leftover;
use super::process;
use super::says::Trouble;
use super::session::Session;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// Time until a camera that was lost is tried again: at first, and at most.
const AGAIN: Duration = Duration::from_secs(1);
const AGAIN_AT_MOST: Duration = Duration::from_secs(30);

/// Time between two searches while there is no camera, at most: where the bus tells of
/// devices, and where only a search does; and while there is a camera.
const SEARCH_AT_MOST: Duration = Duration::from_secs(60);
const SEARCH_BLINDLY: Duration = Duration::from_secs(10);
const SEARCH_FOR_MORE: Duration = Duration::from_secs(30);

/// Time between two looks at the bus, and from a change there to a search: a camera
/// that was just switched on needs a moment.
const BUS: Duration = Duration::from_secs(1);

/// Where devices appear under Linux.
const DEVICES: &str = "/dev/bus/usb";

/// What is remembered of a port.
struct Port {
    /// What people were told last.
    told: Option<Trouble>,
    fails: u32,
    /// Not to be tried before.
    again: Instant,
}

/// What people were told last of all cameras.
#[derive(PartialEq, Eq)]
enum Told {
    Nothing,
    NoCamera,
    Trouble(Trouble),
}

/// All cameras.
pub(super) struct Cameras {
    program: PathBuf,
    work: PathBuf,
    /// The one port to be used, if that was asked for.
    only: Option<Camera>,
    sessions: Vec<Session>,
    search: Option<Search>,
    next_search: Instant,
    searches: u32,
    bus: Vec<PathBuf>,
    next_bus: Instant,
    ports: HashMap<String, Port>,
    told: Told,
    /// Folders of sessions that are over.
    folders: Vec<PathBuf>,
}

impl Cameras {
    pub(super) fn new(
        program: PathBuf,
        work: PathBuf,
        port: Option<&str>,
        folders: Vec<PathBuf>,
    ) -> Self {
        let now = Instant::now();
        let only = port.map(|port| Camera { model: "camera".into(), port: port.to_owned() });
        Self {
            program,
            work,
            only,
            sessions: Vec::new(),
            search: None,
            next_search: now,
            searches: 0,
            bus: devices(),
            next_bus: now + BUS,
            ports: HashMap::new(),
            told: Told::Nothing,
            folders,
        }
    }

    /// Does what there is to do.
    pub(super) fn turn(&mut self, has_room: bool, now: Instant) -> Result<(), Gphoto2Error> {
        self.look_after(has_room, now)?;
        match self.only.clone() {
            Some(camera) if self.is_due(&camera, now) => self.hold(camera, now),
            Some(_) => Ok(()),
            None => self.look_for_more(now),
        }
    }

    /// Ends all processes, within a second.
    pub(super) fn stop(&mut self) {
        let mut processes: Vec<_> =
            self.sessions.iter_mut().map(|session| &mut session.process).collect();
        process::stop(&mut processes);
        self.search = None;
        for session in std::mem::take(&mut self.sessions) {
            self.leave(session.folder);
        }
        self.tidy();
    }

    /// Removes the folders of sessions that are over, if everything in them was taken.
    pub(super) fn tidy(&mut self) {
        self.folders.retain(|folder| match fs::remove_dir(folder) {
            Ok(()) => false,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        });
    }

    fn look_after(&mut self, has_room: bool, now: Instant) -> Result<(), Gphoto2Error> {
        for at in (0..self.sessions.len()).rev() {
            let Some(session) = self.sessions.get_mut(at) else { continue };
            session.hear();
            match session.process.ended() {
                Err(source) => return Err(self.failed(source)),
                Ok(Some(status)) => {
                    let session = self.sessions.swap_remove(at);
                    self.lose(session, &status.to_string(), now);
                }
                Ok(None) => {
                    session.hold_back(has_room);
                    if session.works(now) {
                        self.works(at);
                    }
                }
            }
        }
        Ok(())
    }

    fn works(&mut self, at: usize) {
        let Some(Session { camera, .. }) = self.sessions.get(at) else { return };
        let Some(port) = self.ports.get_mut(&camera.port) else { return };
        port.fails = 0;
        if port.told.take().is_some() {
            info!("{} ({}): works again", camera.model, camera.port);
        }
    }

    fn lose(&mut self, mut session: Session, status: &str, now: Instant) {
        session.hear_out();
        let worked = session.works(now);
        let trouble = session.trouble.take();
        let trouble = trouble.unwrap_or_else(|| Trouble::Ended(status.to_owned()));
        let Camera { model, port } = &session.camera;
        let known = self.port(port, now);
        let wait = AGAIN * 2u32.saturating_pow(known.fails.min(8));
        known.fails = if worked { 0 } else { known.fails.saturating_add(1) };
        known.again = now + if worked { AGAIN } else { wait.min(AGAIN_AT_MOST) };
        if known.told.as_ref() != Some(&trouble) {
            warn!("{model} ({port}): {trouble}. It is looked for again");
            known.told = Some(trouble);
        }
        self.leave(session.folder);
        self.next_search = self.next_search.min(now + AGAIN);
        self.searches = 0;
    }

    /// Nobody writes to this folder any more.
    fn leave(&mut self, folder: PathBuf) {
        if let Err(error) = leftover::sweep(&folder) {
            warn!(?folder, "cannot be swept: {error}");
        }
        self.folders.push(folder);
    }

    fn look_for_more(&mut self, now: Instant) -> Result<(), Gphoto2Error> {
        if now >= self.next_bus {
            self.next_bus = now + BUS;
            let bus = devices();
            if bus != self.bus {
                self.bus = bus;
                self.searches = 0;
                self.next_search = self.next_search.min(now + BUS);
            }
        }
        if self.search.is_none() && now >= self.next_search {
            let search = Search::begin(&self.program, &self.work, now);
            self.search = Some(search.map_err(|source| self.failed(source))?);
        }
        let Some(search) = &mut self.search else { return Ok(()) };
        let found = search.end(now);
        let Some(found) = found.map_err(|source| self.failed(source))? else { return Ok(()) };
        self.search = None;
        let wait = AGAIN * 2u32.saturating_pow(self.searches.min(8));
        self.searches = self.searches.saturating_add(1);
        let most = if self.bus.is_empty() { SEARCH_BLINDLY } else { SEARCH_AT_MOST };
        self.next_search = now + wait.min(most);
        let cameras = match found {
            Ok(cameras) => cameras,
            Err(trouble) => {
                self.tell(Told::Trouble(trouble));
                return Ok(());
            }
        };
        let sessions = &self.sessions;
        let is_held = |port: &str| sessions.iter().any(|session| session.camera.port == port);
        self.ports
            .retain(|port, _| is_held(port) || cameras.iter().any(|camera| camera.port == *port));
        if cameras.is_empty() && self.sessions.is_empty() {
            self.tell(Told::NoCamera);
        } else {
            self.told = Told::Nothing;
        }
        for camera in cameras {
            if self.is_due(&camera, now) {
                self.hold(camera, now)?;
            } else if let Some(port) = self.ports.get(&camera.port)
                && port.again > now
            {
                self.next_search = self.next_search.min(port.again);
            }
        }
        if !self.sessions.is_empty() {
            let soon = self.ports.values().map(|port| port.again).filter(|again| *again > now);
            self.next_search = soon.min().unwrap_or(now + SEARCH_FOR_MORE);
        }
        Ok(())
    }

    fn tell(&mut self, told: Told) {
        if self.told == told {
            return;
        }
        match &told {
            Told::Nothing => {}
            Told::NoCamera => {
                warn!("no camera was found: connect one by USB, and switch it on");
            }
            Told::Trouble(trouble) => warn!("looking for cameras: {trouble}"),
        }
        self.told = told;
    }

    fn is_due(&self, camera: &Camera, now: Instant) -> bool {
        let is_held = self.sessions.iter().any(|session| session.camera.port == camera.port);
        !is_held && self.ports.get(&camera.port).is_none_or(|port| now >= port.again)
    }

    fn hold(&mut self, camera: Camera, now: Instant) -> Result<(), Gphoto2Error> {
        let port = self.port(&camera.port, now);
        if port.told.is_none() {
            info!("{} ({}): camera found", camera.model, camera.port);
        }
        let session = Session::begin(&self.program, &self.work, camera, now);
        self.sessions.push(session.map_err(|source| self.failed(source))?);
        Ok(())
    }

    fn port(&mut self, port: &str, now: Instant) -> &mut Port {
        let new = || Port { told: None, fails: 0, again: now };
        self.ports.entry(port.to_owned()).or_insert_with(new)
    }

    fn failed(&self, source: io::Error) -> Gphoto2Error {
        let program = self.program.clone();
        if source.kind() == io::ErrorKind::NotFound && self.work.is_dir() {
            Gphoto2Error::Missing { program }
        } else {
            Gphoto2Error::Process { program, source }
        }
    }
}

/// All devices that are there: when they change, a camera may have come.
fn devices() -> Vec<PathBuf> {
    let list = |folder: &Path| folder.read_dir().into_iter().flatten().flatten();
    let mut devices: Vec<PathBuf> = list(Path::new(DEVICES))
        .flat_map(|bus| list(&bus.path()).map(|device| device.path()).collect::<Vec<_>>())
        .collect();
    devices.sort();
    devices
}
