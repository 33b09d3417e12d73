//! midwatch.
#[cfg(feature = "aws")]
pub mod aws;
pub mod domain;
pub mod kinds;
pub mod port;
