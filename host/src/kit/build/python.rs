//! Python: see [`build`](super).
