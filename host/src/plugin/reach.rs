//! What the functions of a module in Rust reach for beyond their case: a clock, files, a network.
//!
//! On `wasm32-unknown-unknown` the standard library has all of that, and each of it fails when it is called; nothing is
//! imported, so a host sees it only then. Here it is seen before: in a module that was compiled with names and without
//! inlining, every call of such a function stands as one. What is not said: what the standard library does itself, such
//! as in a panic, which is the same in every plugin.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use rustc_demangle::demangle;
use wasmparser::{BinaryReaderError, ElementItems, KnownCustom, Name, Operator, Parser, Payload, TypeRef};

/// Findings listed; a plugin that does all of it learns enough from these.
const MOST: usize = 20;

/// What a plugin has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outside {
    /// The time of day, or how long something took.
    Clock,
    /// Files and folders.
    Files,
    /// Other machines, and their names.
    Network,
    /// Variables, arguments, the folder it runs in.
    Environment,
    /// Threads, and sleeping.
    Threads,
    /// Other processes, and its own.
    Process,
    /// What somebody types.
    Input,
}

impl Outside {
    /// As in "a plugin has no …".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::Files => "files",
            Self::Network => "network",
            Self::Environment => "environment",
            Self::Threads => "threads",
            Self::Process => "process",
            Self::Input => "standard input",
        }
    }

    /// Why there is none, and what to do instead.
    #[must_use]
    pub const fn instead(self) -> &'static str {
        match self {
            Self::Clock => "what changes by date is a param; a host asks once for each period",
            Self::Files => {
                "what stands in a file is a fact, a param or a setting, or is built in with `include_str!`"
            }
            Self::Network => "what others know is a fact or a param, written down with its source",
            Self::Environment => "what differs from place to place is a param or a setting",
            Self::Threads => "a case is computed at once, within the limits of one call",
            Self::Process => "return a `Failure`, which says why there is no answer",
            Self::Input => "a case holds all that a plugin is told",
        }
    }
}

/// A function that reaches for what a plugin has not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// The plugin's own function, as its path; none where only a pointer to it is seen.
    pub own: Option<String>,
    /// The function of another crate through which it does.
    pub through: Option<String>,
    /// What is called: `std::time::Instant::now`.
    pub calls: String,
    /// What that is.
    pub outside: Outside,
}

impl Reach {
    const fn is_called(&self) -> bool {
        self.own.is_some() || self.through.is_some()
    }
}

/// Everything that the functions of a module reach for; `own` is the name of the plugin's crate.
///
/// # Errors
/// The bytes are no module, or one without the names of its functions.
pub fn reached(module: &[u8], own: &str) -> Result<Vec<Reach>, String> {
    let calls = Calls::read(module).map_err(|error| error.to_string())?;
    if calls.names.is_empty() {
        return Err("the module does not name its functions".to_owned());
    }
    let mut found = BTreeSet::new();
    for (function, name) in &calls.names {
        if let Some(outside) = outside(name) {
            found.extend(calls.who_reaches(*function, own).into_iter().map(|who| Reach {
                own: who.own,
                through: who.through,
                calls: public(name),
                outside,
            }));
        }
    }
    // A pointer to one says little where a call of another of its kind was found.
    let called: BTreeSet<Outside> =
        found.iter().filter(|reach| reach.is_called()).map(|reach| reach.outside).collect();
    let says_more = |reach: &Reach| reach.is_called() || !called.contains(&reach.outside);
    Ok(found.into_iter().filter(says_more).take(MOST).collect())
}

/// Who calls whom, by the index of functions.
#[derive(Debug, Default)]
struct Calls {
    names: BTreeMap<u32, String>,
    callers: HashMap<u32, BTreeSet<u32>>,
    /// Those that a table points at.
    pointed_at: HashSet<u32>,
}

/// The ends of the ways to a function.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Who {
    own: Option<String>,
    through: Option<String>,
}

