//! `landfall.yaml`, which lies in no folder of rules.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::scalar::{By, Count, Flag, JurisdictionId, PluginId, Size, Text};
use crate::plugin::{COMPILE_SETTINGS, Limits, SETTINGS, Setting, Unit};

/// What the operator of a host decides.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, title = "Landfall: landfall.yaml")]
pub struct ConfigFile {
    /// `landfall/config@1`
    #[schemars(extend("const" = "landfall/config@1"))]
    pub schema: String,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a tracing filter. A flag wins.
    pub log: Option<Text>,
    /// Where to listen, instead of the default socket; read at start.
    #[schemars(length(min = 1))]
    pub listen: Option<Vec<Listen>>,
    /// Who may ask over TCP.
    pub tokens: Option<Vec<Token>>,
    /// Whose signatures count for what.
    pub trust: Option<Trust>,
    /// What plugins and clients may use.
    pub limits: Option<LimitsFile>,
    /// What is kept.
    pub history: Option<History>,
}

/// A socket or an address.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Listen {
    /// A socket file.
    Unix(UnixSocket),
    /// An address; beyond this machine with tokens, and with `tls` or `behind_proxy`.
    Tcp(TcpAddress),
}

/// A socket file.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct UnixSocket {
    /// Its path, from the folder of this file.
    pub unix: Text,
    /// A group that may ask too; else the user alone.
    pub group: Option<Text>,
}

/// An address.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TcpAddress {
    /// `"127.0.0.1:7878"`
    pub tcp: Text,
    /// What the host ends TLS with.
    pub tls: Option<Tls>,
    /// Whether a proxy ends TLS before it.
    pub behind_proxy: Option<Flag>,
}

/// What the host ends TLS with; both PEM, paths from the folder of this file.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tls {
    /// The chain, its own certificate first.
    pub certificate: Text,
    /// The private key.
    pub key: Text,
}

/// Somebody who may ask. `landfall token new` prints one.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Token {
    /// Who, for logs; each once.
    pub name: PluginId,
    /// What they may do.
    pub may: May,
    /// Of the token, which stands nowhere.
    #[schemars(regex(pattern = "^blake3:[0-9a-fA-F]{64}$"))]
    pub hash: String,
}

/// What somebody may do.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum May {
    /// Ask.
    Read,
    /// Ask, and change what is served.
    Admin,
}

/// Whose signatures count for what.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("if" = {"properties": {"require_signatures": {"const": true}}, "required": ["require_signatures"]}))]
#[schemars(extend("then" = {"required": ["keys"]}))]
pub struct Trust {
    /// Whether what is not signed is refused. A signature that is there must hold in any case.
    pub require_signatures: Option<Flag>,
    /// Who signs.
    pub keys: Option<Vec<TrustedKey>>,
}

/// Somebody who signs.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrustedKey {
    /// Who, for messages; each once.
    pub name: PluginId,
    /// The public key as minisign prints it.
    pub key: Text,
    /// Whose rule files they may sign, and for which their plugins may be bound.
    pub jurisdictions: AllOr<JurisdictionId>,
    /// For which stages their plugins may be bound.
    pub stages: AllOr<Stage>,
    /// Which base files they may sign; none where it is not said.
    pub base: Option<AllOr<BaseFile>>,
}

/// The word `all`, or a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged, rename = "AllOr{T}")]
pub enum AllOr<T> {
    /// Everything, also what is not there yet.
    All(All),
    /// Only these.
    Some(Vec<T>),
}

/// The word `all`.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum All {
    /// Everything.
    All,
}

/// One of the five.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Stage {
    /// c
    MarketSelection,
    /// d
    DataAdaptation,
    /// l
    Compliance,
    /// f
    Culture,
    /// o
    Output,
}

/// A file that is no jurisdiction.
#[derive(Debug, JsonSchema)]
pub enum BaseFile {
    /// The facts.
    #[schemars(rename = "facts.yaml")]
    Facts,
    /// The exchange rates.
    #[schemars(rename = "fx.yaml")]
    Fx,
    /// The day rates.
    #[schemars(rename = "rates.yaml")]
    Rates,
    /// The roles.
    #[schemars(rename = "roles.yaml")]
    Roles,
}

/// What plugins and clients may use.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LimitsFile {
    /// Of every plugin that is not named.
    pub default: Option<PluginLimits>,
    /// Of single plugins, laid over the default.
    pub plugins: Option<By<PluginId, PluginLimits>>,
    /// Of clients; read at start.
    pub queries: Option<Queries>,
}

/// How many clients are served.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Queries {
    /// Queries that run, 1 to 32; as many as there are processors where it is not said.
    pub at_once: Option<Count>,
    /// Queries that may wait, up to 10,000; sixteen for each that runs where it is not said.
    pub waiting: Option<Count>,
    /// Memory for answers that are remembered for as long as their generation is served, up to 4 GiB; 64 MiB where it is
    /// not said.
    pub remembered: Option<Size>,
}

/// What is kept.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct History {
    /// Generations, the newest first, 1 to 100,000; 200 where it is not said.
    pub generations: Option<Count>,
}

/// What a plugin may use: made of the table of settings, as the reader is.
#[derive(Debug)]
pub struct PluginLimits;

/// What compiling a plugin may use.
#[derive(Debug)]
pub struct CompileLimits;

impl JsonSchema for PluginLimits {
    fn schema_name() -> Cow<'static, str> {
        "PluginLimits".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = all(&SETTINGS);
        let compile = generator.subschema_for::<CompileLimits>();
        properties.insert("compile".to_owned(), compile.to_value());
        limits("What a plugin may use.", &properties)
    }
}

impl JsonSchema for CompileLimits {
    fn schema_name() -> Cow<'static, str> {
        "CompileLimits".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        limits("What compiling a plugin may use.", &all(&COMPILE_SETTINGS))
    }
}

fn limits(about: &str, properties: &Map<String, Value>) -> Schema {
    json_schema!({
        "description": about, "type": "object", "properties": properties, "additionalProperties": false
    })
}

fn all(settings: &[Setting]) -> Map<String, Value> {
    let defaults = Limits::default();
    let one = |setting: &Setting| {
        let show = |n| setting.unit.show(n);
        let (default, least, most) = (setting.get(&defaults), setting.least, setting.most);
        let about = format!(
            "{}: {} to {}, {} where it is not said",
            setting.about,
            show(least),
            show(most),
            show(default)
        );
        let mut schema = shape(setting.unit);
        if let Value::Object(shape) = &mut schema {
            shape.insert("description".to_owned(), about.into());
        }
        (setting.key.to_owned(), schema)
    };
    settings.iter().map(one).collect()
}

fn shape(unit: Unit) -> Value {
    match unit {
        Unit::Count => json!({"type": ["integer", "string"], "pattern": "^[0-9]([0-9_]*[0-9])?$"}),
        Unit::Bytes => json!({"type": "string", "pattern": "^[0-9][0-9_]* *(bytes?|KiB|MiB|GiB)$"}),
        Unit::Milliseconds | Unit::Seconds => {
            json!({"type": "string", "pattern": "^[0-9][0-9_]* *(ms|s|min|h)$"})
        }
    }
}
