//! Returns a million lines.
//!
//! It makes them in place, as they cross the boundary, so that they take the least memory a million
//! lines can take (about 112 MB) and a limit on lines is met before one on memory where that allows it.

#[cfg(target_arch = "wasm32")]
mod guest {
    use landfall_plugin::{
        About, Case, Failure, Line, NoSettings, Plugin, about,
        guest::{
            Exported,
            bindings::{
                export_guest,
                exports::landfall::stage::guest::Guest,
                landfall::stage::types::{self as wire, Cadence, LineItem, Spread},
            },
        },
    };

    /// Returns a million lines.
    #[derive(Debug)]
    struct MillionLines;

    impl Plugin for MillionLines {
        const ABOUT: About = about!(MarketSelection, DataAdaptation, Compliance, Culture, Output);
        type Facts = ();
        type Params = ();
        type Demands = ();
        type Choices = ();
        type Knows = ();
        type Settings = NoSettings;

        fn estimate(_: Case<Self>) -> Result<Vec<Line>, Failure> {
            Ok(Vec::new())
        }
    }

    const LINES: usize = 1_000_000;

    impl Guest for MillionLines {
        fn describe() -> wire::Description {
            Exported::<Self>::describe()
        }

        fn estimate(_: wire::Case) -> Result<Vec<LineItem>, wire::Failure> {
            Ok((0..LINES).map(|_| line()).collect())
        }
    }

    fn line() -> LineItem {
        LineItem {
            obligation: None,
            label: String::new(),
            cadence: Cadence::Once,
            amount: Spread { low: 1, likely: 1, high: 1 },
            used: Vec::new(),
            quantity: None,
        }
    }

    export_guest!(MillionLines with_types_in landfall_plugin::guest::bindings);
}
