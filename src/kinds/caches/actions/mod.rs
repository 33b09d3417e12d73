//! What can be done to a cache: a file and a line here for each.

use crate::kinds::action::actions;

actions! {
    flush::FlushCache,
    snapshot::TakeSnapshot,
    forward::FORWARD,
}
