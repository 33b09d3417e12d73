//! The words that nearly everything is said in.

pub use jiff::Timestamp;

pub use super::call::Call;
pub use super::environment::{Environment, Scope};
pub use super::fault::{Fault, FaultKind};
pub use super::fetched::Fetched;
pub use super::intent::{Outcome, Receipt};
pub use super::log::LogSource;
pub use super::metric::Metric;
pub use super::ops::Op;
pub use super::query::{Answer, ListingPiece, Query};
pub use super::resource::{Facts, FactsId, KindId, Object, ResourceId};
pub use super::text::Text;
pub use super::timeline::{TimeRange, TimelineEvent, TimelineSource};
