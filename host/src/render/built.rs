//! What a build left, in a line.

use std::time::Duration;

use super::{BOLD, DIM, escape::terminal, took};
use crate::protocol::BuiltPlugin;

/// Where it is, how large, its digest, and how long it took.
#[must_use]
pub fn built(built: &BuiltPlugin) -> String {
    let took = match built.fresh {
        true => format!("built in {}", took(Duration::from_millis(built.milliseconds))),
        false => "up to date".to_owned(),
    };
    let file = terminal(&built.file);
    format!("{BOLD}{file}{BOLD:#}  {}  {took}\n{DIM}{}{DIM:#}\n", size(built.size), built.digest)
}

/// `43.1 KiB`.
fn size(bytes: u64) -> String {
    let (unit, name) = if bytes >= 1 << 20 { (1 << 20, "MiB") } else { (1 << 10, "KiB") };
    let tenths = bytes.saturating_mul(10) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::Digest, render::plain};

    #[test]
    fn a_build_is_said_in_a_line() {
        let fresh = BuiltPlugin {
            id: "support".to_owned(),
            version: "1.0.0".to_owned(),
            language: "rust",
            file: "target/support.wasm".to_owned(),
            size: 44_134,
            digest: Digest::from_bytes([0; 32]),
            fresh: true,
            milliseconds: 3_210,
        };
        let digest = format!("blake3:{}", "0".repeat(64));
        assert_eq!(
            plain(&built(&fresh)),
            format!("target/support.wasm  43.0 KiB  built in 3210 ms\n{digest}\n")
        );
        let kept = BuiltPlugin { fresh: false, size: 18 << 20, ..fresh };
        assert_eq!(plain(&built(&kept)), format!("target/support.wasm  18.0 MiB  up to date\n{digest}\n"));
    }
}
