//! The tabs of a service's detail view. Each says what the row knows while the detail is read, and
//! in place what could not be read and what mends it.

pub mod deployments;
pub mod events;
pub mod overview;
mod recorded;
pub mod scaling;
pub mod targets;
pub mod tasks;

use crate::domain::service::ServiceDetail;

/// The detail, as far as it is read.
type Read<'a> = Option<&'a ServiceDetail>;
