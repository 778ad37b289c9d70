//! Javascript: see [`build`](super).
