//! Which face is meant, in words.

use edgecull_core::geometry::Rect;

/// The face with this box, as people count them: `face 3 of 5 from the left`. `None`
/// where there is no such face, or no other.
#[must_use]
pub fn whose(faces: impl Iterator<Item = Rect>, region: Rect) -> Option<String> {
    let faces: Vec<Rect> = faces.collect();
    let number = number(&faces, region)?;
    (faces.len() > 1).then(|| format!("face {number} of {} from the left", faces.len()))
}

/// Its number, from 1 for the leftmost by its middle; of those one above the other the
/// upper comes first.
#[must_use]
pub fn number(faces: &[Rect], region: Rect) -> Option<usize> {
    let order = |face: &Rect| (2 * u64::from(face.x) + u64::from(face.w), face.y, face.h);
    faces
        .contains(&region)
        .then(|| 1 + faces.iter().filter(|face| order(face) < order(&region)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: u32, y: u32, side: u32) -> Rect {
        Rect { x, y, w: side, h: side }
    }

    #[test]
    fn faces_are_counted_from_the_left() {
        let faces = [face(900, 5, 50), face(10, 5, 400), face(200, 90, 20), face(200, 50, 20)];
        let said = |of| whose(faces.into_iter(), of);
        assert_eq!(said(faces[0]).as_deref(), Some("face 4 of 4 from the left"));
        // Their middles are the same: the largest begins highest.
        assert_eq!(said(faces[1]).as_deref(), Some("face 1 of 4 from the left"));
        assert_eq!(said(faces[2]).as_deref(), Some("face 3 of 4 from the left"));
        assert_eq!(said(face(1, 2, 3)), None);
        assert_eq!(whose(faces[..1].iter().copied(), faces[0]), None);
    }
}
