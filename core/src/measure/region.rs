//! Where marked items of a grid lie together.
//!
//! In come marks on a grid of any size; out goes the largest group of marks that
//! touch. The grid is seen through at most 32 x 32 cells, so that memory and time
//! have a bound whatever the picture's size.

use crate::geometry::Rect;

const SIDE: usize = 32;

/// A cell counts as marked when at least one in this many of its items is.
const SPARSE: u64 = 4;

/// Marks on a grid.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    counts: [[u16; SIDE]; SIDE],
    /// Columns and rows of the grid.
    grid: (usize, usize),
    /// Items of the grid that a cell spans, across and down.
    span: (usize, usize),
}

/// A group of marks that touch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    /// Marks in it.
    pub(super) marks: u64,
    /// Those of them that do not lie in the outer quarter on any side.
    central: u64,
    /// First and last column of cells and of rows, in items of the grid: `x0`,
    /// `x1` exclusive, `y0`, `y1` exclusive.
    x: (usize, usize),
    y: (usize, usize),
    /// See [`Group::against`].
    against: Sides,
}

/// What share of a region's own left, right, top and bottom side lies on that
/// border of the frame: 0..1.
pub(super) type Sides = [f32; 4];

impl Group {
    /// How much of its sides lies on the border of the grid.
    pub(super) fn against(&self) -> Sides {
        self.against
    }

    /// The box around it in a picture of `width` x `height`, where an item is
    /// `item` pixels wide and high.
    pub(super) fn rect(&self, item: (u32, u32), width: u32, height: u32) -> Rect {
        let edge =
            |at: usize, size: u32| u32::try_from(at).unwrap_or(u32::MAX).saturating_mul(size);
        let (x, y) = (edge(self.x.0, item.0), edge(self.y.0, item.1));
        let (w, h) = (edge(self.x.1, item.0) - x, edge(self.y.1, item.1) - y);
        Rect { x, y, w, h }.clamped(width, height)
    }
}

impl Marks {
    /// An empty grid of `columns` x `rows` items.
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        let span = |n: usize| n.div_ceil(SIDE).max(1);
        Self { counts: [[0; SIDE]; SIDE], grid: (columns, rows), span: (span(columns), span(rows)) }
    }

    /// Marks an item; one outside the grid is passed over.
    pub(super) fn mark(&mut self, x: usize, y: usize) {
        let cell = self
            .counts
            .get_mut(y / self.span.1.max(1))
            .and_then(|row| row.get_mut(x / self.span.0.max(1)));
        if let Some(count) = cell {
            *count = count.saturating_add(1);
        }
    }

    /// The group of touching cells (corners touch) that holds most marks.
    pub(super) fn largest(&self) -> Option<Group> {
        self.best(|group| group.marks.saturating_mul(2))
    }

    /// The same, where marks in the middle of the grid, the thirds included,
    /// count for twice those at its rim.
    pub(super) fn best_placed(&self) -> Option<Group> {
        self.best(|group| group.marks.saturating_add(group.central))
    }

    /// The first of the groups with the greatest weight.
    fn best(&self, weight: impl Fn(&Group) -> u64) -> Option<Group> {
        let items = (self.span.0 as u64).saturating_mul(self.span.1 as u64);
        let mut open = self.counts.map(|row| {
            row.map(|count| count > 0 && u64::from(count).saturating_mul(SPARSE) >= items)
        });
        let mut best: Option<Group> = None;
        for y in 0..SIDE {
            for x in 0..SIDE {
                if let Some(group) = self.flood(x, y, &mut open)
                    && best.is_none_or(|b| weight(&b) < weight(&group))
                {
                    best = Some(group);
                }
            }
        }
        best
    }

    /// Takes the group that holds cell (x, y) out of `open`.
    fn flood(&self, x: usize, y: usize, open: &mut [[bool; SIDE]; SIDE]) -> Option<Group> {
        // A cell is closed when it is put here, so each comes once.
        let mut waiting = heapless::Vec::<(u8, u8), { SIDE * SIDE }>::new();
        take(open, x, y)?;
        waiting.push((x as u8, y as u8)).ok()?;
        let (mut marks, mut central, mut xs, mut ys) = (0u64, 0u64, (x, x), (y, y));
        let last = |length: usize, span: usize| length.saturating_sub(1) / span.max(1);
        let (last_x, last_y) = (last(self.grid.0, self.span.0), last(self.grid.1, self.span.1));
        let mut on_border = [0u16; 4];
        let is_central = |at: usize, span: usize, length: usize| {
            let middle = at.saturating_mul(span).saturating_add(span / 2);
            middle >= length / 4 && middle < length - length / 4
        };
        while let Some((x, y)) = waiting.pop() {
            let (x, y) = (usize::from(x), usize::from(y));
            let here = self.counts.get(y).and_then(|row| row.get(x)).map_or(0, |&c| u64::from(c));
            marks += here;
            if is_central(x, self.span.0, self.grid.0) && is_central(y, self.span.1, self.grid.1) {
                central += here;
            }
            for (count, on) in on_border.iter_mut().zip([x == 0, x == last_x, y == 0, y == last_y])
            {
                *count += u16::from(on);
            }
            xs = (xs.0.min(x), xs.1.max(x));
            ys = (ys.0.min(y), ys.1.max(y));
            for ny in y.saturating_sub(1)..=y + 1 {
                for nx in x.saturating_sub(1)..=x + 1 {
                    if take(open, nx, ny).is_some() {
                        waiting.push((nx as u8, ny as u8)).ok()?;
                    }
                }
            }
        }
        let scaled = |edges: (usize, usize), span: usize| {
            (edges.0.saturating_mul(span), (edges.1 + 1).saturating_mul(span))
        };
        let (across, down) = ((xs.1 - xs.0 + 1) as f32, (ys.1 - ys.0 + 1) as f32);
        let [left, right, top, bottom] = on_border.map(f32::from);
        let against = [left / down, right / down, top / across, bottom / across];
        let (x, y) = (scaled(xs, self.span.0), scaled(ys, self.span.1));
        Some(Group { marks, central, x, y, against })
    }
}

