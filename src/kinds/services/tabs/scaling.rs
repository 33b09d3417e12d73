//! The tab of a service's autoscaling: bounds, policies, and what it did or wanted and could not.

use super::Read;
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::format;
use crate::domain::scaling::ScalingActivity;
use crate::domain::service::{ScalingBounds, Service};
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{age_cell, dim, fault_span, missing, reading, table};
use crate::kinds::kind::RenderContext;

/// The tab.
pub fn tab(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let bounds = detail.map(|detail| &detail.scaling);
    let mut fields = vec![("desired".to_string(), vec![Span::new(service.desired.to_string(), Tone::Strong)])];
    if let Some(Ok(Some(bounds))) = bounds
        && let Some((say, tone)) = edge(service.desired, bounds)
    {
        fields[0].1.push(Span::new(format!("  {say}"), tone));
    }
    fields.push(("autoscaling".to_string(), autoscaling(bounds.map(Result::as_ref))));
    let mut blocks = vec![Block::Fields(fields), Block::Gap, Block::Heading("Last activities".into())];
    let resource = service.scaling_resource();
    let told = look.readings.scalings.of(&resource);
    let Some(told) = told else {
        blocks.push(reading());
        return blocks;
    };
    if let Some(fault) = told.fault() {
        blocks.extend(missing("activities", fault));
    }
    match told.value() {
        None if told.fault().is_none() => blocks.push(reading()),
        None => {}
        Some(activities) if activities.is_empty() => {
            blocks.push(dim("none in the last six weeks, which is all that AWS keeps"));
        }
        Some(activities) => blocks
            .push(table(&["AGE", "WHAT", "WHY"], runs(activities).into_iter().flat_map(|run| rows(run, look.now)))),
    }
    if let Some(at) = told.at() {
        blocks.push(dim(&format!("read {} ago", format::age(at, look.now))));
    }
    blocks
}

/// Where the desired count stands at or beyond one of the bounds.
fn edge(desired: u32, bounds: &ScalingBounds) -> Option<(String, Tone)> {
    let ScalingBounds { min, max, .. } = bounds;
    Some(match desired {
        desired if desired > *max => (format!("above its max of {max}"), Tone::Degraded),
        desired if desired == *max && min < max => {
            (format!("at its max of {max}: it cannot scale out"), Tone::Degraded)
        }
        desired if desired < *min => (format!("below its min of {min}"), Tone::Degraded),
        _ => return None,
    })
}

/// The activities, newest first; those that were not done again and again for one reason are one.
fn runs(activities: &[ScalingActivity]) -> Vec<&[ScalingActivity]> {
    let code = |activity: &ScalingActivity| activity.not_scaled.first().map(|reason| reason.code.clone());
    activities.chunk_by(|a, b| code(a).is_some() && code(a) == code(b)).collect()
}

/// What was done and what asked for it, in AWS's words.
fn rows(run: &[ScalingActivity], now: Timestamp) -> Vec<Vec<Cell>> {
    let (Some(activity), Some(first)) = (run.first(), run.last()) else { return vec![] };
    let (what, why, tone) = match activity.not_scaled.first() {
        Some(reason) => {
            let tone = if reason.is_at_max() { Tone::Degraded } else { Tone::Dim };
            let what = match (run.len(), first.started) {
                (times @ 2.., Some(since)) => format!("not scaled, {times} times in {}", format::age(since, now)),
                _ => "not scaled".to_string(),
            };
            (what, format!("{} ({})", reason.why(), reason.code), tone)
        }
        None => {
            let what = activity.description.trim_end_matches('.').to_string();
            match activity.status.as_str() {
                "Successful" => (what, String::new(), Tone::Plain),
                status @ ("Pending" | "InProgress") => (what, status.to_string(), Tone::Changing),
                status => (what, format!("{status}: {}", activity.message), Tone::Degraded),
            }
        }
    };
    let cause = Cell::text(activity.cause.as_str(), Tone::Dim);
    let first = |why| vec![age_cell(activity.started, now), Cell::text(what, tone), why];
    if why.is_empty() {
        return vec![first(cause)];
    }
    let blank = || Cell::text("", Tone::Dim);
    let mut rows = vec![first(Cell::text(why, tone))];
    if !activity.cause.is_empty() {
        rows.push(vec![blank(), blank(), cause]);
    }
    rows
}

/// The bounds with their policies.
pub fn autoscaling(scaling: Option<Result<&Option<ScalingBounds>, &Fault>>) -> Vec<Span> {
    match scaling {
        None => vec![Span::new("reading…", Tone::Dim)],
        Some(Err(fault)) => vec![fault_span(fault)],
        Some(Ok(None)) => vec![Span::new("none", Tone::Dim)],
        Some(Ok(Some(bounds))) => {
            let mut spans = vec![Span::from(format!("{}..{}", bounds.min, bounds.max))];
            let suspended = match (bounds.suspended_in, bounds.suspended_out) {
                (true, true) => "  suspended",
                (true, false) => "  scaling in suspended",
                (false, true) => "  scaling out suspended",
                (false, false) => "",
            };
            if !suspended.is_empty() {
                spans.push(Span::new(suspended, Tone::Degraded));
            }
            spans.push(match &bounds.policies {
                Ok(policies) if policies.is_empty() => {
                    Span::new("  no policy: the bounds alone scale nothing", Tone::Dim)
                }
                Ok(policies) => {
                    let policies: Vec<&str> = policies.iter().map(|policy| policy.as_str()).collect();
                    Span::new(format!("  {}", policies.join(", ")), Tone::Dim)
                }
                Err(fault) => Span::new(format!("  policies: {}", fault_span(fault).text), Tone::Degraded),
            });
            spans
        }
    }
}
