//! What nearly every read and change of AWS names.

pub use std::sync::Arc;

pub use super::budget::Urgency;
pub use super::paging::{ALL, End, Pages, items, pages};
pub use super::registry::{Events, ReadContext, Registry};
pub use super::session::Session;
pub use super::shape::{count, moment, text};
pub use crate::domain::Timestamp;
pub use crate::domain::fault::{Fault, FaultKind};
pub use crate::domain::query::{Answer, ListingPiece};
pub use crate::domain::resource::{Facts, ResourceId};
pub use crate::domain::text::Text;
