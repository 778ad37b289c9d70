//! What is said while the folder of a plugin is built again and again.

use super::{BOLD, diagnostics, escape::terminal, short};
use crate::{diagnostic::Diagnostic, protocol::Rebuilt};

/// What is done now in a folder.
#[must_use]
pub fn building(folder: &str, step: &str) -> String {
    format!("{}: {}\n", terminal(folder), terminal(step))
}

/// A plugin was built.
#[must_use]
pub fn rebuilt(rebuilt: &Rebuilt) -> String {
    let Rebuilt { id, version, size, digest, milliseconds, .. } = rebuilt;
    format!(
        "{BOLD}{} {}{BOLD:#} is built: {}, {}, in {}.{} s\n\n",
        terminal(id),
        terminal(version),
        in_kib(*size),
        short(digest),
        milliseconds / 1_000,
        milliseconds % 1_000 / 100,
    )
}

fn in_kib(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}

/// A folder could not be built: the compiler's own words with its colours, and then ours.
#[must_use]
pub fn build_failed(folder: &str, words: &str, problems: &[Diagnostic], stays: bool) -> String {
    let stays = match stays {
        true => "the last good build stays",
        false => "nothing was built of it yet",
    };
    let said = diagnostics(problems);
    format!("{words}{said}\n{BOLD}{}{BOLD:#}: {stays}; waiting for the next save\n\n", terminal(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_says_what_came_of_it() {
        let plugin = Rebuilt {
            id: "support".to_owned(),
            version: "1.0.0".to_owned(),
            file: "support/target/support.wasm".to_owned(),
            size: 34_817,
            digest: format!("blake3:{}", "a".repeat(64)),
            milliseconds: 1_249,
        };
        let plain = |text: &str| anstream::adapter::strip_str(text).to_string();
        assert_eq!(plain(&rebuilt(&plugin)), "support 1.0.0 is built: 35 KiB, aaaaaaaaaaaa, in 1.2 s\n\n");
        let problem = [Diagnostic::error("cargo build failed")];
        insta::assert_snapshot!(plain(&build_failed("support", "error: expected `;`\n", &problem, true)), @"
        error: expected `;`
        error: cargo build failed

        support: the last good build stays; waiting for the next save
        ");
        assert!(
            plain(&build_failed("support", "", &problem, false))
                .contains("support: nothing was built of it yet")
        );
    }
}
