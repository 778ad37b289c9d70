//! placeholder
use crate::project::{Failed, Project};
pub(crate) fn run(_: &Project) -> Result<(), Failed> {
    Ok(())
}
