//! Threads that hand files to the intake, so that looking and judging do not wait for
//! each other.

use super::notices::Board;
use crate::rig::intake::{Following, Intake, IntakeError, Receipt, Wholeness};
use crate::rig::name::GivenName;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A file to be taken.
pub(super) struct Job {
    pub path: PathBuf,
    pub name: GivenName,
    pub following: Option<Following>,
    pub wholeness: Wholeness,
}

/// What came of it.
pub(super) struct Outcome {
    pub path: PathBuf,
    pub result: Result<Receipt, IntakeError>,
    /// Whether it was judged while it grew.
    pub followed: bool,
}

/// The threads. Dropped, they finish what they have begun.
pub(super) struct Takers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    /// Files that are being taken.
    pub busy: usize,
}

impl Takers {
    /// Starts so many threads, which leave outcomes on the board.
    ///
    /// # Errors
    /// When the system has no more threads to give.
    pub(super) fn start(
        count: usize,
        source: &'static str,
        intake: &Intake,
        board: &Arc<Board<Outcome>>,
    ) -> io::Result<Self> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let mut takers = Self { jobs: Some(jobs), threads: Vec::new(), busy: 0 };
        for _ in 0..count {
            let (queue, intake, board) = (Arc::clone(&queue), intake.clone(), Arc::clone(board));
            let thread = thread::Builder::new()
                .name(format!("{source}-take"))
                .spawn(move || take(source, &queue, &intake, &board))?;
            takers.threads.push(thread);
        }
        Ok(takers)
    }

    /// Whether another file can be begun at once.
    pub(super) fn is_free(&self) -> bool {
        self.busy < self.threads.len()
    }

    /// Whether a thread has come to an end, which none should.
    pub(super) fn is_broken(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }

    /// Has a file taken.
    pub(super) fn give(&mut self, job: Job) {
        // Without a thread that listens there is `is_broken` to tell.
        if self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok()) {
            self.busy += 1;
        }
    }
}

impl Drop for Takers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic was printed where it happened.
            let _ = thread.join();
        }
    }
}

fn take(source: &str, queue: &Mutex<Receiver<Job>>, intake: &Intake, board: &Board<Outcome>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { path, name, following, wholeness }) = job else { return };
        let followed = following.is_some();
        let result = intake.take(source, &name, &path, following, wholeness);
        board.leave(Outcome { path, result, followed });
    }
}