impl Calls {
    fn read(module: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut calls = Self::default();
        let mut next = 0_u32;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        next += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        if let ElementItems::Functions(functions) = element?.items {
                            calls.pointed_at.extend(functions.into_iter().collect::<Result<Vec<_>, _>>()?);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut operators = body.get_operators_reader()?;
                    while !operators.eof() {
                        if let Operator::Call { function_index } = operators.read()? {
                            calls.callers.entry(function_index).or_default().insert(next);
                        }
                    }
                    next += 1;
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        calls.read_names(names)?;
                    }
                }
                _ => {}
            }
        }
        Ok(calls)
    }

    fn read_names<'a>(
        &mut self,
        names: impl Iterator<Item = Result<Name<'a>, BinaryReaderError>>,
    ) -> Result<(), BinaryReaderError> {
        for name in names {
            if let Name::Function(functions) = name? {
                for function in functions {
                    let function = function?;
                    self.names.insert(function.index, plain(&format!("{:#}", demangle(function.name))));
                }
            }
        }
        Ok(())
    }

    /// From a function up to the plugin's own: through other crates, and through what `core` and `alloc` make of a
    /// function that is handed to them. What the standard library does of itself is none of the plugin's doing.
    fn who_reaches(&self, function: u32, own: &str) -> BTreeSet<Who> {
        let mut found = BTreeSet::new();
        let mut strangers = BTreeSet::new();
        let mut seen = HashSet::from([function]);
        let mut next = VecDeque::from([(function, None)]);
        let mut is_pointer = self.pointed_at.contains(&function);
        while let Some((at, through)) = next.pop_front() {
            for caller in self.callers.get(&at).into_iter().flatten() {
                let name = self.names.get(caller).map_or("", String::as_str);
                if !seen.insert(*caller) {
                    continue;
                }
                match home(name) {
                    Home::Std => {}
                    Home::Glue => {
                        is_pointer |= self.pointed_at.contains(caller);
                        next.push_back((*caller, through.clone()));
                    }
                    Home::Crate(of) if of == own => {
                        found.insert(Who { own: Some(shown(name)), through: through.clone() });
                    }
                    Home::Crate(_) => {
                        let through = through.clone().unwrap_or_else(|| shown(name));
                        strangers.insert(through.clone());
                        next.push_back((*caller, Some(through)));
                    }
                }
            }
        }
        if !found.is_empty() {
            return found;
        }
        let strangers = strangers.into_iter().map(|through| Who { own: None, through: Some(through) });
        found.extend(strangers);
        if found.is_empty() && is_pointer {
            found.insert(Who { own: None, through: None });
        }
        found
    }
}

/// Whose a function is.
#[derive(Debug, PartialEq, Eq)]
enum Home<'a> {
    /// The standard library's.
    Std,
    /// Of `core` or `alloc`, which only pass on what they are handed.
    Glue,
    /// Of a crate: the plugin's own, or one that it depends on.
    Crate(&'a str),
}

fn home(name: &str) -> Home<'_> {
    // `<T as Trait>::method` is of the crate that has T or, where T is anybody's, the trait.
    let paths = name.trim_start_matches(['<', '&', '(', '[', '*']).split(" as ");
    let crates =
        paths.filter_map(|path| path.trim_start_matches(['&', '<', '*']).split_once("::")).map(|(of, _)| of);
    let mut home = None;
    for of in crates {
        match of {
            "std" | "__rustc" => return Home::Std,
            "core" | "alloc" | "compiler_builtins" => home = home.or(Some(Home::Glue)),
            of if is_word(of) => return Home::Crate(of),
            _ => {}
        }
    }
    // No path at all: the linker's, or the runtime's.
    home.unwrap_or(Home::Std)
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `<std::time::Instant>::now`, as newer compilers write it, is `std::time::Instant::now`.
fn plain(name: &str) -> String {
    match name.strip_prefix('<').and_then(|rest| rest.split_once(">::")) {
        Some((of, method)) if !of.contains(['<', ' ']) => format!("{of}::{method}"),
        _ => name.to_owned(),
    }
}

