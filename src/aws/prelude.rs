//! What nearly every read and change of AWS names.

pub use std::sync::Arc;

pub use super::budget::Urgency;
pub(super) use super::change::register_changes;
pub use super::change::{SendChange, Sending, Sent, outcome, outcome_of_error, receipt};
pub(super) use super::client::sdk_client;
pub use super::paging::{ALL, End, Pages, items, pages};
pub use super::registry::{Events, ReadContext, Registry};
pub use super::session::Session;
pub use super::shape::{count, moment, text};
pub use crate::domain::prelude::*;
