//! Built for another version of the world: a well-formed plugin that this host does not know how to ask.

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, unreachable_pub, rust_2018_idioms, clippy::all, reason = "generated")]
mod guest {
    wit_bindgen::generate!({
        inline: "
            package landfall:stage@2.0.0;
            interface guest {
                describe: func() -> string;
                estimate: func(c: string) -> string;
            }
            world stage {
                export guest;
            }
        ",
    });

    struct OtherWorld;

    impl exports::landfall::stage::guest::Guest for OtherWorld {
        fn describe() -> String {
            "guest-other-world".to_owned()
        }

        fn estimate(c: String) -> String {
            c
        }
    }

    export!(OtherWorld);
}
