//! What was measured on, in a line: a processor and how many of it may be used.

use std::{fs, thread};

/// `Intel Xeon, 2 processors, linux x86_64`.
pub(crate) fn said() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("a processor of unknown name", |(_, model)| model.trim());
    let count = thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {count} usable, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// How many threads may run at once.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
