//! midwatch.
pub mod domain;
pub mod port;
