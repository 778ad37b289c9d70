//! Makes the Rust bindings that are checked in, with wit-bindgen as a library.
//!
//! They are checked in so that a plugin needs no registry: neither wit-bindgen's macro nor its runtime, of which
//! `sdk/rust/src/runtime.rs` is as much as generated code asks for. Without an argument it writes the files;
//! with `--check` it fails where one is not what it would write. It knows nothing of what plugins do.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use wit_bindgen_core::{Files, WorldGenerator as _, wit_parser::Resolve};

/// One file of bindings, below the repository.
struct Bindings {
    wit: &'static str,
    file: &'static str,
    /// What the file is, after which a sentence on how it came about follows.
    head: &'static str,
    /// Where the module is for who exports a guest from another crate; from none where there is no such place.
    module: Option<&'static str>,
}

const ALL: &[Bindings] = &[
    Bindings {
        wit: "sdk/wit",
        file: "sdk/rust/src/bindings.rs",
        head: "What wit-bindgen makes of `stage.wit`: the types of the boundary, and what the host calls.",
        module: Some("landfall_plugin::bindings"),
    },
    Bindings {
        wit: "tests/guests/other-world/wit",
        file: "tests/guests/other-world/src/bindings.rs",
        head: "What wit-bindgen makes of another version of the world.",
        module: None,
    },
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let check = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [only] if only == "--check" => true,
        _ => return Err("try --check, or nothing".into()),
    };
    for bindings in ALL {
        let (path, made) = (root().join(bindings.file), bindings.made()?);
        if fs::read_to_string(&path).is_ok_and(|there| there == made) {
            continue;
        }
        if check {
            let Bindings { wit, file, .. } = bindings;
            return Err(format!("{file} is not what {wit} makes: run `cargo xtask bindings`").into());
        }
        fs::write(path, made)?;
    }
    Ok(())
}

impl Bindings {
    fn made(&self) -> Result<String, Box<dyn Error>> {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(root().join(self.wit))?;
        let world = resolve.select_world(&[package], Some("stage"))?;
        let options = wit_bindgen_rust::Opts {
            format: true,
            runtime_path: Some("crate::runtime".to_owned()),
            default_bindings_module: self.module.map(str::to_owned),
            export_macro_name: Some("export_guest".to_owned()),
            pub_export_macro: self.module.is_some(),
            ..Default::default()
        };
        let mut files = Files::default();
        options.build().generate(&mut resolve, world, &mut files)?;
        let (_, made) = files.iter().next().ok_or("wit-bindgen made no file")?;
        Ok(format!("{}{}", self.opening(), std::str::from_utf8(made)?))
    }

    fn opening(&self) -> String {
        format!(
            "//! {}\n//!\n//! Generated and checked in, so that it needs no registry. Not to be edited: `cargo xtask \
             bindings` writes it anew, and\n//! `cargo xtask test` sees that it is what would be written.\n\n",
            self.head
        )
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}
