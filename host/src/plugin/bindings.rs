//! The Rust side of `sdk/wit/stage.wit`, generated, and the names of the two interfaces.
//!
//! Parameters borrow (`Borrowing`), so that a case is lowered into the guest without copying its
//! strings first. Nothing outside `plugin/` sees these types.

wasmtime::component::bindgen!({
    path: "../sdk/wit",
    world: "landfall:stage/stage@1.0.0",
    ownership: Borrowing { duplicate_if_necessary: true },
});

/// The package of the contract, in every version.
pub(super) const PACKAGE: &str = "landfall:stage";
/// The version that these bindings are of.
pub(super) const VERSION: &str = "1.0.0";
/// What a plugin may import; its one function is `log`.
pub(super) const HOST: &str = "landfall:stage/host@1.0.0";
/// Types only: listed among the imports of a component, and without effect.
pub(super) const TYPES: &str = "landfall:stage/types@1.0.0";
/// What a plugin must export.
#[cfg(test)]
pub(super) const GUEST: &str = "landfall:stage/guest@1.0.0";
