//! A plugin in TypeScript: as in JavaScript, with its types checked when it is built.

use super::{Page, javascript};
use crate::kit::new::New;

const PAGE: Page = Page { source: "src/plugin.ts", section: javascript::SECTION, ignored: "" };

/// The files of the folder.
pub(in crate::kit) fn files(new: &New) -> Vec<(String, String)> {
    let own = [
        ("package.json", javascript::PACKAGE),
        ("tsconfig.json", include_str!("typescript/tsconfig.json")),
        ("src/plugin.ts", javascript::PLUGIN),
    ];
    javascript::whole(new, &own, &PAGE)
}
