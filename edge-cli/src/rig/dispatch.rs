//! From the spool to the host.
//!
//! One thread hands frames on, in the order of their numbers. A host that is away makes a
//! backlog, not a stop; a frame that cannot be handed on does not hold up those behind it.

use super::backoff::Backoff;
use super::deliver::{Courier, DeliverError, Parcel, Plan};
use super::desk::Desk;
use super::spool::{Row, SpoolError, State};
use super::stop::Stop;
use crate::args::Deliver;
use edgecull_core::verdict::Decision;
use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest sleep when there is nothing to hand on.
const REST: Duration = Duration::from_secs(60);

/// What the one who hands on is told; it may change while it works.
#[derive(Debug)]
pub struct Orders {
    /// Brings frames to the host; `None` leaves them where they are.
    pub courier: Option<Courier>,
    /// Which frames go.
    pub deliver: Deliver,
}

/// How it goes with the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Frames handed on since the start.
    pub handed_on: u64,
    /// Why the host takes none now.
    pub trouble: Option<String>,
}

/// The states of frames that go to the host.
pub(super) fn states(deliver: Deliver) -> &'static [State] {
    match deliver {
        Deliver::Keep => &[State::Kept, State::Unjudged],
        Deliver::KeepReview => &[State::Kept, State::Unjudged, State::Review],
        Deliver::All => &[State::Kept, State::Unjudged, State::Review, State::Rejected],
    }
}

/// Hands frames on until it is stopped.
#[derive(Debug)]
pub struct Dispatch<'a> {
    desk: &'a Desk,
    orders: &'a Mutex<std::sync::Arc<Orders>>,
    progress: &'a Mutex<Progress>,
    stop: &'a Stop,
    backoff: Backoff,
    /// Frames that failed for reasons of their own, and when they are tried again.
    failed: HashMap<u64, (Backoff, Instant)>,
}

/// What became of one try.
enum Tried {
    Done,
    /// Not this frame now.
    Later(Duration),
    /// No frame now.
    Away(String),
    Stopped,
}

impl<'a> Dispatch<'a> {
    /// Over a desk.
    #[must_use]
    pub fn new(
        desk: &'a Desk,
        orders: &'a Mutex<std::sync::Arc<Orders>>,
        progress: &'a Mutex<Progress>,
        stop: &'a Stop,
    ) -> Self {
        let (backoff, failed) = (Backoff::new(), HashMap::new());
        Self { desk, orders, progress, stop, backoff, failed }
    }

    /// Works until it is stopped.
    pub fn run(mut self) {
        while !self.stop.raised() {
            let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let next = match &orders.courier {
                Some(_) => self.next(orders.deliver),
                None => Ok(None),
            };
            match (next, &orders.courier) {
                (Ok(Some(row)), Some(courier)) => {
                    let id = row.id;
                    match self.hand_on(courier, row) {
                        Ok(Tried::Done) => self.done(id),
                        Ok(Tried::Later(after)) => self.later(id, after),
                        Ok(Tried::Away(why)) => self.away(&why),
                        Ok(Tried::Stopped) => return,
                        Err(error) => self.away(&error.to_string()),
                    }
                }
                (Ok(_), _) => self.desk.wait(self.rest(), self.stop),
                (Err(error), _) => self.away(&error.to_string()),
            }
        }
    }

    /// The first frame that is to go and is not put off.
    fn next(&self, deliver: Deliver) -> Result<Option<Row>, SpoolError> {
        let states = states(deliver);
        let now = Instant::now();
        let mut from = 0;
        loop {
            let row = self.desk.first(states, from)?;
            match row {
                Some(row) if self.failed.get(&row.id).is_some_and(|(_, at)| *at > now) => {
                    from = row.id + 1;
                }
                row => return Ok(row),
            }
        }
    }

    /// Until when nothing can be done, unless something new comes.
    fn rest(&self) -> Duration {
        let next = self.failed.values().map(|(_, at)| *at).min();
        let left = next.map(|at| at.saturating_duration_since(Instant::now()));
        left.unwrap_or(REST).min(REST)
    }

