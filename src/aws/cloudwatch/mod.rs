//! CloudWatch: alarms, and the numbers that AWS keeps of its resources. Its SDK speaks CBOR and
//! nothing else.

pub mod alarms;
pub mod metrics;
mod shape;

use aws_sdk_cloudwatch::Client;

use crate::aws::client::Place;
use crate::aws::prelude::*;
use crate::kinds::alarms::{ALARMS, EVENTS};

sdk_client!(aws_sdk_cloudwatch, "CloudWatch", "cloudwatch");

/// The client for the environment's Region, or for CloudFront's home.
fn client_of(session: &Session, at_home: bool) -> Client {
    if at_home { session.client_at(Place::Home) } else { client(session) }
}

pub fn register(registry: &mut Registry) {
    registry.lists.insert(ALARMS, |cx, ()| Box::pin(alarms::all(cx)));
    registry.somes.insert(ALARMS, |cx, ids| Box::pin(alarms::some(cx, ids)));
    registry.wrongs.insert(ALARMS, |cx, ids| Box::pin(alarms::wrong(cx, ids)));
    registry.facts.insert(ALARMS.detail(), |cx, id| Box::pin(alarms::detail(cx, id)));
    registry.events.insert(EVENTS, |cx, asked| Box::pin(alarms::history_of_all(cx, *asked)));
    registry.metrics = Some(|cx, metrics, window| Box::pin(metrics::read(cx, metrics, window)));
}
