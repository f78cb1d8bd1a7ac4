//! The rig at work: its threads, its signals, its end.

use super::control::Control;
use super::deliver::{Courier, Options};
use super::desk::Desk;
use super::dispatch::{Dispatch, Orders, Progress, states};
use super::intake::Intake;
use super::judges::Judges;
use super::notify;
use super::room::Room;
use super::source::{Ended, supervise};
use super::spool::{Spool, SpoolError};
use super::stop::Stop;
use crate::args::SourceName;
use crate::config::{ConfigError, SourceSettings, TetherSettings};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Time between two looks at what time alone changes.
const TICK: Duration = Duration::from_millis(500);

/// Time between two looks at the disk and at files that do not go on.
const LOOK: Duration = Duration::from_secs(5);

/// How long threads may take to end; the system ends the rest with the process.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// Why a rig cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// The spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// Threads, signals or the socket.
    #[error("the rig cannot be set up: {0}")]
    Setup(#[from] io::Error),
}

/// What the main thread hears of.
enum Event {
    Signal(i32),
    /// A source is over for good.
    Over(SourceName),
}

/// Runs a rig until it is told to stop, or nothing more can come. `again` reads the
/// settings anew.
///
/// # Errors
/// When it cannot begin.
pub fn run(
    settings: TetherSettings,
    again: impl Fn() -> Result<TetherSettings, ConfigError>,
) -> Result<(), RigError> {
    let (events, heard) = channel();
    listen(events.clone())?;
    let (spool, story) = Spool::open(&settings.spool)?;
    for said in &story.said {
        tracing::warn!("{said}");
    }
    let mut rig = Rig::new(settings, spool, events)?;
    let threads = rig.threads(story.leftovers, story.again)?;
    rig.start_sources()?;
    notify::ready();
    tracing::info!("{}", rig.status());
    rig.work(&heard, again);
    notify::stopping();
    rig.end(threads);
    Ok(())
}

/// Has signals told as events; the second that asks for the end gets it at once.
fn listen(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        let mut asked = false;
        for signal in signals.forever() {
            if signal != SIGHUP && std::mem::replace(&mut asked, true) {
                std::process::exit(128 + signal);
            }
            // Without the main thread the process is over anyway.
            let _ = events.send(Event::Signal(signal));
        }
    })?;
    Ok(())
}

struct Rig {
    settings: TetherSettings,
    desk: Arc<Desk>,
    judges: Judges,
    room: Arc<Room>,
    intake: Intake,
    orders: Arc<Mutex<Arc<Orders>>>,
    progress: Arc<Mutex<Progress>>,
    stop: Stop,
    events: Sender<Event>,
    sources: Vec<Source>,
    /// Sources that are over are not begun again.
    over: Vec<SourceName>,
}

struct Source {
    name: SourceName,
    settings: SourceSettings,
    stop: Stop,
    thread: JoinHandle<()>,
}

impl Rig {
    fn new(settings: TetherSettings, spool: Spool, events: Sender<Event>) -> io::Result<Self> {
        let stop = Stop::new();
        let room = Arc::new(Room::new(&settings.spool, settings.min_free));
        let orders = Arc::new(orders(&settings, spool.rig()));
        let desk = Arc::new(Desk::new(spool, settings.rules));
        let judges = Judges::new(settings.jobs.get(), settings.judging)?;
        let intake =
            Intake::new(Arc::clone(&desk), judges.clone(), Arc::clone(&room), stop.clone());
        intake.set_max_bytes(settings.max_bytes);
        Ok(Self {
            settings,
            desk,
            judges,
            room,
            intake,
            orders: Arc::new(Mutex::new(orders)),
            progress: Arc::default(),
            stop,
            events,
            sources: Vec::new(),
            over: Vec::new(),
        })
    }

    /// Begins the threads that every rig has.
    fn threads(
        &self,
        leftovers: Vec<super::spool::Leftover>,
        again: Vec<super::spool::Row>,
    ) -> io::Result<Vec<JoinHandle<()>>> {
        let control = Control::open(&self.settings.spool)?;
        let named = |name: &str| thread::Builder::new().name(name.into());
        let (desk, stop) = (Arc::clone(&self.desk), self.stop.clone());
        let asked = named("control").spawn(move || control.serve(&desk, &stop))?;
        let (desk, stop) = (Arc::clone(&self.desk), self.stop.clone());
        let (orders, progress) = (Arc::clone(&self.orders), Arc::clone(&self.progress));
        let handing_on = named("hand-on")
            .spawn(move || Dispatch::new(&desk, &orders, &progress, &stop).run())?;
        let intake = self.intake.clone();
        let taking_up = named("take-up").spawn(move || intake.take_up(leftovers, again))?;
        Ok(vec![asked, handing_on, taking_up])
    }

