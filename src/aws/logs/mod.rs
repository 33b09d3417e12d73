//! CloudWatch Logs: what a source is made of, its newest lines at once, whatever comes after, and
//! what was before.

use crate::aws::prelude::*;

pub mod history;
pub mod host;
pub mod insights;
mod live;
pub mod pace;
mod page;
mod poll;
mod resources;
mod sources;
pub mod tail;

sdk_client!(aws_sdk_cloudwatchlogs, "CloudWatch Logs", "logs", with host::FixHost);

pub fn register(registry: &mut Registry) {
    // It outlives the session: after a login it goes on with the next one.
    registry.tail = Some(|cx, sources, live| Box::pin(tail::follow(cx, sources, live)));
    registry.history = Some(|cx, sources, moment| Box::pin(history::before(cx, sources, moment)));
    registry.insights = Some(|cx, query| Box::pin(insights::run(cx, query)));
}
