//! The tabs of a cache's detail view.

use super::columns::shape_words;
use crate::domain::cache::{Auth, Cache, CacheDetail, Endpoint, Form, Node};
use crate::domain::format;
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{self, age_cell, dim, list, or_nothing, pending, table, when, yes_no};
use crate::kinds::kind::RenderContext;

/// Events on the overview; their tab has all.
const NEWEST: usize = 5;

type Fields = Vec<(String, Vec<Span>)>;
type Read<'a> = Option<&'a CacheDetail>;

pub fn overview(cache: &Cache, detail: Read, look: RenderContext) -> Vec<Block> {
    let diagnosis = look.diagnosis;
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));
    let said = if diagnosis.why.is_empty() { cache.status.as_str() } else { diagnosis.why.as_str() };
    field("why", vec![Span::new(format!("{} {said}", diagnosis.health.cue()), diagnosis.health.into())]);
    field("engine", vec![format!("{} {}", cache.engine, cache.version).into()]);
    let form = match cache.form {
        Form::Group { sharded: true } => "replication group, cluster mode",
        Form::Group { sharded: false } => "replication group",
        Form::Cluster => "cluster without a group",
        Form::Serverless => "serverless",
    };
    field("shape", vec![shape_words(cache).into(), Span::new(format!("  {form}  {}", cache.class), Tone::Dim)]);
    field("endpoint", vec![endpoint(cache.endpoint.as_ref())]);
    if cache.reader_endpoint.is_some() {
        field("reader", vec![endpoint(cache.reader_endpoint.as_ref())]);
    }
    let mode = if cache.tls_mode.is_empty() { String::new() } else { format!("  {}", cache.tls_mode) };
    field("TLS", vec![yes_no(cache.tls, true), Span::new(mode, Tone::Dim)]);
    field("auth", auth(cache, detail));
    if cache.form != Form::Serverless {
        let multi = if cache.multi_az.is_empty() { "not told" } else { &cache.multi_az };
        field("failover", vec![or_nothing(&cache.failover), Span::new(format!("  Multi-AZ {multi}"), Tone::Dim)]);
        let status = format!("  {}", cache.parameter_status);
        field("parameters", vec![or_nothing(&cache.parameter_group), Span::new(status, Tone::Dim)]);
    }
    if !cache.is_memcached() {
        let kept = match cache.snapshot_retention {
            0 => Span::new("no automatic ones", Tone::Dim),
            days => format!("kept {}", format::count(days as usize, "day")).into(),
        };
        field("snapshots", vec![kept, Span::new(format!("  {}", cache.snapshot_window), Tone::Dim)]);
    }
    field("maintenance", vec![or_nothing(&cache.maintenance_window)]);
    field("pending", pending(&cache.pending));
    if !cache.description.is_empty() {
        field("description", vec![cache.description.as_str().into()]);
    }
    field("created", vec![when(cache.created, look.now)]);
    let mut blocks = vec![Block::Fields(fields), Block::Gap, Block::Heading("Last events".into())];
    blocks.extend(detail_view::events(detail.map(|detail| &detail.events), NEWEST, look.now));
    blocks
}

/// How clients prove who they are; where there are users, each by itself.
fn auth(cache: &Cache, detail: Read) -> Vec<Span> {
    let mut spans = vec![cache.auth.word().into()];
    if cache.auth == Auth::Users {
        spans.push(match detail.map(|detail| &detail.users) {
            None => Span::new("  reading…", Tone::Dim),
            Some(Err(fault)) => detail_view::fault_span(fault),
            Some(Ok(users)) => {
                let users: Vec<String> = users.iter().map(|user| format!("{} ({})", user.name, user.auth)).collect();
                Span::new(format!("  {}", users.join(", ")), Tone::Dim)
            }
        });
    }
    spans
}

fn endpoint(endpoint: Option<&Endpoint>) -> Span {
    endpoint.map_or(Span::new("none", Tone::Dim), |endpoint| endpoint.to_string().into())
}

pub fn nodes(cache: &Cache, _: Read, _: RenderContext) -> Vec<Block> {
    if cache.form == Form::Serverless {
        return vec![dim("a serverless cache shows no nodes")];
    }
    let row = |node: &Node| {
        let (role, tone) = match node.primary {
            Some(true) => ("primary", Tone::Strong),
            Some(false) => ("replica", Tone::Plain),
            // With several shards only the cluster itself knows; the plan of a flush asks it.
            None if cache.is_sharded() => ("asked by a flush", Tone::Dim),
            None => ("–", Tone::Dim),
        };
        let well = node.status.is_empty() || node.status == "available";
        vec![
            Cell::text(node.name.as_str(), Tone::Strong),
            Cell::text(node.shard.as_str(), Tone::Dim),
            Cell::text(role, tone),
            Cell::text(node.zone.as_str(), Tone::Dim),
            Cell::text(node.status.as_str(), if well { Tone::Dim } else { Tone::Degraded }),
            node.endpoint.as_ref().map_or_else(Cell::nothing, |e| Cell::text(e.to_string(), Tone::Plain)),
        ]
    };
    vec![table(&["NODE", "SHARD", "ROLE", "ZONE", "STATUS", "ENDPOINT"], cache.nodes.iter().map(row))]
}

pub fn snapshots(cache: &Cache, detail: Read, look: RenderContext) -> Vec<Block> {
    if cache.is_memcached() && cache.form != Form::Serverless {
        return vec![dim("Memcached keeps nothing: it has no snapshots")];
    }
    let words = ("snapshots", "no snapshot, neither manual nor automatic");
    list(
        detail.map(|detail| &detail.snapshots),
        words,
        &["SNAPSHOT", "KIND", "STATUS", "AGE", "SIZE"],
        usize::MAX,
        |snapshot| {
            let tone = match snapshot.status.as_str() {
                "available" => Tone::Ok,
                "failed" => Tone::Down,
                _ => Tone::Changing,
            };
            vec![
                Cell::text(snapshot.name.as_str(), Tone::Strong),
                Cell::text(snapshot.kind.as_str(), Tone::Dim),
                Cell::text(snapshot.status.as_str(), tone),
                age_cell(snapshot.created, look.now),
                Cell::text(snapshot.size.as_str(), Tone::Plain),
            ]
        },
    )
}

pub fn events(_: &Cache, detail: Read, look: RenderContext) -> Vec<Block> {
    detail_view::events(detail.map(|detail| &detail.events), usize::MAX, look.now)
}
