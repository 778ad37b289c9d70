//! The minimum over the open choices, beside a brute force.
