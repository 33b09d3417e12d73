//! The words of the trade as types: what midwatch knows about a cloud, with no clock, no I/O and
//! no AWS SDK in it. Everything above speaks in these.

#[macro_use]
mod words;

pub mod alarm;
pub mod api_usage;
pub mod argv;
pub mod cache;
pub mod cache_access;
pub mod call;
pub mod compare;
pub mod database;
pub mod debrief;
pub mod distribution;
pub mod environment;
pub mod event;
pub mod fault;
pub mod fetched;
pub mod format;
pub mod health;
pub mod history;
pub mod image;
pub mod insights;
pub mod intent;
pub mod log;
pub mod metric;
pub mod ops;
pub mod prelude;
pub mod query;
pub mod record;
pub mod requests;
pub mod resource;
pub mod revision;
pub mod rules;
pub mod scaling;
pub mod schema;
pub mod service;
pub mod ssm;
pub mod target_health;
pub mod task;
pub mod text;
pub mod timeline;

pub use jiff::Timestamp;
#[cfg(feature = "aws")]
pub(crate) use words::debug_as;
