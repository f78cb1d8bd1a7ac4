//! Keeps so many judges busy with frames, again and again, the way that `edgecull cull` does.

use super::BenchError;
use super::frames::{Frames, fault};
use crate::ordered::ordered;
use crate::pipeline::{Judge, JudgeOptions, Judged};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Frames under way for each judge: the next is there when one is done, and few are when time
/// is up.
const WINDOW_PER_JOB: usize = 2;

/// What frames are judged by, and for how long.
#[derive(Clone, Copy)]
pub(super) struct Drive<'a> {
    pub(super) frames: &'a Frames,
    /// Frames judged at a time.
    pub(super) jobs: usize,
    pub(super) options: JudgeOptions,
    /// How long is measured, after a warm-up in which each judge has had its first frames.
    pub(super) budget: Duration,
    pub(super) stop: &'a AtomicBool,
}

impl Drive<'_> {
    /// Judges until time is up, but every frame at least once. `each` gets what was judged
    /// after the warm-up, in order, and the time since that ended; what came out when time was
    /// up is left out, as not all judges were busy any more.
    pub(super) fn run(
        &self,
        mut begin: impl FnMut(),
        mut each: impl FnMut(Duration, Judged),
    ) -> Result<(), BenchError> {
        let Self { frames, jobs, options, budget, stop } = *self;
        let pool = (jobs > 1).then(|| {
            let builder = rayon::ThreadPoolBuilder::new().num_threads(jobs);
            let named = builder.thread_name(|n| format!("judge-{n}"));
            named.build().map_err(|error| BenchError::Threads(error.to_string()))
        });
        let pool = pool.transpose()?;
        let least = frames.frames.len();
        let warm = least.max(2 * jobs);
        let (began, measured) = (Cell::new(None::<Instant>), Cell::new(0));
        let over = |began: Instant| began.elapsed() >= budget && measured.get() >= least;
        let mut next = 0;
        let mut items = std::iter::from_fn(|| {
            let more = !began.get().is_some_and(over);
            next += 1;
            more.then(|| (next - 1) % least)
        });
        let (mut warmed, mut broken) = (0, None);
        ordered(
            pool.as_ref(),
            jobs * WINDOW_PER_JOB,
            stop,
            &mut items,
            || Judge::new(options),
            |judge, &at| frames.frames.get(at).map(|frame| judge.file(&frame.path)),
            |_, judged| {
                match (judged, began.get()) {
                    (Err(panicked), _) => {
                        broken = Some(BenchError::Fault(fault(&panicked)));
                        return ControlFlow::Break(());
                    }
                    (Ok(_), None) => {
                        warmed += 1;
                        if warmed == warm {
                            begin();
                            began.set(Some(Instant::now()));
                        }
                    }
                    (Ok(Some(judged)), Some(since)) if !over(since) => {
                        measured.set(measured.get() + 1);
                        each(since.elapsed(), judged);
                    }
                    (Ok(_), Some(_)) => {}
                }
                ControlFlow::Continue(())
            },
        );
        broken.map_or(Ok(()), Err)
    }
}
