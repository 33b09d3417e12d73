//! CloudWatch: alarms, and the numbers that AWS keeps of its resources. Its SDK speaks CBOR and
//! nothing else.

pub mod alarms;
pub mod history;
pub mod metrics;
mod shape;

use aws_sdk_cloudwatch::Client;

use crate::aws::client::{Place, sdk_client};
use crate::aws::registry::Registry;
use crate::aws::session::Session;
use crate::domain::timeline::TimelineSource;
use crate::kinds::alarms::ALARMS;

sdk_client!(aws_sdk_cloudwatch, "CloudWatch", "cloudwatch");

/// The client for the environment's Region, or for CloudFront's home.
fn client_of(session: &Session, at_home: bool) -> Client {
    if at_home { session.client_at(Place::Home) } else { client(session) }
}

pub fn register(registry: &mut Registry) {
    registry.list(ALARMS, |cx, ()| Box::pin(alarms::all(cx)));
    registry.some(ALARMS, |cx, ids| Box::pin(alarms::some(cx, ids)));
    registry.wrong(ALARMS, |cx, ids| Box::pin(alarms::wrong(cx, ids)));
    registry.facts(ALARMS.detail(), |cx, id| Box::pin(alarms::detail(cx, id)));
    registry.events(TimelineSource::Alarms, |cx, asked| Box::pin(history::newest(cx, *asked)));
    registry.metrics = Some(|cx, metrics, window| Box::pin(metrics::read(cx, metrics, window)));
}
