//! A plugin's folder to the bytes of a plugin that imports nothing but `log`.

pub mod javascript;
pub mod python;
pub mod rust;