    /// Begins the sources of the settings that are not at work.
    fn start_sources(&mut self) -> io::Result<()> {
        for (name, settings) in &self.settings.sources {
            let known = self.sources.iter().any(|source| source.name == *name);
            if known || self.over.contains(name) {
                continue;
            }
            let stop = Stop::new();
            let thread = {
                let (stop, intake) = (stop.clone(), self.intake.clone());
                let (name, settings) = (name.clone(), settings.clone());
                let events = self.events.clone();
                thread::Builder::new().name("source".into()).spawn(move || {
                    let ended = supervise::run(&name.to_string(), &settings, &intake, &stop);
                    if ended == Ended::Over {
                        let _ = events.send(Event::Over(name));
                    }
                })?
            };
            let (name, settings) = (name.clone(), settings.clone());
            self.sources.push(Source { name, settings, stop, thread });
        }
        Ok(())
    }

    /// Works until the end.
    fn work(
        &mut self,
        heard: &Receiver<Event>,
        again: impl Fn() -> Result<TetherSettings, ConfigError>,
    ) {
        let alive = notify::interval();
        let (mut looked, mut told) = (Instant::now(), Instant::now());
        loop {
            match heard.recv_timeout(TICK) {
                Ok(Event::Signal(SIGHUP)) => self.reload(&again),
                Ok(Event::Signal(_)) => return,
                Ok(Event::Over(name)) => {
                    tracing::info!("{name}: nothing more comes from it");
                    self.sources.retain(|source| source.name != name);
                    self.over.push(name);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.desk.tick();
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                let _ = self.room.there_is();
                self.intake.settle(self.settings.settle);
            }
            if alive.is_some_and(|every| told.elapsed() >= every.min(LOOK)) {
                told = Instant::now();
                notify::alive(&self.status());
            }
            if self.sources.is_empty() && self.is_drained() {
                return;
            }
        }
    }

    /// Whether nothing is left to be done, when no source is.
    fn is_drained(&self) -> bool {
        self.desk.finish();
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if orders.courier.is_none() {
            return true;
        }
        matches!(self.desk.first(states(orders.deliver), 0), Ok(None))
    }

    fn reload(&mut self, again: impl Fn() -> Result<TetherSettings, ConfigError>) {
        notify::reloading();
        match again() {
            Ok(new) => self.change(new),
            Err(error) => tracing::error!("all stays as it was: {error}"),
        }
        notify::ready();
    }

    fn change(&mut self, new: TetherSettings) {
        if new.spool != self.settings.spool {
            tracing::error!("another spool needs a new start; all stays as it was");
            return;
        }
        let old = std::mem::replace(&mut self.settings, new);
        let new = &self.settings;
        self.desk.set_rules(new.rules);
        self.judges.set_options(new.judging);
        self.room.set_least(new.min_free);
        self.intake.set_max_bytes(new.max_bytes);
        if (&old.destination, old.mounted, old.deliver)
            != (&new.destination, new.mounted, new.deliver)
        {
            let orders = Arc::new(orders(new, self.desk.spool().rig()));
            *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = orders;
            self.desk.ring();
        }
        let (stay, go): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.sources).into_iter().partition(|source| {
                let wanted = new.sources.iter().find(|(name, _)| *name == source.name);
                wanted.is_some_and(|(_, settings)| *settings == source.settings)
            });
        self.sources = stay;
        for source in &go {
            source.stop.raise();
        }
        for source in go {
            // A port or a folder is free for its successor only then.
            let _ = source.thread.join();
        }
        if let Err(error) = self.start_sources() {
            tracing::error!("a source cannot begin: {error}");
        }
        tracing::info!("settings read again: {}", self.status());
    }

    /// How it goes, in a line.
    fn status(&self) -> String {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let names: Vec<String> = self.sources.iter().map(|s| s.name.to_string()).collect();
        let to = self.settings.destination.as_ref();
        let to = to.map_or_else(|| "the spool".to_owned(), ToString::to_string);
        let mut status =
            format!("from {} to {to}, {} handed on", names.join(", "), progress.handed_on);
        if self.room.is_low() {
            status.push_str("; PAUSED: the disk is full");
        }
        if let Some(trouble) = progress.trouble {
            status.push_str("; ");
            status.push_str(&trouble);
        }
        status
    }

    /// Ends all threads, or leaves those to the system that take too long: whatever they
    /// do, the next start goes on from there.
    fn end(self, threads: Vec<JoinHandle<()>>) {
        self.stop.raise();
        for source in &self.sources {
            source.stop.raise();
        }
        self.desk.ring();
        Control::wake(&self.settings.spool);
        let until = Instant::now() + FAREWELL;
        let sources = self.sources.into_iter().map(|source| source.thread);
        for thread in sources.chain(threads) {
            while !thread.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

fn orders(settings: &TetherSettings, rig: u64) -> Orders {
    let options = Options { mounted: settings.mounted, ..Options::default() };
    let courier = settings.destination.clone().map(|to| Courier::new(to, rig, options));
    Orders { courier, deliver: settings.deliver }
}
