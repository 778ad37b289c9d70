//! `landfall serve`: run the host until it is told to stop.

use std::{path::PathBuf, time::Duration};

use clap::ValueHint;
use tokio::runtime::Runtime;

use super::{
    Failure,
    seam::{self, Folders},
    stop::told_to_stop,
    whom::DEFAULT_NAME,
};
use crate::{
    address::Address,
    config::{Config, ConfigFile},
    exit_code::Outcome,
    id::JurisdictionId,
    logging,
    reload::Terms,
    server::{self, Access, BindError, Listener, Setup},
    state::{self, StateFolder},
};

const AFTER_HELP: &str = "\
Examples:
  landfall serve --rules rules/world --plugins target/plugins
  landfall serve --rules rules/world --plugins target/plugins --listen tcp:127.0.0.1:7878
  landfall serve --rules r --plugins p --name staging --log-format json
  landfall serve --rules r --plugins p --config /etc/landfall/landfall.yaml

The unix socket is for the same user alone; TCP is for this machine alone, and read-only without a token that may
`admin`. A landfall.yaml lets others in: with tokens, and TLS or a proxy that ends it (see docs/network.md).
SIGINT and SIGTERM let requests under way finish, for at most ten seconds.";

/// What is left of work nobody waits for any more when the host ends.
const LEFT_OVER: Duration = Duration::from_millis(100);

/// Run a host: watch rules and plugins, reload them while running, answer
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Folder of rules to watch
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: PathBuf,
    /// Folder of plugins to watch
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: PathBuf,
    /// Name of this host: it decides the default socket and state folder
    #[arg(long, default_value = DEFAULT_NAME, value_parser = parse_name)]
    name: String,
    /// Folder for state and compiled plugins [default: $XDG_STATE_HOME/landfall/NAME]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    state: Option<PathBuf>,
    /// The operator's landfall.yaml: listeners, tokens, trusted keys, limits, log; in no watched folder
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Where to listen: unix:PATH or tcp:127.0.0.1:PORT; may be repeated [default: the unix socket
    /// NAME.sock in $XDG_RUNTIME_DIR/landfall or the state folder]
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<Address>,
    /// How to write the log, which goes to stderr
    #[arg(long, value_enum, default_value_t)]
    log_format: logging::Format,
    /// What to log: error, warn, info, debug, trace, or a tracing filter [default: what the configuration
    /// says, else info]
    #[arg(long, value_name = "LEVEL", env = logging::VARIABLE)]
    log_level: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let (file, config) = configuration(args)?;
    let level = args.log_level.as_deref().or(config.log.as_ref().map(|log| log.value.as_str()));
    logging::start(level.unwrap_or(logging::USUAL), args.log_format).map_err(Failure::usage)?;
    let state = StateFolder::open(&state_path(args)?)?;
    // Before anything is loaded: a wrong address should not take a minute to be seen.
    let listeners = listen(args, &config)?;
    let runtime = Runtime::new().map_err(|error| Failure::system("start the runtime", error))?;
    let stop = runtime
        .block_on(async { told_to_stop() })
        .map_err(|error| Failure::system("listen for signals", error))?;
    let folders = Folders { rules: args.rules.clone(), plugins: args.plugins.clone() };
    let queries = config.limits.queries;
    let terms = file.map(|file| Terms::new(file, config, args.log_level.is_some()));
    let in_force = terms.as_ref().map(Terms::in_force).unwrap_or_default();
    let setup = Setup { access: Access::following(move || in_force.now()), queries };
    let host = seam::live(&folders, state.path(), terms).map_err(Failure::Refused)?;
    let served = runtime.block_on(server::run(listeners, host, setup, stop));
    runtime.shutdown_timeout(LEFT_OVER);
    drop(state);
    served.map_err(|error| Failure::system("serve", error))?;
    tracing::info!("stopped");
    Ok(Outcome::Done)
}

fn state_path(args: &Args) -> Result<PathBuf, Failure> {
    match &args.state {
        Some(path) => Ok(path.clone()),
        None => Ok(state::state_folder(&args.name)?),
    }
}

/// The configuration, where one is named.
fn configuration(args: &Args) -> Result<(Option<ConfigFile>, Config), Failure> {
    let Some(path) = &args.config else { return Ok((None, Config::default())) };
    let file = ConfigFile::new(path.clone(), vec![args.rules.clone(), args.plugins.clone()]);
    let config = file.read().map_err(Failure::Input)?;
    Ok((Some(file), config))
}

/// Where the command line or, where it says nothing, the configuration says; else the default socket.
fn listen(args: &Args, config: &Config) -> Result<Vec<Listener>, Failure> {
    let has_tokens = !config.tokens.is_empty();
    let opened: Result<Vec<_>, BindError> = match (args.listen.as_slice(), config.listen.as_slice()) {
        ([], []) => Listener::bind(&default_socket(args)?).map(|listener| vec![listener]),
        (addresses, []) => addresses.iter().map(Listener::bind).collect(),
        ([], listen) => listen.iter().map(|listen| Listener::configured(listen, has_tokens)).collect(),
        (_, _) => {
            return Err(Failure::Usage {
                message: "both `--listen` and the configuration say where to listen".to_owned(),
                help: Some("leave one of them out".to_owned()),
            });
        }
    };
    Ok(opened?)
}

fn default_socket(args: &Args) -> Result<Address, Failure> {
    let socket = state::default_socket(&args.name)?;
    if let Some(folder) = socket.parent() {
        state::private_folder(folder)?;
    }
    Ok(Address::Unix(socket))
}

/// It becomes a file name, so it is kebab-case like the other names of files.
fn parse_name(text: &str) -> Result<String, String> {
    JurisdictionId::parse(text).map(|name| name.to_string()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert_eq!(parse_name("eu-staging").as_deref(), Ok("eu-staging"));
        assert!(parse_name("../x").is_err());
    }
}
