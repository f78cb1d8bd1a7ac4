//! Where the plugin begins to count instructions, and where it ends. The two do different
//! things, so that they stay two.

use core::hint::black_box;

/// Counting begins behind this.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn count_from() {
    black_box(1);
}

/// Counting ends here.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn count_to() {
    black_box(2);
}
