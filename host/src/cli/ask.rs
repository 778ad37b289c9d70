//! The question: a strategy file, and what is asked instead of what it says.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::ValueHint;

use super::Failure;
use crate::{
    diagnostic::Diagnostic,
    protocol::{QueryRequest, StrategyText},
    source::{MAX_FILE_BYTES, SourceFile},
};

/// Arguments of the verbs that ask about a strategy.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Ask {
    /// Strategy file, or - for stdin
    #[arg(value_name = "STRATEGY", value_hint = ValueHint::FilePath)]
    strategy: PathBuf,
    #[command(flatten)]
    instead: Instead,
    /// A generation the host still keeps, by number or digest, instead of the current one
    #[arg(long, value_name = "NUMBER|DIGEST", help_heading = "Whom to ask")]
    generation: Option<String>,
}

/// What is asked instead of what a strategy says.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Instead {
    /// First day of the horizon, instead of the strategy's
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// A value instead of the strategy's, as in markets.br.users=1000000; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// A what-if overlay of a rule file, as in br.cap_doubles; may be repeated
    #[arg(long, value_name = "FILE.NAME")]
    scenario: Vec<String>,
}

impl Ask {
    pub(super) fn request(&self) -> Result<QueryRequest, Failure> {
        let generation = self.generation.clone();
        Ok(QueryRequest { generation, ..self.instead.of(read_strategy(&self.strategy)?) })
    }

    /// The file that is read; none for stdin.
    pub(super) fn file(&self) -> Option<&Path> {
        (self.strategy.to_str() != Some("-")).then_some(&self.strategy)
    }
}

impl Instead {
    /// The question about a strategy.
    pub(super) fn of(&self, strategy: StrategyText) -> QueryRequest {
        QueryRequest {
            as_of: self.as_of.clone(),
            set: self.set.clone(),
            scenario: self.scenario.clone(),
            ..QueryRequest::new(strategy)
        }
    }

    /// Whether nothing is asked otherwise.
    pub(super) const fn is_nothing(&self) -> bool {
        self.as_of.is_none() && self.set.is_empty() && self.scenario.is_empty()
    }
}

/// Reads a strategy file, or stdin.
pub(super) fn read_strategy(path: &Path) -> Result<StrategyText, Failure> {
    let (name, bytes) = match path.to_str() {
        Some("-") => ("<stdin>".to_owned(), bounded(io::stdin().lock())),
        _ => (path.display().to_string(), File::open(path).and_then(bounded)),
    };
    let bytes = bytes.map_err(|error| {
        Failure::Input(vec![Diagnostic::error(format!("cannot be read: {error}")).in_file(&name)])
    })?;
    let source = SourceFile::new(&name, &bytes).map_err(|problem| Failure::Input(vec![problem]))?;
    Ok(StrategyText { name, text: source.text.to_string() })
}

/// One byte more than is accepted, so that too large a file is seen to be one.
fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let Err(Failure::Input(problems)) = read_strategy(file.path()) else { panic!("accepted") };
        problems[0].message.clone()
    }

    #[test]
    fn what_is_no_text_is_refused_here() {
        assert_eq!(refused(b"a: 1\n\xff"), "line 2 is not UTF-8");
        let large = vec![b'a'; MAX_FILE_BYTES + 7];
        assert_eq!(refused(&large), "the file has 1048577 bytes: at most 1048576 are read");
        let Err(Failure::Input(problems)) = read_strategy(Path::new("/no/such.yaml")) else { panic!() };
        assert_eq!(problems[0].file.as_deref(), Some("/no/such.yaml"));
    }
}
