//! `landfall token`: secrets that let others ask a host over TCP.

use clap::{Subcommand, ValueEnum};
use data_encoding::BASE64URL_NOPAD;

use super::{Failure, put, put_json};
use crate::{cli::format::TableOrJson, config, exit_code::Outcome, id::PluginId, protocol::NewToken, render};

const AFTER_HELP: &str = "\
Examples:
  landfall token new --name ci --may read
  landfall token new --name ops --may admin --format json | jq -r .token > token
  landfall status --host tls:landfall.example.org:7878 --ca ca.pem --token-file token";

const NEW_AFTER_HELP: &str = "\
Examples:
  landfall token new --name ci --may read

The token goes to stdout, and nowhere else: a host knows its hash alone. The line for landfall.yaml goes to stderr.
A client presents it with --token-file FILE or LANDFALL_TOKEN.";

/// Make tokens, which let others ask a host over TCP
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(New),
}

/// Print a new token, and the line that lets it in
#[derive(Debug, clap::Args)]
#[command(after_help = NEW_AFTER_HELP)]
struct New {
    /// Whose it is, for logs: kebab-case
    #[arg(long, value_parser = parse_name)]
    name: PluginId,
    /// What it lets do
    #[arg(long, value_enum)]
    may: May,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum May {
    /// Ask.
    Read,
    /// Ask, and change what is served: reload, rollback, pin.
    Admin,
}

impl From<May> for config::May {
    fn from(may: May) -> Self {
        match may {
            May::Read => Self::Read,
            May::Admin => Self::Admin,
        }
    }
}

/// Names of tokens are written as the names of plugins are.
fn parse_name(text: &str) -> Result<PluginId, impl Send + Sync + std::error::Error + use<>> {
    PluginId::parse(text)
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let Command::New(new) = &args.command;
    let token = generate()?;
    let hash = blake3::hash(token.as_bytes());
    let may = config::May::from(new.may);
    let new_token = NewToken {
        name: new.name.to_string(),
        may: may.as_str().to_owned(),
        hash: format!("blake3:{hash}"),
        token,
    };
    match new.format {
        TableOrJson::Table => {
            put(&format!("{}\n", new_token.token))?;
            render::note(&render::new_token(&new_token));
        }
        TableOrJson::Json => put_json(&new_token)?,
    }
    Ok(Outcome::Done)
}

/// `lf_` and 32 bytes that nobody can guess.
fn generate() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failure::system("get random bytes", error))?;
    Ok(format!("lf_{}", BASE64URL_NOPAD.encode(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word_of_43_letters_and_never_the_same() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one, other);
        let letters = one.strip_prefix("lf_").unwrap();
        assert_eq!(letters.len(), 43);
        assert!(letters.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{one}");
    }
}
