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
    config::{Config, ConfigFile, Listen},
    exit_code::Outcome,
    id::JurisdictionId,
    logging,
    reload::Terms,
    server::{self, Listener},
    state::{self, StateFolder},
};

const AFTER_HELP: &str = "\
Examples:
  landfall serve --rules rules/world --plugins target/plugins
  landfall serve --rules rules/world --plugins target/plugins --listen tcp:127.0.0.1:7878
  landfall serve --rules r --plugins p --name staging --log-format json
  landfall serve --rules r --plugins p --config /etc/landfall/landfall.yaml

The unix socket is for the same user alone; TCP is read-only and for this machine alone.
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
    let terms = file.map(|file| Terms::new(file, config, args.log_level.is_some()));
    let host = seam::live(&folders, state.path(), terms).map_err(Failure::Refused)?;
    let served = runtime.block_on(server::run(listeners, host, stop));
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

/// Where the command line or, where it says nothing, the configuration says.
fn addresses(args: &Args, config: &Config) -> Result<Vec<Address>, Failure> {
    if args.listen.is_empty() {
        return config.listen.iter().map(address).collect();
    }
    if config.listen.is_empty() {
        return Ok(args.listen.clone());
    }
    Err(Failure::Usage {
        message: "both `--listen` and the configuration say where to listen".to_owned(),
        help: Some("leave one of them out".to_owned()),
    })
}

fn address(listen: &Listen) -> Result<Address, Failure> {
    match listen {
        Listen::Unix { path, group: None } => Ok(Address::Unix(path.clone())),
        Listen::Tcp { address, tls: None, .. } if address.ip().is_loopback() => Ok(Address::Tcp(*address)),
        Listen::Unix { .. } => Err(Failure::usage("a socket for a group is not served")),
        Listen::Tcp { address, .. } => Err(Failure::usage(format!("`{address}` is not served"))),
    }
}

fn listen(args: &Args, config: &Config) -> Result<Vec<Listener>, Failure> {
    let mut addresses = addresses(args, config)?;
    if addresses.is_empty() {
        let socket = state::default_socket(&args.name)?;
        if let Some(folder) = socket.parent() {
            state::private_folder(folder)?;
        }
        addresses.push(Address::Unix(socket));
    }
    addresses.iter().map(|address| Listener::bind(address).map_err(Failure::from)).collect()
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
