//! RDS: instances and clusters, their snapshots and events, and the changes over them.

pub mod change;
pub mod detail;
pub mod events;
pub mod list;
mod shape;

pub use shape::form_of_arn;
