//! What can be done to a distribution: a file and a line here for each.

use crate::kinds::action::actions;

actions! {
    invalidate::Invalidate,
}
