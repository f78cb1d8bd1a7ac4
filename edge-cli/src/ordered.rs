//! A parallel map that gives its results in the order of its input, in bounded
//! memory.
//!
//! In comes an iterator; its items are worked on by a thread pool, at most
//! `window` of them being worked on or waiting for an earlier one; out go
//! results, on the calling thread, each as soon as all before it are out.

use rayon::ThreadPool;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

/// A panic in the work on one item, as the sentence it came with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Panicked(pub(crate) String);

/// Maps `items` through `work` and hands the results to `emit` in order.
///
/// Without a pool the work is done on the calling thread.
///
/// Each thread has a state of its own, made by `state` and handed to every
/// call of `work`; after a panic it is made anew. When `stop` is raised, or
/// `emit` breaks, no further item is begun; what was begun is finished, and
/// emitted unless `emit` broke. Returns how many items were taken from the
/// iterator and never worked on.
pub(crate) fn ordered<T, S, R>(
    pool: Option<&ThreadPool>,
    window: usize,
    stop: &AtomicBool,
    items: &mut impl Iterator<Item = T>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
    mut emit: impl FnMut(T, Result<R, Panicked>) -> ControlFlow<()>,
) -> u64
where
    T: Send,
    S: Send,
    R: Send,
{
    let states: Vec<Mutex<Option<S>>> =
        (0..pool.map_or(1, ThreadPool::current_num_threads)).map(|_| Mutex::new(None)).collect();
    let halted = AtomicBool::new(false);
    let stopping = || stop.load(Ordering::Relaxed) || halted.load(Ordering::Relaxed);
    let run = |item: &T| {
        if stopping() {
            return None;
        }
        let slot = states.get(rayon::current_thread_index().unwrap_or(0));
        let mut kept = slot.map(|s| s.lock().unwrap_or_else(PoisonError::into_inner));
        let mine = kept.as_mut().and_then(|k| k.take());
        // The state moves in: a panic drops it, so that no later item meets
        // what the panic left half done.
        let done = catch_unwind(AssertUnwindSafe(|| {
            let mut mine = mine.unwrap_or_else(&state);
            let result = work(&mut mine, item);
            (mine, result)
        }));
        Some(match done {
            Ok((mine, result)) => {
                if let Some(kept) = kept.as_mut() {
                    **kept = Some(mine);
                }
                Ok(result)
            }
            Err(panic) => Err(Panicked(message(panic.as_ref()))),
        })
    };

    let Some(pool) = pool else {
        for item in items {
            let Some(result) = run(&item) else {
                return 1;
            };
            if emit(item, result).is_break() {
                break;
            }
        }
        return 0;
    };

    let (send, receive) = mpsc::channel();
    let mut waiting = BTreeMap::new();
    let (mut taken, mut emitted) = (0u64, 0u64);
    let mut untouched = 0;
    pool.in_place_scope_fifo(|scope| {
        let mut exhausted = false;
        loop {
            while !exhausted && !stopping() && taken - emitted < window.max(1) as u64 {
                let Some(item) = items.next() else {
                    exhausted = true;
                    break;
                };
                let (send, run, at) = (send.clone(), &run, taken);
                scope.spawn_fifo(move |_| {
                    let result = run(&item);
                    // The receiver outlives the scope.
                    let _ = send.send((at, item, result));
                });
                taken += 1;
            }
            if taken == emitted {
                break;
            }
            let Ok((at, item, result)) = receive.recv() else {
                break;
            };
            waiting.insert(at, (item, result));
            while let Some((item, result)) = waiting.remove(&emitted) {
                emitted += 1;
                match result {
                    None => untouched += 1,
                    Some(_) if halted.load(Ordering::Relaxed) => {}
                    Some(result) => {
                        if emit(item, result).is_break() {
                            halted.store(true, Ordering::Relaxed);
                        }
                    }
                }
            }
        }
    });
    untouched
}

/// The sentence of a panic.
pub(crate) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::thread::sleep;
    use std::time::Duration;

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool")
    }

    fn slow_first(n: u64) {
        sleep(Duration::from_micros(if n.is_multiple_of(7) { 2000 } else { 10 }));
    }

    #[test]
    fn results_come_in_order_on_any_number_of_threads() {
        for threads in [0, 1, 2, 5] {
            let mut out = Vec::new();
            let stop = AtomicBool::new(false);
            let left = ordered(
                (threads > 0).then(|| pool(threads)).as_ref(),
                threads * 2,
                &stop,
                &mut (0..200u64),
                || (),
                |(), &n| {
                    slow_first(n);
                    n * n
                },
                |n, square| {
                    out.push((n, square.expect("no panic")));
                    ControlFlow::Continue(())
                },
            );
            assert_eq!(left, 0);
            assert_eq!(out, (0..200).map(|n| (n, n * n)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_more_than_the_window_is_ever_under_way() {
        let taken = AtomicUsize::new(0);
        let mut emitted = 0;
        let mut items = (0..100u64).inspect(|_| {
            taken.fetch_add(1, Ordering::Relaxed);
        });
        let stop = AtomicBool::new(false);
        ordered(
            Some(&pool(3)),
            6,
            &stop,
            &mut items,
            || (),
            |(), &n| slow_first(n),
            |_, _| {
                emitted += 1;
                assert!(taken.load(Ordering::Relaxed) < emitted + 6);
                ControlFlow::Continue(())
            },
        );
        assert_eq!(emitted, 100);
    }

    #[test]
    fn a_panic_costs_its_own_item_and_a_fresh_state_is_made() {
        let made = AtomicUsize::new(0);
        let mut out = Vec::new();
        let stop = AtomicBool::new(false);
        ordered(
            Some(&pool(1)),
            4,
            &stop,
            &mut (0..10u64),
            || made.fetch_add(1, Ordering::Relaxed),
            |_, &n| {
                assert!(n != 4, "four is bad");
                n
            },
            |_, result| {
                out.push(result);
                ControlFlow::Continue(())
            },
        );
        let bad = Err(Panicked("four is bad".into()));
        let expected: Vec<_> = (0..10)
            .map(|n| if n == 4 { Err(Panicked("four is bad".into())) } else { Ok(n) })
            .collect();
        assert_eq!(out, expected);
        assert_eq!(out[4], bad);
        assert_eq!(made.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_stop_finishes_what_was_begun_and_counts_the_rest() {
        let stop = AtomicBool::new(false);
        let begun = AtomicUsize::new(0);
        let mut out = Vec::new();
        let mut items = 0..1000u64;
        let left = ordered(
            Some(&pool(2)),
            8,
            &stop,
            &mut items,
            || (),
            |(), &n| {
                begun.fetch_add(1, Ordering::Relaxed);
                if n == 20 {
                    stop.store(true, Ordering::Relaxed);
                }
            },
            |n, _| {
                out.push(n);
                ControlFlow::Continue(())
            },
        );
        assert_eq!(out.len(), begun.load(Ordering::Relaxed));
        assert!(out.is_sorted());
        assert_eq!(out.len() as u64 + left + items.count() as u64, 1000);
    }

    #[test]
    fn a_break_emits_nothing_more() {
        let stop = AtomicBool::new(false);
        let mut out = Vec::new();
        ordered(
            Some(&pool(2)),
            8,
            &stop,
            &mut (0..1000u64),
            || (),
            |(), &n| n,
            |n, _| {
                out.push(n);
                if n == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(out, [0, 1, 2, 3, 4, 5]);
    }
}
