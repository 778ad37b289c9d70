//! What a plugin is: one trait, and one macro that exports it.

use crate::{Case, Choices, Failure, Knows, Line, Needs, Settings};

/// One of the five stage costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// c: choosing and entering the market.
    MarketSelection,
    /// d: adapting data and language.
    DataAdaptation,
    /// l: meeting the law.
    Compliance,
    /// f: working across cultures.
    Culture,
    /// o: delivering the output.
    Output,
}

impl Stage {
    /// All five, in the order of the objective.
    pub const ALL: &'static [Self] =
        &[Self::MarketSelection, Self::DataAdaptation, Self::Compliance, Self::Culture, Self::Output];
}

/// Who the plugin is. [`about!`](crate::about) fills it from `Cargo.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// kebab-case; the file in the plugins folder bears this name.
    pub id: &'static str,
    /// The plugin's own version.
    pub version: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The stages it can compute.
    pub stages: &'static [Stage],
    /// Whether each line depends on no other obligation than its own: the host may then decide
    /// choices of different obligations one at a time.
    pub separable: bool,
}

/// A pure function from a case to line items, and what it needs for that. See the crate's example.
pub trait Plugin: Sized + 'static {
    /// Who it is; see [`about!`](crate::about).
    const ABOUT: About;
    /// Facts it reads; see [`needs!`](crate::needs). `()` for none.
    type Facts: Needs;
    /// Params it reads; see [`needs!`](crate::needs). `()` for none.
    type Params: Needs;
    /// What obligations may demand of it; see [`needs!`](crate::needs). `()` for nothing.
    type Demands: Needs;
    /// Choices whose options it prices; see [`choices!`](crate::choices). `()` for none.
    type Choices: Choices;
    /// Obligations it treats in its own way; see [`knows!`](crate::knows). `()` for none.
    type Knows: Knows;
    /// What a rule file may set; [`NoSettings`](crate::NoSettings) for nothing.
    type Settings: Settings;

    /// What the stage costs in this case. Pure: the same case, the same lines.
    ///
    /// # Errors
    /// A typed [`Failure`]; the market is then incomplete, and the answer says why.
    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure>;
}

/// [`About`] from the crate's `Cargo.toml`: its name is the plugin's id, its version the plugin's,
/// its description the summary. Say the stages, and `separable` where it is.
#[macro_export]
macro_rules! about {
    ($($stage:ident),+ $(; $separable:ident)?) => {
        $crate::About {
            id: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            summary: env!("CARGO_PKG_DESCRIPTION"),
            stages: &[$($crate::Stage::$stage),+],
            separable: $crate::about!(@ $($separable)?),
        }
    };
    (@) => { false };
    (@ separable) => { true };
}

/// Exports a [`Plugin`] from the WebAssembly module. On other targets it does nothing, so that the
/// same crate can be tested natively.
#[macro_export]
macro_rules! export {
    ($plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::guest::Exported<$plugin>;
    $crate::bindings::export_guest!(Exported with_types_in $crate::bindings);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: $crate::About = <$plugin as $crate::Plugin>::ABOUT;
    };
}
