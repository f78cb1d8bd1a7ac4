//! Frames that go to the host.

use super::Desk;
use crate::rig::spool::{Change, Row, SpoolError, State};
use crate::rig::stop::Stop;
use std::sync::PoisonError;
use std::time::Duration;

impl Desk {
    /// Lets a frame go to the host, whatever its verdict.
    ///
    /// # Errors
    /// When the system says no; `None` when no such frame waits.
    pub fn release(&self, id: u64) -> Result<Option<Row>, SpoolError> {
        let _inner = self.lock();
        let Some(row) = self.spool.get(id)? else {
            return Ok(None);
        };
        if matches!(row.state, State::HandedOn | State::Done) {
            return Ok(None);
        }
        let from = Some(row.state);
        let row = Row { released: true, state: State::Kept, ..row };
        self.spool.change(&[Change { row: row.clone(), from }])?;
        self.ring();
        Ok(Some(row))
    }

    /// The first frame in one of these states, from number `from` on.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn first(&self, states: &[State], from: u64) -> Result<Option<Row>, SpoolError> {
        let mut first: Option<Row> = None;
        for state in states {
            let row = self.spool.first(*state, from)?;
            first = match (first, row) {
                (Some(a), Some(b)) => Some(if a.id < b.id { a } else { b }),
                (a, b) => a.or(b),
            };
        }
        Ok(first)
    }

    /// Journals how a frame is to be handed on, or that names are to be chosen for it alone,
    /// if it is still where `row` has it; false if it is not.
    ///
    /// # Errors
    /// When the system says no.
    pub fn set_plan(
        &self,
        row: &mut Row,
        plan: Option<serde_json::Value>,
    ) -> Result<bool, SpoolError> {
        let _inner = self.lock();
        match self.spool.get(row.id)? {
            Some(now) if now == *row => {}
            _ => return Ok(false),
        }
        let after = row.after.filter(|_| plan.is_some());
        let planned = Row { plan, after, ..row.clone() };
        self.spool.update(&planned)?;
        *row = planned;
        Ok(true)
    }

    /// Notes that a frame was handed on. Where the host has it, it goes from here; where a
    /// command got it, it stays among what is done.
    ///
    /// # Errors
    /// When the system says no.
    pub fn handed_on(&self, row: &Row, removes_source: bool) -> Result<(), SpoolError> {
        let _inner = self.lock();
        if removes_source {
            return self.spool.hand_on(row);
        }
        let done = Row { state: State::Done, ..row.clone() };
        self.spool.change(&[Change { row: done, from: Some(row.state) }])
    }

    /// Waits until there may be something new to hand on, at most so long.
    pub fn wait(&self, at_most: Duration, stop: &Stop) {
        if !stop.raised() {
            let rung = self.bell.rung.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = rung.recv_timeout(at_most);
        }
    }

    /// Wakes the one who [waits](Self::wait).
    pub fn ring(&self) {
        // One ring is as good as two.
        let _ = self.bell.ring.try_send(());
    }
}
