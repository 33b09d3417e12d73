//! The words that nearly everything is said in.

pub use jiff::Timestamp;

pub use super::environment::Environment;
pub use super::fault::{Fault, FaultKind};
pub use super::fetched::Fetched;
pub use super::ops::Op;
pub use super::query::{Answer, ListingPiece, Query};
pub use super::resource::{Facts, FactsId, KindId, Object, ResourceId};
pub use super::text::Text;
