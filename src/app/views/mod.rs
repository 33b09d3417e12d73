//! What can lie over the deck: one file or folder each.

pub mod compare;
pub mod debrief;
pub mod forwards;
pub mod golden;
pub mod insights;
pub mod picker;
pub mod timeline;
