//! The threads that judge.
//!
//! In come files, whole or still arriving; out comes what became of them. A file that
//! is still arriving holds its judge until its last byte, so one judge is never given
//! to such a file: what is whole does not wait for a slow camera.

use crate::ordered::message;
use crate::pipeline::{Judge, JudgeOptions, Judged};
use crate::source::arrival::Arrival;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Judges for files that are whole.
const FOR_WHOLE: usize = 1;

/// A pool of judges; when the last clone of it goes, its threads end.
#[derive(Clone)]
pub struct Judges(Arc<Pool>);

struct Pool {
    desk: Arc<Desk>,
    threads: usize,
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    options: JudgeOptions,
    /// Judges that are given, or promised, to files that arrive.
    arriving: usize,
    over: bool,
}

struct Job {
    path: PathBuf,
    arrival: Option<Arc<Arrival>>,
    done: SyncSender<Judged>,
}

/// A file that is being judged.
pub struct Pending(Receiver<Judged>);

impl Pending {
    /// Waits for what becomes of it.
    #[must_use]
    pub fn wait(self) -> Judged {
        let gone = || Judged::unread("the rig stopped before it was judged");
        self.0.recv().unwrap_or_else(|_| gone())
    }
}

impl Judges {
    /// So many judges, at least two.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(count: usize, options: JudgeOptions) -> io::Result<Self> {
        let threads = count.max(FOR_WHOLE + 1);
        let state = State { options, ..State::default() };
        let desk = Arc::new(Desk { state: Mutex::new(state), changed: Condvar::new() });
        let pool = Self(Arc::new(Pool { desk: Arc::clone(&desk), threads }));
        for number in 0..threads {
            let desk = Arc::clone(&desk);
            thread::Builder::new().name(format!("judge-{number}")).spawn(move || work(&desk))?;
        }
        Ok(pool)
    }

    /// From the next file on, judges as these say.
    pub fn set_options(&self, options: JudgeOptions) {
        self.0.desk.lock().options = options;
    }

    /// Has a whole file judged.
    #[must_use]
    pub fn whole(&self, path: &Path) -> Pending {
        self.begin(self.0.desk.lock(), path, None)
    }

    /// Has a file judged while it arrives; `None` when no judge is free for that.
    #[must_use]
    pub fn arriving(&self, path: &Path, arrival: &Arc<Arrival>) -> Option<Pending> {
        let mut state = self.0.desk.lock();
        if state.arriving + FOR_WHOLE >= self.0.threads {
            return None;
        }
        state.arriving += 1;
        Some(self.begin(state, path, Some(Arc::clone(arrival))))
    }

    fn begin(
        &self,
        mut state: MutexGuard<'_, State>,
        path: &Path,
        arrival: Option<Arc<Arrival>>,
    ) -> Pending {
        // Room for the answer, so that a judge never waits for one who lost interest.
        let (done, pending) = sync_channel(1);
        state.jobs.push_back(Job { path: path.to_owned(), arrival, done });
        self.0.desk.changed.notify_one();
        Pending(pending)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.desk.lock();
        state.over = true;
        state.jobs.clear();
        self.desk.changed.notify_all();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Judging happens outside the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job, and how it is to be judged; `None` when there will be none.
    fn next(&self) -> Option<(Job, JudgeOptions)> {
        let waiting = |state: &mut State| state.jobs.is_empty() && !state.over;
        let state = self.changed.wait_while(self.lock(), waiting);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.jobs.pop_front().map(|job| (job, state.options))
    }
}

fn work(desk: &Desk) {
    let mut judge: Option<Judge> = None;
    while let Some((job, options)) = desk.next() {
        let at_work = match judge.take().filter(|judge| judge.options() == options) {
            Some(judge) => judge,
            None => Judge::new(options),
        };
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let mut judge = at_work;
            let judged = match &job.arrival {
                Some(arrival) => judge.arriving(&job.path, arrival),
                None => judge.file(&job.path),
            };
            (judge, judged)
        }));
        let judged = match judged {
            Ok((same, judged)) => {
                judge = Some(same);
                judged
            }
            // The judge went with it: what it had in hand may be half done.
            Err(panic) => Judged::unread(format!(
                "a fault in edgecull itself stopped its judging: {}",
                message(panic.as_ref())
            )),
        };
        if job.arrival.is_some() {
            desk.lock().arriving -= 1;
        }
        // Nobody may be waiting any more.
        let _ = job.done.send(judged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgecull_core::verdict::Decision;

    #[test]
    fn one_judge_is_left_for_what_is_whole() {
        let options = JudgeOptions { faces: None, quality: false, ..JudgeOptions::default() };
        let judges = Judges::new(1, options).expect("threads");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("grows.jpg");
        std::fs::write(&path, b"\xff\xd8 and no more").expect("written");
        let arrival = Arc::new(Arrival::new());
        let slow = judges.arriving(&path, &arrival).expect("a judge is free");
        assert!(judges.arriving(&path, &arrival).is_none());
        let text = folder.path().join("text.jpg");
        std::fs::write(&text, b"no picture at all, but long enough for one").expect("written");
        assert_eq!(judges.whole(&text).wait().verdict.decision, Decision::Error);
        arrival.end();
        assert_eq!(slow.wait().verdict.decision, Decision::Error);
        assert!(judges.arriving(&path, &arrival).is_some());
    }
}
