//! Recall and precision over all thresholds.
//!
//! A threshold takes every find at or above it, so that of finds of the same score all
//! are taken or none. Figures are given for any weights of the groups, which is what a
//! [bootstrap](super::super::bootstrap) resample is made of.

/// One find that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Find {
    /// How sure it was.
    pub score: f64,
    /// Whether it is a face.
    pub right: bool,
    /// Group of its photograph.
    pub group: usize,
}

/// Finds of all photographs, and how many faces and photographs there are.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    finds: Vec<Find>,
    /// Faces of each group.
    faces: Vec<u64>,
    /// Photographs of each group.
    pictures: Vec<u64>,
}

/// Figures at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// Share of faces found; `None` without faces.
    pub recall: Option<f64>,
    /// Share of finds that are faces; `None` without finds.
    pub precision: Option<f64>,
    /// Finds that are none, for each photograph.
    pub false_per_picture: Option<f64>,
}

impl Curve {
    /// Adds one photograph.
    pub fn add(&mut self, group: usize, faces: u64, finds: impl Iterator<Item = Find>) {
        let groups = self.faces.len().max(group + 1);
        self.faces.resize(groups, 0);
        self.pictures.resize(groups, 0);
        self.faces[group] += faces;
        self.pictures[group] += 1;
        self.finds.extend(finds);
    }

    /// The same, the surest finds first, as all figures need it.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.finds.sort_by(|a, b| b.score.total_cmp(&a.score));
        self
    }

    /// Number of groups.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.faces.len()
    }

    /// Weight one for every group.
    #[must_use]
    pub fn whole(&self) -> Vec<u32> {
        vec![1; self.groups()]
    }

    /// Score, right finds and all finds at each threshold, the highest first.
    fn steps<'a>(&'a self, weights: &'a [u32]) -> impl Iterator<Item = (f64, u64, u64)> + 'a {
        let weight = |find: &Find| u64::from(weights.get(find.group).copied().unwrap_or(0));
        let ties = self.finds.chunk_by(|a, b| a.score == b.score);
        let ties = ties.filter_map(move |tie| {
            let sum = |right: bool| -> u64 {
                tie.iter().filter(|find| find.right == right).map(weight).sum()
            };
            // What a resample holds none of is no threshold of it.
            Some((tie.first()?.score, sum(true), sum(false))).filter(|&(_, r, w)| r + w > 0)
        });
        ties.scan((0, 0), |(right, all), (score, more_right, more_wrong)| {
            *right += more_right;
            *all += more_right + more_wrong;
            Some((score, *right, *all))
        })
    }

    fn sum(of: &[u64], weights: &[u32]) -> u64 {
        of.iter().zip(weights).map(|(&count, &weight)| count * u64::from(weight)).sum()
    }

    /// The most recall at which precision is at least so high, and the threshold; no
    /// threshold where none gives it. `None` without faces.
    #[must_use]
    pub fn recall_at(&self, precision: f64, weights: &[u32]) -> Option<(f64, Option<f64>)> {
        let faces = Self::sum(&self.faces, weights);
        let holds = |&(_, right, all): &(f64, u64, u64)| right as f64 >= precision * all as f64;
        let last = self.steps(weights).filter(holds).last();
        let (right, threshold) = last.map_or((0, None), |(score, right, _)| (right, Some(score)));
        (faces > 0).then(|| (right as f64 / faces as f64, threshold))
    }

    /// Area under precision over recall, not interpolated: the sum over the thresholds
    /// of the recall that each adds times its precision (Manning, Raghavan and Schütze,
    /// "Introduction to Information Retrieval", 2008, 8.4). `None` without faces.
    #[must_use]
    pub fn average_precision(&self, weights: &[u32]) -> Option<f64> {
        let faces = Self::sum(&self.faces, weights);
        let mut before = 0;
        let sum: f64 = self
            .steps(weights)
            .map(|(_, right, all)| {
                let added = right - before;
                before = right;
                added as f64 * right as f64 / all as f64
            })
            .sum();
        (faces > 0).then(|| sum / faces as f64)
    }

    /// Figures at a threshold.
    #[must_use]
    pub fn at(&self, threshold: f64, weights: &[u32]) -> At {
        let faces = Self::sum(&self.faces, weights);
        let pictures = Self::sum(&self.pictures, weights);
        let last = self.steps(weights).take_while(|&(score, _, _)| score >= threshold).last();
        let (right, all) = last.map_or((0, 0), |(_, right, all)| (right, all));
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        At {
            recall: share(right, faces),
            precision: share(right, all),
            false_per_picture: share(all - right, pictures),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two photographs, of 3 and 1 faces.
    fn curve() -> Curve {
        let find = |group| move |&(score, right): &(f64, bool)| Find { score, right, group };
        let mut curve = Curve::default();
        let first = [(0.9, true), (0.6, false), (0.5, true), (0.5, false)];
        curve.add(0, 3, first.iter().map(find(0)));
        curve.add(1, 1, [(0.8, true), (0.4, false)].iter().map(find(1)));
        curve.sorted()
    }

    #[test]
    fn figures_by_hand() {
        let curve = curve();
        let all = curve.whole();
        // Right and all: 1 of 1, 2 of 2, 2 of 3, 3 of 5, 3 of 6.
        assert_eq!(curve.recall_at(0.88, &all), Some((0.5, Some(0.8))));
        assert_eq!(curve.recall_at(0.6, &all), Some((0.75, Some(0.5))));
        assert_eq!(curve.recall_at(1.1, &all), Some((0.0, None)));
        assert_eq!(curve.average_precision(&all), Some((1.0 + 1.0 + 0.6) / 4.0));
        let at = curve.at(0.5, &all);
        assert_eq!((at.recall, at.precision), (Some(0.75), Some(0.6)));
        assert_eq!(at.false_per_picture, Some(1.0));
        let none = At { recall: Some(0.0), precision: None, false_per_picture: Some(0.0) };
        assert_eq!(curve.at(0.95, &all), none);
    }

    #[test]
    fn weights_count_a_photograph_as_often_as_they_say() {
        let curve = curve();
        // The second one only: right at 0.8, wrong at 0.4.
        assert_eq!(curve.average_precision(&[0, 2]), Some(1.0));
        assert_eq!(curve.recall_at(0.88, &[0, 1]), Some((1.0, Some(0.8))));
        assert_eq!(curve.at(0.3, &[0, 3]).precision, Some(0.5));
        assert_eq!(curve.at(0.3, &[2, 0]).recall, Some(2.0 / 3.0));
    }

    #[test]
    fn without_faces_there_is_no_recall() {
        let mut curve = Curve::default();
        curve.add(0, 0, [Find { score: 0.9, right: false, group: 0 }].into_iter());
        curve.add(1, 0, std::iter::empty());
        let curve = curve.sorted();
        assert_eq!(curve.recall_at(0.88, &curve.whole()), None);
        assert_eq!(curve.average_precision(&curve.whole()), None);
        let at = curve.at(0.5, &curve.whole());
        assert_eq!((at.recall, at.precision, at.false_per_picture), (None, Some(0.0), Some(0.5)));
    }
}
