//! Two answers compared: exact sums, and what is named as the cause.