/// What of the standard library is nothing for a plugin. A method of a trait works on what was had before, so it was seen
/// before; but for names of machines, which text has.
fn outside(name: &str) -> Option<Outside> {
    let name = match name.split_once(" as ") {
        Some((_, of_trait)) if name.starts_with('<') => {
            of_trait.strip_prefix("std::net::").map(|_| of_trait)?
        }
        _ => name,
    };
    let (module, rest) = name.strip_prefix("std::")?.split_once("::")?;
    let last = rest.rsplit("::").next().unwrap_or_default();
    match module {
        "time" if last == "now" || rest == "SystemTime::elapsed" => Some(Outside::Clock),
        "sync" if TIMED.iter().any(|end| last.ends_with(end)) => Some(Outside::Clock),
        "fs" => Some(Outside::Files),
        "path" if ON_DISK.contains(&last) => Some(Outside::Files),
        "net" => Some(Outside::Network),
        "env" => Some(Outside::Environment),
        "thread" if BEGUN.contains(&last) => Some(Outside::Threads),
        // To abort is to trap.
        "process" if last != "abort" => Some(Outside::Process),
        "io" if rest.contains("Stdin") || last == "stdin" => Some(Outside::Input),
        _ => None,
    }
}

/// Waiting for at most so long.
const TIMED: [&str; 4] = ["_timeout", "_timeout_ms", "_timeout_while", "_deadline"];

/// Of threads: what begins one, and what lets it sleep. Whatever locks are made of (the one that runs, parking it, a
/// turn for others) is as good where there is only one, and many a pure crate has it.
const BEGUN: [&str; 7] =
    ["spawn", "spawn_scoped", "spawn_unchecked", "scope", "sleep", "sleep_ms", "sleep_until"];

/// Of a path: what asks whether it is there.
const ON_DISK: [&str; 10] = [
    "exists",
    "try_exists",
    "is_file",
    "is_dir",
    "is_symlink",
    "metadata",
    "symlink_metadata",
    "canonicalize",
    "read_dir",
    "read_link",
];

/// A function of the standard library by the path that people write.
fn public(name: &str) -> String {
    const PRIVATE: [&str; 9] =
        ["functions", "stdio", "tcp", "udp", "socket_addr", "lifecycle", "builder", "scoped", "join_handle"];
    let name = shown(name);
    let segments: Vec<&str> = name.split("::").filter(|segment| !PRIVATE.contains(segment)).collect();
    segments.join("::")
}

