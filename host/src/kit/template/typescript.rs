//! A plugin in TypeScript.

use crate::kit::new::New;

/// The files of the folder; none yet.
pub(in crate::kit) const fn files(_new: &New) -> Vec<(String, String)> {
    Vec::new()
}
