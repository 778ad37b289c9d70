//! Laws.

use proptest::prelude::*;

use super::*;
