//! The tab of a service's events.

use super::{Read, recorded};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::service::{Service, ServiceEvent};
use crate::kinds::cell::{Block, Cell, Tone};
use crate::kinds::detail_view::{age_cell, dim, reading, table};
use crate::kinds::kind::RenderContext;
use crate::kinds::services::evidence::{self, Said};

pub fn tab(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let events = newest(service, detail);
    let mut blocks = vec![event_table(events, look.now)];
    if detail.is_none() {
        blocks.push(reading());
    }
    blocks.extend(recorded::events(events, look));
    blocks
}

/// The events of whichever was read with more of them: the row carries only a few.
pub(super) fn newest<'a>(service: &'a Service, detail: Read<'a>) -> &'a [ServiceEvent] {
    let newest = |events: &[ServiceEvent]| events.first().and_then(|event| event.at);
    match detail {
        Some(detail) if newest(&detail.service.events) >= newest(&service.events) => &detail.service.events,
        Some(detail) if detail.service.events.len() > service.events.len() => &detail.service.events,
        _ => &service.events,
    }
}

pub(super) fn event_table(events: &[ServiceEvent], now: Timestamp) -> Block {
    if events.is_empty() {
        return dim("no event");
    }
    let rows = events.iter().map(|event| event_row(event, now).into());
    table(&["TIME", "AGE", "EVENT"], rows)
}

/// Time, age and message.
pub fn event_row(event: &ServiceEvent, now: Timestamp) -> [Cell; 3] {
    let tone = match evidence::said(event) {
        Said::Trouble(_) => Tone::Degraded,
        Said::RollingBack => Tone::Degraded,
        Said::Steady => Tone::Dim,
        _ => Tone::Plain,
    };
    [
        event.at.map_or_else(Cell::nothing, |at| Cell::text(format::clock(at), Tone::Dim)),
        age_cell(event.at, now),
        Cell::text(evidence::message(event), tone),
    ]
}
