//! The golden signals of an environment on one page; which entry is selected stays in `State::charts`.

pub mod signals;
pub mod view;

use crate::keymap::Command;

pub const GOLDEN: Command = Command::new("golden");

/// It has nothing to remember that ends with it.
pub struct GoldenView;
