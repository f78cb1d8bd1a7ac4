//! Borrowed two-dimensional views of 8-bit samples.

/// A read-only plane of 8-bit samples, row after row.
///
/// Reading outside is not an error: the nearest sample inside is given, as
/// every filter at a border wants it. A plane without samples reads as 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plane<'a> {
    data: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
}

impl<'a> Plane<'a> {
    /// A view of `width` x `height` samples whose rows start `stride` bytes
    /// apart. `None` if `data` is too short or `stride` less than `width`.
    #[must_use]
    pub fn new(data: &'a [u8], width: usize, height: usize, stride: usize) -> Option<Self> {
        if width == 0 || height == 0 {
            return Some(Self::default());
        }
        let needed = stride.checked_mul(height - 1)?.checked_add(width)?;
        (stride >= width && data.len() >= needed).then_some(Self { data, width, height, stride })
    }

    /// Samples in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// One row; empty below the last.
    #[must_use]
    pub fn row(&self, y: usize) -> &'a [u8] {
        if y >= self.height {
            return &[];
        }
        let start = y * self.stride;
        self.data.get(start..start + self.width).unwrap_or(&[])
    }

    /// The sample at (x, y), or the nearest one inside.
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> u8 {
        let y = y.min(self.height.saturating_sub(1));
        let x = x.min(self.width.saturating_sub(1));
        self.row(y).get(x).copied().unwrap_or(0)
    }
}
