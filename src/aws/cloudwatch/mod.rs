//! CloudWatch's alarms. Its SDK speaks CBOR and nothing else.

pub mod alarms;
mod shape;
