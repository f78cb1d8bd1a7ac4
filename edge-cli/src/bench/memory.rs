//! Most resident memory of this process, and how to begin to count anew (proc(5): `VmHWM` in
//! `status`, `clear_refs`).

use super::device::System;
use std::fs;

/// In KiB; `None` where the system does not tell.
pub(super) fn peak_kib() -> Option<u64> {
    System::here().kib("proc/self/status", "VmHWM")
}

/// Makes the peak what is resident now. False where that cannot be done.
pub(super) fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_told_and_can_begin_anew() {
        // Other tests of this process take memory meanwhile: much more than they do.
        const LARGE: usize = 256 << 20;
        let large = std::hint::black_box(vec![1u8; LARGE]);
        let with = peak_kib().expect("Linux tells");
        assert!(with >= (LARGE >> 10) as u64, "{with}");
        drop(large);
        if reset_peak() {
            let without = peak_kib().expect("Linux tells");
            assert!(without + (LARGE >> 11) as u64 <= with, "{without} after {with}");
        }
    }
}
