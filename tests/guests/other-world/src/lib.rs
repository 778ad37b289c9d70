//! Built for another version of the world: a well-formed plugin that this host does not know how to ask.

#[cfg(target_arch = "wasm32")]
#[rustfmt::skip]
#[allow(
    unsafe_code,
    unreachable_pub,
    rust_2018_idioms,
    clippy::all,
    reason = "generated"
)]
mod bindings;

#[cfg(target_arch = "wasm32")]
#[path = "../../../../sdk/rust/src/runtime.rs"]
#[expect(dead_code, reason = "the SDK's, and this world hands over no list")]
mod runtime;

#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "what the generated macro exports a guest with")]
mod guest {
    use crate::bindings::{self, exports::landfall::stage::guest::Guest};

    struct OtherWorld;

    impl Guest for OtherWorld {
        fn describe() -> String {
            "guest-other-world".to_owned()
        }

        fn estimate(c: String) -> String {
            c
        }
    }

    bindings::export_guest!(OtherWorld with_types_in bindings);
}