/// A function by its path: a method of a trait as one of its type, a closure as the function that it stands in.
fn shown(name: &str) -> String {
    let name = match name.strip_prefix('<').and_then(|rest| rest.split_once(" as ")) {
        Some((of, rest)) => match rest.rsplit_once(">::") {
            Some((_, method)) if of.contains("::") => format!("{of}::{method}"),
            Some((of, method)) => format!("{of}::{method}"),
            None => name.to_owned(),
        },
        None => name.to_owned(),
    };
    let name = name.split("::{{closure}}").next().unwrap_or_default();
    name.split("::{closure").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module in which each function of the first list calls the next, and tables point at the second.
    fn module(chain: &[&str], pointed_at: &[&str]) -> Vec<u8> {
        let mut text = String::from("(module (import \"landfall:stage/host@1.0.0\" \"log\" (func $log))\n");
        for (at, name) in chain.iter().enumerate() {
            let call = chain.get(at + 1).map_or_else(String::new, |next| format!("call $\"{next}\""));
            text.push_str(&format!("(func $\"{name}\" {call})\n"));
        }
        let pointers: Vec<String> = pointed_at.iter().map(|name| format!("$\"{name}\"")).collect();
        text.push_str(&format!("(table funcref (elem {})))", pointers.join(" ")));
        wat::parse_str(&text).unwrap()
    }

    #[track_caller]
    fn check(chain: &[&str], pointed_at: &[&str], expected: &[&str]) {
        let found = reached(&module(chain, pointed_at), "support").unwrap();
        let found: Vec<String> = found
            .iter()
            .map(|reach| {
                let (own, through) = (reach.own.as_deref(), reach.through.as_deref());
                format!(
                    "{} | {} | {} | {}",
                    own.unwrap_or("-"),
                    through.unwrap_or("-"),
                    reach.calls,
                    reach.outside.as_str()
                )
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_call_is_seen_whoever_mangled_it() {
        check(
            &["support::estimate", "<std::time::Instant>::now"],
            &[],
            &["support::estimate | - | std::time::Instant::now | clock"],
        );
        check(
            &["_ZN7support8estimate17h0123456789abcdefE", "_ZN3std2fs14read_to_string17h0123456789abcdefE"],
            &[],
            &["support::estimate | - | std::fs::read_to_string | files"],
        );
        check(
            &[
                "<support::Support as landfall_plugin::plugin::Plugin>::estimate::{{closure}}",
                "std::env::var",
            ],
            &[],
            &["support::Support::estimate | - | std::env::var | environment"],
        );
    }

    #[test]
    fn what_is_handed_on_is_seen_through() {
        check(
            &[
                "support::when",
                "core::option::Option<T>::unwrap_or_else",
                "core::ops::function::FnOnce::call_once",
                "<std::time::SystemTime>::now",
            ],
            &[],
            &["support::when | - | std::time::SystemTime::now | clock"],
        );
        check(
            &["support::when", "chrono::now::Utc::now", "chrono::inner", "std::time::SystemTime::now"],
            &[],
            &["support::when | chrono::inner | std::time::SystemTime::now | clock"],
        );
        check(
            &["chrono::inner", "std::thread::functions::sleep"],
            &[],
            &["- | chrono::inner | std::thread::sleep | threads"],
        );
        check(
            &["support::estimate", "std::thread::functions::spawn", "std::thread::lifecycle::start"],
            &["std::thread::lifecycle::start"],
            &["support::estimate | - | std::thread::spawn | threads"],
        );
        check(
            &["std::time::Instant::now"],
            &["std::time::Instant::now"],
            &["- | - | std::time::Instant::now | clock"],
        );
    }

    #[test]
    fn what_the_standard_library_does_itself_is_not_the_plugins() {
        check(
            &[
                "support::estimate",
                "core::panicking::panic",
                "__rustc::rust_begin_unwind",
                "std::panicking::hook",
                "std::env::var",
            ],
            &[],
            &[],
        );
        check(&["support::estimate", "std::sync::Once::call_once", "std::thread::current"], &[], &[]);
        check(&["support::estimate", "std::thread::local::LocalKey<T>::with"], &[], &[]);
        check(&["support::estimate", "once_cell::imp::wait", "std::thread::current::current"], &[], &[]);
        check(&["support::estimate", "std::process::abort"], &[], &[]);
        check(&["support::estimate", "<std::fs::File as std::io::Read>::read"], &[], &[]);
        check(&["support::estimate", "std::path::Path::new"], &[], &[]);
        check(&["support::estimate", "std::collections::hash::map::HashMap<K,V>::new"], &[], &[]);
    }

    #[test]
    fn every_way_out_is_named() {
        for (function, shown, outside) in [
            ("std::path::Path::exists", "std::path::Path::exists", "files"),
            ("std::net::tcp::TcpStream::connect", "std::net::TcpStream::connect", "network"),
            (
                "<str as std::net::socket_addr::ToSocketAddrs>::to_socket_addrs",
                "std::net::ToSocketAddrs::to_socket_addrs",
                "network",
            ),
            ("std::fs::File::open", "std::fs::File::open", "files"),
            ("<std::time::SystemTime>::elapsed", "std::time::SystemTime::elapsed", "clock"),
            ("std::thread::scoped::scope", "std::thread::scope", "threads"),
            ("std::process::Command::new", "std::process::Command::new", "process"),
            ("std::io::stdio::stdin", "std::io::stdin", "standard input"),
            (
                "std::sync::mpsc::Receiver<T>::recv_timeout",
                "std::sync::mpsc::Receiver<T>::recv_timeout",
                "clock",
            ),
        ] {
            check(
                &["support::estimate", function],
                &[],
                &[&format!("support::estimate | - | {shown} | {outside}")],
            );
        }
    }

    #[test]
    fn a_module_that_cannot_be_read_is_said() {
        assert!(reached(b"\0asm\x01\0\0\0\x0a", "support").is_err());
        let nameless = wat::parse_str("(module (func))").unwrap();
        assert_eq!(reached(&nameless, "support").unwrap_err(), "the module does not name its functions");
    }
}
