//! The weights of the models of exposure.
//!
//! Written by models/train/exposure.py; do not edit. Trained on photographs of the
//! packs exposure, blur and quality/clive.

/// Unusably dark, log odds: offset; detail; contrast; brightness.
pub(super) const UNDER: [f32; 4] = [14.5747, -2.0037, -3.2657, -5.8243];

/// Unusably bright, log odds: offset; blown; lost; white; detail; centre; shadows.
pub(super) const OVER: [f32; 7] = [-11.4464, 11.5395, 4.1461, -7.6007, 1.0588, 1.2289, -1.1678];
