//! CloudFront: distributions and their invalidations.

pub mod change;
pub mod list;
mod shape;
