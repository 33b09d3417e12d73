//! What several places draw with: styles and frames, text and its fields, names, charts.

pub mod chart;
pub mod input;
pub mod names;
pub mod paint;
pub mod text;
