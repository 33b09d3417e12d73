//! The tabs of a database's detail view.

use super::columns::{restorable, role_words, storage_words};
use crate::domain::database::{Database, DatabaseDetail, DatabaseRole, Maintenance, Member, Snapshot};
use crate::domain::format;
use crate::domain::health::Health;
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{self, age_cell, list, pending, table, when, yes_no};
use crate::kinds::kind::RenderContext;

/// Events and snapshots on the overview; their tabs have all.
const NEWEST: usize = 5;

type Fields = Vec<(String, Vec<Span>)>;
type Read<'a> = Option<&'a DatabaseDetail>;

pub fn overview(database: &Database, detail: Read, look: RenderContext) -> Vec<Block> {
    let diagnosis = look.diagnosis;
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));
    let said = if diagnosis.why.is_empty() { database.status.as_str() } else { diagnosis.why.as_str() };
    field("why", vec![Span::new(format!("{} {said}", diagnosis.health.cue()), diagnosis.health.into())]);
    field("role", role(database));
    field("engine", vec![format!("{} {}", database.engine, database.version).into()]);
    let storage = storage_words(database).unwrap_or_else(|| "grows by itself".to_string());
    // An Aurora cluster has none: its members do.
    if !database.class.is_empty() {
        field("class", vec![database.class.as_str().into()]);
    }
    field("storage", vec![storage.into(), Span::new(format!("  {}", database.storage_type), Tone::Dim)]);
    let zone = if database.multi_az { "Multi-AZ" } else { "Single-AZ" };
    field("zone", vec![zone.into(), Span::new(format!("  {}", database.zone), Tone::Dim)]);
    field("endpoint", vec![database.endpoint.as_ref().map_or(Span::new("none yet", Tone::Dim), |e| e.as_str().into())]);
    if let Some(reader) = &database.reader_endpoint {
        field("reader", vec![reader.as_str().into()]);
    }
    let retention = match database.backup_retention {
        0 => Span::new("off", Tone::Degraded),
        days => format::count(days as usize, "day").into(),
    };
    field("backups", vec![retention, Span::new(format!("  window {}", or(&database.backup_window)), Tone::Dim)]);
    field("restorable to", vec![restorable(database, look).into()]);
    field("pending", pending(&database.pending));
    field("maintenance", maintenance(detail, look));
    let mut blocks = vec![Block::Fields(fields)];
    if let DatabaseRole::Cluster { members } = &database.role {
        blocks.extend([Block::Gap, Block::Heading("Members".into())]);
        let row = |member: &Member| {
            let tone = if member.parameters == "in-sync" { Tone::Dim } else { Tone::Changing };
            vec![
                Cell::text(member.name.as_str(), Tone::Strong),
                Cell::text(if member.writer { "writer" } else { "reader" }, Tone::Plain),
                member.promotion_tier.map_or_else(Cell::nothing, |t| Cell::text(t.to_string(), Tone::Dim)),
                Cell::text(member.parameters.as_str(), tone),
            ]
        };
        blocks.push(table(&["NAME", "ROLE", "TIER", "PARAMETERS"], members.iter().map(row)));
    }
    blocks.extend([Block::Gap, Block::Heading("Last events".into())]);
    blocks.extend(detail_view::events(detail.map(|detail| &detail.events), NEWEST, look.now));
    blocks
}

fn or(text: &str) -> &str {
    if text.is_empty() { "not told" } else { text }
}

fn role(database: &Database) -> Vec<Span> {
    let mut spans = vec![role_words(database).into()];
    match &database.role {
        DatabaseRole::Member { cluster, .. } => spans.push(Span::new(format!("  of {cluster}"), Tone::Dim)),
        DatabaseRole::Replica { of } => spans.push(Span::new(format!("  of {of}, reads only"), Tone::Dim)),
        DatabaseRole::Alone | DatabaseRole::Cluster { .. } => {}
    }
    spans
}