/// Closes a cell that is open.
fn take(open: &mut [[bool; SIDE]; SIDE], x: usize, y: usize) -> Option<()> {
    let cell = open.get_mut(y)?.get_mut(x)?;
    core::mem::take(cell).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(picture: &[&str]) -> Marks {
        let mut marks = Marks::new(picture[0].len(), picture.len());
        for (y, row) in picture.iter().enumerate() {
            for (x, _) in row.bytes().enumerate().filter(|&(_, b)| b == b'#') {
                marks.mark(x, y);
            }
        }
        marks
    }

    #[test]
    fn the_largest_group_wins_and_corners_touch() {
        let m = marks(&["##....", "#...#.", "...#..", "..#..#"]);
        let group = m.largest().expect("there");
        assert_eq!(group.marks, 3);
        let rect = group.rect((32, 16), 1000, 1000);
        assert_eq!(rect, Rect { x: 0, y: 0, w: 64, h: 32 });
        let m = marks(&["##....", "#...#.", "...#.#", "..#..#"]);
        let rect = m.largest().expect("there").rect((32, 16), 180, 60);
        assert_eq!(rect, Rect { x: 64, y: 16, w: 116, h: 44 });
        assert_eq!(marks(&["...", "..."]).largest(), None);
    }

    #[test]
    fn the_middle_counts_twice() {
        let m = marks(&["######..", "........", "...##...", "...##...", "........", "........"]);
        assert_eq!(m.largest().expect("there").marks, 6);
        assert_eq!(m.best_placed().expect("there").marks, 4);
    }

    #[test]
    fn sides_on_the_border_are_counted() {
        let m = marks(&["##....", "##....", ".#....", "......"]);
        assert_eq!(m.largest().expect("there").against(), [2.0 / 3.0, 0.0, 1.0, 0.0]);
        let m = marks(&["......", "...###", ".#####", "..#..."]);
        assert_eq!(m.largest().expect("there").against(), [0.0, 2.0 / 3.0, 0.0, 0.2]);
    }

    #[test]
    fn a_large_grid_is_seen_coarsely() {
        let mut m = Marks::new(320, 320);
        for y in 100..150 {
            for x in 200..210 {
                m.mark(x, y);
            }
        }
        // Lone marks are too sparse for their cells.
        for k in 0..100 {
            m.mark(k % 10 * 10, k);
        }
        let group = m.largest().expect("there");
        assert_eq!(group.marks, 500);
        assert_eq!(group.rect((8, 8), 4000, 4000), Rect { x: 1600, y: 800, w: 80, h: 400 });
    }

    #[test]
    fn a_full_or_absurd_grid_ends() {
        let mut m = Marks::new(32, 32);
        (0..1024).for_each(|i| m.mark(i % 32, i / 32));
        assert_eq!(m.largest().expect("there").marks, 1024);
        let mut m = Marks::new(usize::MAX, 0);
        m.mark(usize::MAX, usize::MAX);
        m.mark(7, 0);
        assert_eq!(m.largest(), None);
    }
}
