//! CloudWatch: alarms, and the numbers that AWS keeps of its resources. Its SDK speaks CBOR and
//! nothing else.

pub mod alarms;
pub mod history;
pub mod metrics;
mod shape;
