//! Exponential and reciprocal in integers: gemmlowp's fixed-point arithmetic, which
//! the softmax of TensorFlow Lite's reference is made of.
//!
//! A number in Qm.n is an `i32` that stands for itself times 2^-n; m + n is 31.

/// 1 in Q0.31, less the last bit, which does not fit.
const ONE: i32 = i32::MAX;

/// `a * b / 2^31`, halves up; what does not fit is the greatest number.
pub(super) fn multiply(a: i32, b: i32) -> i32 {
    let product = i64::from(a) * i64::from(b);
    i32::try_from((product + (1 << 30)) >> 31).unwrap_or(i32::MAX)
}

/// `a / 2^bits`, halves away from zero; `bits` is at most 31.
pub(super) fn shift_right(a: i32, bits: u32) -> i32 {
    let (wide, bits) = (i64::from(a), bits.min(31));
    let half = (1i64 << bits) >> 1;
    ((wide + half - i64::from(wide < 0 && bits > 0)) >> bits) as i32
}

/// `a * 2^bits`, or the nearest that fits.
fn shift_left(a: i32, bits: u32) -> i32 {
    let wide = i64::from(a) << bits.min(31);
    wide.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// e^a in Q0.31, for `a` up to 0 in Q5.26.
///
/// The last quarter by a polynomial of degree 4 round -1/8, the rest bit by bit.
pub(super) fn exp(a: i32) -> i32 {
    const QUARTER: i32 = 1 << 24;
    /// e^-1/8, and 1/3.
    const MIDDLE: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    /// e to the power of -1/4, -1/2, -1, -2, -4, -8, -16.
    const POWERS: [i32; 7] =
        [1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242];
    if a >= 0 {
        return ONE;
    }
    let rest = (a & (QUARTER - 1)) - QUARTER;
    let x = shift_left(rest, 5).wrapping_add(1 << 28);
    let square = multiply(x, x);
    let (cube, fourth) = (multiply(square, x), multiply(square, square));
    let terms = multiply(shift_right(fourth, 2).wrapping_add(cube), THIRD);
    let terms = shift_right(terms.wrapping_add(square), 1);
    let mut result = MIDDLE.wrapping_add(multiply(MIDDLE, x.wrapping_add(terms)));
    let remainder = rest.wrapping_sub(a);
    for (bit, &power) in (24..31).zip(&POWERS) {
        if remainder & (1 << bit) != 0 {
            result = multiply(result, power);
        }
    }
    result
}

/// 1 / (1 + a), all in Q0.31, for `a` from 0: three steps of Newton and Raphson.
pub(super) fn reciprocal_of_one_plus(a: i32) -> i32 {
    /// 48/17 and -32/17 in Q2.29: the line that is nearest to 1/x from 1/2 to 1.
    const START: i32 = 1_515_870_810;
    const SLOPE: i32 = -1_010_580_540;
    let half = ((i64::from(a.max(0)) + i64::from(ONE) + 1) / 2) as i32;
    let mut x = START.wrapping_add(multiply(half, SLOPE));
    for _ in 0..3 {
        let error = (1i32 << 29).wrapping_sub(multiply(half, x));
        x = x.wrapping_add(shift_left(multiply(x, error), 2));
    }
    shift_left(x, 1)
}
