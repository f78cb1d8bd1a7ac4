//! Throughput and temperature over time: shows whether a device holds its pace when warm.

use super::BenchError;
use super::device::System;
use super::drive::Drive;
use super::result::{Point, Soak};
use super::stats::rounded;
use std::time::Duration;

/// Stretches that a soak is told in.
const POINTS: u32 = 60;

/// The shortest and the longest stretch.
const STRETCH: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// Judges for the whole of the drive's time, and looks at the device after each stretch;
/// `None` when it was stopped before the first had ended.
pub(super) fn measure(drive: &Drive<'_>, system: &System) -> Result<Option<Soak>, BenchError> {
    let stretch = (drive.budget / POINTS).clamp(STRETCH[0], STRETCH[1]);
    let mut points: Vec<Point> = Vec::new();
    let (mut from, mut frames) = (Duration::ZERO, 0u32);
    drive.run(
        || (),
        |at, _| {
            frames += 1;
            if at < from + stretch {
                return;
            }
            let sensors = system.sensors();
            points.push(Point {
                at: rounded(at.as_secs_f64()),
                frames_per_second: rounded(f64::from(frames) / (at - from).as_secs_f64()),
                celsius: sensors.hottest(),
                mhz: sensors.frequency.map(|frequency| frequency.lowest_mhz),
                throttling: sensors.throttling.map(|throttling| throttling.now),
            });
            (from, frames) = (at, 0);
        },
    )?;
    Ok((!points.is_empty()).then(|| Soak {
        size: drive.frames.name.clone(),
        jobs: drive.jobs,
        seconds: drive.budget.as_secs_f64(),
        points,
    }))
}
