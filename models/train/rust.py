"""Trees as integer tables, and these as Rust."""

import numpy as np

DEPTH = 3
NODES = 2**DEPTH - 1
# A node that is none: everything goes left, and both sides hold the same leaf.
ALWAYS_LEFT = 32767


def trees(model, scale):
    """Complete trees of depth 3: (features, thresholds, leaves) of each.

    Node i goes on with 2 i + 1 where feature <= threshold, else with 2 i + 2.
    """
    tables = []
    for tree in model.booster_.dump_model()["tree_info"]:
        features, limits, leaves = [0] * NODES, [ALWAYS_LEFT] * NODES, [0] * (NODES + 1)

        def fill(node, at):
            if at >= NODES:
                leaves[at - NODES] = int(round(node["leaf_value"] * scale))
            elif "leaf_value" in node:
                fill(node, 2 * at + 1)
                fill(node, 2 * at + 2)
            else:
                features[at] = node["split_feature"]
                limits[at] = int(np.floor(node["threshold"]))
                fill(node["left_child"], 2 * at + 1)
                fill(node["right_child"], 2 * at + 2)

        fill(tree["tree_structure"], 0)
        tables.append((features, limits, leaves))
    return tables


def evaluate(tables, x):
    total = np.zeros(len(x), np.int64)
    rows = np.arange(len(x))
    for features, limits, leaves in tables:
        features, limits, leaves = np.array(features), np.array(limits), np.array(leaves)
        at = np.zeros(len(x), int)
        for _ in range(DEPTH):
            at = 2 * at + 1 + (x[rows, features[at]] > limits[at])
        total += leaves[at - NODES]
    return total


def write(path, models, names):
    lines = [
        "//! The boosted trees of the blur and motion models.",
        "//!",
        "//! Written by models/train/blur.py; do not edit. Trained on photographs and",
        "//! renderings of the packs blur, exposure and quality/clive (see models/train).",
        "",
        "use super::trees::Tree;",
        "",
        f"/// Features that the trees look at.\npub(super) const FEATURES: usize = {len(names)};",
    ]
    about = {
        "BLUR": "Log odds that a frame is unusably blurred.",
        "MOTION": "Log odds that a blurred frame was moved rather than out of focus.",
    }
    for name, tables in models.items():
        lines += ["", f"/// {about[name]}", "#[rustfmt::skip]"]
        lines.append(f"pub(super) static {name}: [Tree; {len(tables)}] = [")
        for features, limits, leaves in tables:
            lines.append(f"    Tree({features}, {limits}, {leaves}),".replace(", ", ","))
        lines.append("];")
    path.write_text("\n".join(lines) + "\n")
