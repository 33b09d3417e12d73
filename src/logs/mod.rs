//! The log engine: what a live tail of logs needs before any screen. Batches come in through
//! [`merge`], are kept in [`buffer`] and chosen by [`view`]; the rest reads single lines.
//!
//! Like `domain` it has no clock, no I/O and no chance in it, and each part states its bound.

pub mod buffer;
pub mod event;
pub mod export;
pub mod fields;
pub mod filter;
pub mod histogram;
pub mod keys;
pub mod level;
pub mod merge;
pub mod patterns;
mod prefilter;
pub mod redact;
pub mod scan;
pub mod search;
pub mod settings;
pub mod stamp;
pub mod view;
