//! The question before leaving while something of it runs.

pub mod view;

/// Its text tells what runs.
pub struct QuitView;
