//! What can be done to a database: a file and a line here for each.

use crate::kinds::action::actions;

actions! {
    snapshot::TakeSnapshot,
    reboot::Reboot,
    failover::Failover,
    forward::FORWARD,
}
