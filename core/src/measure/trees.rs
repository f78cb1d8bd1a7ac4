//! Boosted trees of depth 3 over integer features.
//!
//! In come features; out goes a sum of leaves. Three comparisons a tree, no
//! multiplication, the same bits everywhere.

/// Nodes of a complete tree of depth 3.
const NODES: usize = 7;

/// One in the logarithm of the odds.
const SCALE: f32 = 1024.0;

/// A complete tree: for each node the feature that it looks at and its limit,
/// then the leaves, in 1024ths of log odds. Node `i` goes on with node `2 i + 1`
/// where the feature is at most the limit, else with `2 i + 2`; what lies behind
/// the last node is the leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree(
    pub(super) [u8; NODES],
    pub(super) [i16; NODES],
    pub(super) [i16; NODES + 1],
);

impl Tree {
    fn leaf(&self, features: &[i16; 256]) -> i16 {
        let Self(feature, limit, leaves) = self;
        let mut node = 0;
        for _ in 0..3 {
            let (Some(&at), Some(&limit)) = (feature.get(node), limit.get(node)) else {
                return 0;
            };
            node = 2 * node + 1 + usize::from(features[usize::from(at)] > limit);
        }
        leaves.get(node - NODES).copied().unwrap_or(0)
    }
}

/// Log odds that the trees add up to.
pub(super) fn log_odds(trees: &[Tree], features: &[i16]) -> f32 {
    // As many as an index byte can name.
    let mut all = [0; 256];
    all.iter_mut().zip(features).for_each(|(to, &from)| *to = from);
    let sum: i32 = trees.iter().map(|tree| i32::from(tree.leaf(&all))).sum();
    sum as f32 / SCALE
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves 0 to 7; the root looks at feature 0, the next level at 1, the last
    /// at 255.
    const TREE: Tree = Tree(
        [0, 1, 1, 255, 255, 255, 255],
        [10, 20, 20, 0, 0, 0, 0],
        [0, 1024, 2048, 3072, 4096, 5120, 6144, 7168],
    );

    #[test]
    fn every_leaf_is_reached_by_its_path() {
        for leaf in 0..8i16 {
            let mut features = [0; 256];
            features[0] = if leaf & 4 == 0 { 10 } else { 11 };
            features[1] = if leaf & 2 == 0 { 20 } else { i16::MAX };
            features[255] = if leaf & 1 == 0 { i16::MIN } else { 1 };
            assert_eq!(log_odds(&[TREE], &features), f32::from(leaf));
            assert_eq!(log_odds(&[TREE, TREE], &features), 2.0 * f32::from(leaf));
        }
    }

    #[test]
    fn missing_features_are_zero_and_no_trees_say_nothing() {
        assert_eq!(log_odds(&[TREE], &[11, 21]), 6.0);
        assert_eq!(log_odds(&[], &[1]), 0.0);
    }
}
