//! Tells the crate whether a 32-bit ARM target has the DSP instructions: stable
//! compilers do not show that target feature.

use std::env;

/// Whether the target has `SMLAD`, `SMMULR`, `SXTB16` and `PKHBT`, and may load words
/// from any address: ARMv7-A under an operating system, and ARMv7E-M; ARMv8-M with
/// the DSP extension, which is no part of the target's name, so that
/// `-C target-feature=+dsp` has to say so. ARMv6 has the instructions as well, but
/// its targets, and those of ARMv7-A and ARMv7-R on bare metal, want alignment.
fn has_dsp(target: &str, flags: &str) -> bool {
    ["armv7-", "thumbv7neon-", "thumbv7em-"].iter().any(|start| target.starts_with(start))
        || (target.starts_with("thumbv8m.main-") && flags.contains("+dsp"))
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(edgecull_dsp)");
    let variable = |name| env::var(name).unwrap_or_default();
    if has_dsp(&variable("TARGET"), &variable("CARGO_ENCODED_RUSTFLAGS")) {
        println!("cargo::rustc-cfg=edgecull_dsp");
    }
}
