//! Files that get another name after they came.

use super::{Desk, NAMING, key, words};
use crate::deliver::durable::{rename_to_free, sync_folder};
use crate::rig::name::GivenName;
use crate::rig::spool::{Name, Row, SpoolError, State};
use crate::source::format::Ending;
use std::time::Instant;

/// What a new name has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renamed {
    /// The name.
    Done,
    /// Also what the file is: it is to be judged [again](Desk::again), with the frame that it
    /// goes with.
    JudgeAgain(Box<(Row, Option<Row>)>),
}

impl Desk {
    /// Gives a file another name, as far as its frame is not on its way.
    ///
    /// # Errors
    /// When the system says no; `None` when no such file waits.
    pub fn rename(
        &self,
        source: &str,
        from: &GivenName,
        to: &GivenName,
    ) -> Result<Option<Renamed>, SpoolError> {
        let mut inner = self.lock();
        let Some(mut row) = self.spool.of_name(source, from)? else {
            return Ok(None);
        };
        if row.plan.is_some() || matches!(row.state, State::HandedOn | State::Done) {
            return Ok(None);
        }
        let Some(file) = row.files.iter_mut().find(|file| file.name.0 == from.name()) else {
            return Ok(None);
        };
        if from.name() != to.name() {
            let folder = self.spool.folder(row.state, row.id);
            let old = folder.join(from.name());
            let io = |source| SpoolError::Io { path: old.clone(), source };
            rename_to_free(&old, &folder.join(to.name()))
                .and_then(|()| sync_folder(&folder))
                .map_err(io)?;
        }
        file.name = Name(to.name().into());
        row.folder = Name(to.folder().into());
        let leader = self.leader(source, to, row.received_ms)?.filter(|leader| leader.id != row.id);
        self.spool.update(&row)?;
        let Some((_, _, judged)) = inner.unnamed.remove(&row.id) else {
            return Ok(Some(Renamed::Done));
        };
        row.record = words::record(&row, &judged);
        // An ending tells RAW files from others.
        if Ending::of(from.name()) != Ending::of(to.name()) {
            return Ok(Some(Renamed::JudgeAgain(Box::new((row, leader)))));
        }
        if to.is_provisional() {
            inner.unnamed.insert(row.id, (Instant::now() + NAMING, key(&row), judged));
            return Ok(Some(Renamed::Done));
        }
        let from = Some(State::Judged);
        match leader {
            Some(leader) => self.go_with(&mut inner, row, from, leader, judged)?,
            None => self.decide(&mut inner, row, from, judged)?,
        };
        Ok(Some(Renamed::Done))
    }
}