    fn hand_on(&self, courier: &Courier, mut row: Row) -> Result<Tried, SpoolError> {
        let spool = self.desk.spool();
        let folder = spool.folder(row.state, row.id);
        let files = spool.files(&row)?;
        let decision: Decision = row.verdict.into();
        let (id, record) = (row.id, row.record.clone());
        let parcel =
            Parcel { id, folder: &folder, files: &files, record: &record, verdict: decision };
        let known = row.plan.clone().and_then(|plan| serde_json::from_value::<Plan>(plan).ok());
        let known = known.filter(|plan| plan.is_for(&files));
        let plan = match known {
            Some(plan) => plan,
            None => {
                let plan = match self.after(&row, &files)? {
                    Some(plan) => plan,
                    None => match courier.plan(&parcel, self.stop) {
                        Ok(plan) => plan,
                        Err(error) => return Ok(self.said(&row, error)),
                    },
                };
                // What a plan is made of can always be written.
                let written = serde_json::to_value(&plan).ok();
                if !self.desk.set_plan(&mut row, written)? {
                    return Ok(Tried::Later(Duration::ZERO));
                }
                plan
            }
        };
        match courier.hand_on(&parcel, &plan, self.stop) {
            Ok(done) => {
                self.desk.handed_on(&row, done.removes_source)?;
                tracing::info!(
                    frame = id,
                    "{} handed on to {}",
                    row.given().display(),
                    courier.destination()
                );
                Ok(Tried::Done)
            }
            Err(DeliverError::Taken(path)) => {
                tracing::info!(
                    frame = id,
                    "{} is somebody else's; it gets another name",
                    path.display()
                );
                self.desk.set_plan(&mut row, None)?;
                Ok(Tried::Later(Duration::ZERO))
            }
            Err(error) => Ok(self.said(&row, error)),
        }
    }

    /// The names of files whose frame has gone before them.
    fn after(&self, row: &Row, files: &[OsString]) -> Result<Option<Plan>, SpoolError> {
        let Some(leader) = row.after else {
            return Ok(None);
        };
        let plan = self.desk.spool().get(leader)?.and_then(|leader| leader.plan);
        let plan = plan.and_then(|plan| serde_json::from_value::<Plan>(plan).ok());
        Ok(plan.and_then(|plan| Plan::after(&plan, files)))
    }

    fn said(&self, row: &Row, error: DeliverError) -> Tried {
        match error {
            DeliverError::Stopped => Tried::Stopped,
            DeliverError::Away(_) | DeliverError::Full(_) | DeliverError::Refused(_) => {
                Tried::Away(error.to_string())
            }
            DeliverError::Taken(_) => Tried::Later(Duration::ZERO),
            DeliverError::Failed(_) => {
                let (mut backoff, _) =
                    self.failed.get(&row.id).cloned().unwrap_or((Backoff::new(), Instant::now()));
                tracing::warn!(frame = row.id, "{}: {error}", row.given().display());
                Tried::Later(backoff.failed())
            }
        }
    }

    fn done(&mut self, id: u64) {
        self.failed.remove(&id);
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.handed_on += 1;
        if progress.trouble.take().is_some() {
            tracing::warn!("the host takes frames again");
        }
        self.backoff.succeeded();
    }

    fn later(&mut self, id: u64, after: Duration) {
        let entry = self.failed.entry(id).or_insert((Backoff::new(), Instant::now()));
        if !after.is_zero() {
            // Counts as one more failure, for the next wait.
            let _ = entry.0.failed();
        }
        entry.1 = Instant::now() + after;
    }

    fn away(&mut self, why: &str) {
        let wait = self.backoff.failed();
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        // Once for each reason, not once for each try.
        if progress.trouble.as_deref() != Some(why) {
            tracing::error!("{why}; frames wait in the spool, and go when it is back");
            progress.trouble = Some(why.to_owned());
        }
        drop(progress);
        // Not rung awake by each frame that comes.
        let _ = self.stop.wait(wait);
    }
}