fn maintenance(detail: Read, look: RenderContext) -> Vec<Span> {
    let told = match detail.map(|detail| &detail.maintenance) {
        None => return vec![Span::new("reading…", Tone::Dim)],
        Some(Err(fault)) => return vec![Span::new(format!("not read: {fault}"), Tone::Degraded)],
        Some(Ok(told)) => told,
    };
    if told.is_empty() {
        return vec![Span::new("none waits", Tone::Dim)];
    }
    let line = |m: &Maintenance| {
        let by = match (m.forced_after, m.auto_applied_after) {
            (Some(at), _) => format!(", forced after {}", format::moment(at)),
            (None, Some(at)) => format!(", in the window after {}", format::moment(at)),
            (None, None) => String::new(),
        };
        format!("{}: {}{by}", m.action, m.description)
    };
    let soon = told.iter().any(|m| m.forced_after.is_some_and(|at| format::seconds_since(look.now, at) < 7 * 86_400));
    let tone = if soon { Tone::Degraded } else { Tone::Changing };
    vec![Span::new(told.iter().map(line).collect::<Vec<_>>().join("; "), tone)]
}

pub fn snapshots(_: &Database, detail: Read, look: RenderContext) -> Vec<Block> {
    let words = ("snapshots", "no snapshot, neither manual nor automated");
    let titles = ["SNAPSHOT", "KIND", "STATUS", "AGE", "SIZE", "ENCRYPTION"];
    list(detail.map(|detail| &detail.snapshots), words, &titles, usize::MAX, |snapshot| {
        let (text, tone) = state(snapshot);
        vec![
            Cell::text(snapshot.id.as_str(), Tone::Strong),
            Cell::text(snapshot.kind.as_str(), Tone::Dim),
            Cell::text(text, tone),
            age_cell(snapshot.created, look.now),
            snapshot.size.map_or_else(Cell::nothing, |size| Cell::text(format!("{size} GiB"), Tone::Plain)),
            Cell::text(if snapshot.encrypted { "encrypted" } else { "plain" }, Tone::Dim),
        ]
    })
}

/// Status and progress of a snapshot in words.
pub fn state(snapshot: &Snapshot) -> (String, Tone) {
    match (snapshot.status.as_str(), snapshot.percent) {
        ("available", _) => ("available".to_string(), Tone::Ok),
        ("creating", Some(percent)) => (format!("creating {percent} %"), Tone::Changing),
        ("failed", _) => ("failed".to_string(), Tone::Down),
        (status, _) => (status.to_string(), Tone::Changing),
    }
}

pub fn events(_: &Database, detail: Read, look: RenderContext) -> Vec<Block> {
    detail_view::events(detail.map(|detail| &detail.events), usize::MAX, look.now)
}

pub fn configuration(database: &Database, _: Read, look: RenderContext) -> Vec<Block> {
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));
    field("arn", vec![database.id.0.as_str().into()]);
    for (group, status) in &database.parameter_groups {
        let tone = if status == "in-sync" { Tone::Dim } else { Tone::Changing };
        field("parameter group", vec![group.as_str().into(), Span::new(format!("  {status}"), tone)]);
    }
    match &database.certificate {
        Some((authority, until)) => {
            let spans = vec![authority.as_str().into(), Span::new("  valid to ", Tone::Dim), when_until(*until, look)];
            field("certificate", spans);
        }
        None => field("certificate", vec![Span::new("not told", Tone::Dim)]),
    }
    field("encrypted", vec![yes_no(database.encrypted, true)]);
    field("deletion guard", vec![yes_no(database.deletion_protection, true)]);
    let insights = if database.performance_insights { "on" } else { "off" };
    field("perf. insights", vec![insights.into()]);
    let exports: Vec<&str> = database.log_exports.iter().map(|e| e.as_str()).collect();
    field(
        "exported logs",
        vec![if exports.is_empty() { Span::new("none", Tone::Dim) } else { exports.join(", ").into() }],
    );
    field("maintenance", vec![format!("window {}", or(&database.maintenance_window)).into()]);
    field("created", vec![when(database.created, look.now)]);
    vec![Block::Fields(fields)]
}

fn when_until(until: Option<crate::domain::Timestamp>, look: RenderContext) -> Span {
    let Some(until) = until else { return Span::new("not told", Tone::Dim) };
    let days = format::seconds_since(look.now, until) / 86_400;
    let tone = if days < 90 { Tone::from(Health::Degraded) } else { Tone::Plain };
    Span::new(format!("{} (in {})", format::moment(until), format::count(days.max(0) as usize, "day")), tone)
}
