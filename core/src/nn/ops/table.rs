//! Any function of single numbers.

/// Replaces each number by what the table has for it.
pub(in crate::nn) fn look_up(numbers: &mut [i8], table: &[u8]) -> Option<()> {
    let table: &[u8; 256] = table.try_into().ok()?;
    for number in numbers {
        // The table begins with what -128 becomes.
        let index = usize::from(number.cast_unsigned() ^ 0x80);
        *number = table.get(index)?.cast_signed();
    }
    Some(())
}
