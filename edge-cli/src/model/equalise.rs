//! Cross-layer equalisation (Nagel et al., "Data-Free Quantization Through Weight
//! Equalization and Bias Correction", 2019, section 4.1).
//!
//! Where a layer feeds only one other and nothing between them but a rectifier, a
//! channel may be scaled down on one side and up on the other: the network computes the
//! same. Done so that each channel's weights reach as far on both sides, no channel
//! wastes the range of the tensor between.

use super::graph::{Graph, Kind};

/// Rounds over all pairs; the factors have settled long before.
const ROUNDS: usize = 20;

/// Factors are held within this and its inverse, lest dead channels explode.
const MOST: f32 = 1e3;

/// The network with its weights equalised; `None` where there is no pair.
#[must_use]
pub fn equalised(graph: &Graph) -> Option<Graph> {
    let pairs = pairs(graph);
    if pairs.is_empty() {
        return None;
    }
    let mut graph = graph.clone();
    for _ in 0..ROUNDS {
        for &(first, second) in &pairs {
            equalise(&mut graph, first, second);
        }
    }
    Some(graph)
}

/// Layers with weights that follow each other.
fn pairs(graph: &Graph) -> Vec<(usize, usize)> {
    let pair = |(first, node): (usize, &super::graph::Node)| {
        let parameters = node.parameters()?;
        if !parameters.activation.is_homogeneous() {
            return None;
        }
        let second = graph.only_reader(first + 1)?;
        let next = graph.nodes[second].parameters()?;
        // A dense layer may read a picture: then its inputs are no channels.
        let inputs = match &graph.nodes[second].kind {
            Kind::Dense(_) => next.weights.len() / next.bias.len(),
            _ => parameters.bias.len(),
        };
        (inputs == parameters.bias.len()).then_some((first, second))
    };
    graph.nodes.iter().enumerate().filter_map(pair).collect()
}

fn equalise(graph: &mut Graph, first: usize, second: usize) {
    let (Some(before), Some(after)) =
        (graph.nodes[first].parameters(), graph.nodes[second].parameters())
    else {
        return;
    };
    let channels = before.bias.len();
    let depthwise = matches!(graph.nodes[second].kind, Kind::Depthwise(..));
    let each = before.weights.len() / channels;
    let reach =
        |weights: &mut dyn Iterator<Item = &f32>| weights.fold(0.0f32, |m, w| m.max(w.abs()));
    let factors: Vec<f32> = (0..channels)
        .map(|channel| {
            let one = reach(&mut before.weights[channel * each..][..each].iter());
            let other = if depthwise {
                let each = after.weights.len() / channels;
                reach(&mut after.weights[channel * each..][..each].iter())
            } else {
                reach(&mut after.weights.iter().skip(channel).step_by(channels))
            };
            let factor = (one * other).sqrt() / other;
            if factor.is_normal() { factor.clamp(1.0 / MOST, MOST) } else { 1.0 }
        })
        .collect();
    if let Some(before) = graph.nodes[first].parameters_mut() {
        let rows = before.weights.chunks_exact_mut(each).zip(&mut before.bias);
        for ((weights, bias), factor) in rows.zip(&factors) {
            weights.iter_mut().for_each(|weight| *weight /= factor);
            *bias /= factor;
        }
    }
    if let Some(after) = graph.nodes[second].parameters_mut() {
        if depthwise {
            let each = after.weights.len() / channels;
            for (weights, factor) in after.weights.chunks_exact_mut(each).zip(&factors) {
                weights.iter_mut().for_each(|weight| *weight *= factor);
            }
        } else {
            for weights in after.weights.chunks_exact_mut(channels) {
                weights.iter_mut().zip(&factors).for_each(|(weight, factor)| *weight *= factor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::eval;
    use crate::model::graph::tests::{input, uneven};

    #[test]
    fn what_is_equalised_computes_the_same() {
        let graph = uneven();
        let even = equalised(&graph).expect("pairs");
        let reach = |graph: &Graph, channel: usize| {
            let weights = &graph.nodes[0].parameters().expect("weights").weights;
            let each = weights.len() / 4;
            weights[channel * each..][..each].iter().fold(0.0f32, |most, w| most.max(w.abs()))
        };
        assert!(reach(&graph, 3) / reach(&graph, 0) > 100.0);
        assert!(reach(&even, 3) / reach(&even, 0) < 50.0, "{}", reach(&even, 3) / reach(&even, 0));
        for seed in 0..4 {
            let (one, other) = (eval::run(&graph, &input(seed)), eval::run(&even, &input(seed)));
            let (one, other) = (one.last().expect("nodes"), other.last().expect("nodes"));
            // Large terms cancel, so that rounding is told by the largest output.
            let most = one.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            for (a, b) in one.iter().zip(other) {
                assert!((a - b).abs() <= 1e-5 * most, "{a} {b} of {most}");
            }
        }
    }

    #[test]
    fn a_ceiling_is_not_drawn_through() {
        let mut graph = uneven();
        for node in &mut graph.nodes {
            if let Some(p) = node.parameters_mut() {
                p.activation.max = Some(6.0);
            }
        }
        assert!(equalised(&graph).is_none());
    }
}
