//! Write Landfall plugins in Rust.
//!
//! A plugin is a pure function from a case (facts, params, triggered obligations, choices) to line
//! items. Implement [`Plugin`], say [`export!`], build for `wasm32-unknown-unknown`, and put
//! cargo's output into the host's plugins folder.
//!
//! ```
//! use landfall_plugin::{About, Amount, Case, Cost, Count, Failure, Line, Plugin, Ranged, about, export, needs};
//!
//! needs! {
//!     /// What the strategy says.
//!     pub struct Facts {
//!         /// Support tickets a month.
//!         pub tickets: Count = "market.monthly_tickets",
//!     }
//! }
//! needs! {
//!     /// What the rule file says.
//!     pub struct Params {
//!         /// Price of answering one ticket.
//!         pub ticket: Amount = "ticket_price",
//!     }
//! }
//!
//! /// Support by tickets.
//! #[derive(Debug)]
//! pub struct Support;
//!
//! impl Plugin for Support {
//!     const ABOUT: About = about!(Output; separable);
//!     type Facts = Facts;
//!     type Params = Params;
//!     type Demands = ();
//!     type Choices = ();
//!     type Knows = ();
//!     type Settings = Ranged;
//!
//!     fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
//!         let (tickets, ticket) = (case.facts.tickets, case.params.ticket);
//!         let cost = Cost::count(tickets * 12, "ticket", case.settings.range.around(ticket)?)?;
//!         Ok(vec![Line::yearly("support", cost).used(&[&tickets, &ticket])])
//!     }
//! }
//! export!(Support);
//!
//! use landfall_plugin::TestCase;
//! let case = TestCase::<Support>::new()
//!     .fact("market.monthly_tickets", Count(100))
//!     .param("ticket_price", Amount::units(8));
//! assert_eq!(case.rendered(), "yearly support: 9600.0000 = 1200.0000 ticket × 8.0000");
//! ```
//!
//! It does not price effort (the host does, from the rule file and the rate card), know dates (what
//! changes by date is a param) or convert currencies. It promises that nothing wraps: arithmetic is
//! exact, and what does not fit is a [`Failure`].

#![warn(missing_docs)]

#[cfg(target_arch = "wasm32")]
mod arena;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
#[rustfmt::skip]
#[allow(
    unsafe_code,
    unreachable_pub,
    missing_debug_implementations,
    missing_docs,
    rust_2018_idioms,
    clippy::all,
    reason = "generated"
)]
pub mod bindings;
mod case;
mod exact;
#[cfg(target_arch = "wasm32")]
pub mod guest;
mod json;
mod line;
pub mod log;
mod needs;
mod plugin;
#[cfg(target_arch = "wasm32")]
mod runtime;
mod settings;
mod testing;
mod value;

pub use case::{Case, Failure, Obligation, Saved, share};
pub use exact::{AMOUNT_SCALE, Amount, Count, Exact, Overflow, RATIO_SCALE, Ratio, Spread, Volume};
pub use json::{Json, NotJson};
pub use line::{Cadence, Cost, Line, Quantity};
pub use needs::{Choice, Choices, Given, Ground, Grounded, Knows, Need, Needs, Reader, chosen};
pub use plugin::{About, Plugin, Stage};
pub use settings::{FromJson, InvalidRange, Members, NoSettings, Range, Ranged, Settings};
pub use testing::{TestCase, TestObligation};
pub use value::{Date, FromValue, OneOf, Period, Set, TimeUnit, Value, ValueType};
