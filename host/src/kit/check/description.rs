//! What a plugin says of itself, read by people.

use crate::{
    diagnostic::Diagnostic,
    plugin::{Description, id_of_file},
};

/// What is to be said of it; `file` is the name of its file.
pub(super) fn findings(about: &Description, file: &str) -> Vec<Diagnostic> {
    [name(about, file), summary(about), version(about)].into_iter().flatten().collect()
}

/// In a host's folder the file's name decides.
fn name(about: &Description, file: &str) -> Option<Diagnostic> {
    let named = id_of_file(file)?;
    if named == about.id.as_str() {
        return None;
    }
    let message = format!("plugin `{file}` says that its id is `{}`", about.id);
    Some(
        Diagnostic::error(message)
            .help(format!("rename the file to `{}.wasm`, or give the plugin the id `{named}`", about.id)),
    )
}

fn summary(about: &Description) -> Option<Diagnostic> {
    let words = |text: &str| text.to_lowercase().replace(['-', '_', '.'], " ").trim().to_owned();
    if words(&about.summary) != words(about.id.as_str()) {
        return None;
    }
    let message = format!("the summary `{}` only repeats the id", about.summary);
    Some(
        Diagnostic::warning(message)
            .help("say in a few words what it computes, and from what: people read it beside the numbers"),
    )
}

fn version(about: &Description) -> Option<Diagnostic> {
    if is_semantic(&about.version) {
        return None;
    }
    let message = format!("the version `{}` is not a semantic one", about.version);
    Some(Diagnostic::warning(message).help("write three numbers, as in `1.0.0`: people compare them"))
}

/// Whether it is `1.2.3`, with `-alpha.1` and `+build` after it where that is said (semver.org, 2.0.0).
fn is_semantic(version: &str) -> bool {
    let (version, build) = version.split_once('+').map_or((version, None), |(v, build)| (v, Some(build)));
    let (core, before) = version.split_once('-').map_or((version, None), |(v, before)| (v, Some(before)));
    let number = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    core.split('.').count() == 3
        && core.split('.').all(number)
        && before.is_none_or(|text| text.split('.').all(|part| word(part) && (!digits(part) || number(part))))
        && build.is_none_or(|text| text.split('.').all(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_semantic_or_not() {
        for good in [
            "1.0.0",
            "0.10.2",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-0.3.7",
            "1.0.0+build.05",
            "1.0.0-x-y.z+a-b",
        ] {
            assert!(is_semantic(good), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "01.0.0",
            "1.0.0-",
            "1.0.0-01",
            "1.0.0+",
            "v1.0.0",
            "1.a.0",
            "1.0.0-a..b",
        ] {
            assert!(!is_semantic(bad), "{bad}");
        }
    }
}
