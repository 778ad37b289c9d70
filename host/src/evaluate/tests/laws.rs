//! What holds for every strategy.
