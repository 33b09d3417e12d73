//! CloudWatch: the numbers that AWS keeps of its resources.

pub mod metrics;
