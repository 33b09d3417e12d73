//! The tabs of a distribution's detail view.

use crate::domain::distribution::{Distribution, DistributionDetail, Invalidation};
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{list, moment_cells, or_nothing, when, yes_no};
use crate::kinds::kind::RenderContext;

/// Invalidations on the overview; the tab has the last twenty.
const NEWEST: usize = 4;

type Fields = Vec<(String, Vec<Span>)>;
type Read<'a> = Option<&'a DistributionDetail>;

pub fn overview(distribution: &Distribution, detail: Read, look: RenderContext) -> Vec<Block> {
    let diagnosis = look.diagnosis;
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));
    let said = if diagnosis.why.is_empty() { distribution.status.as_str() } else { diagnosis.why.as_str() };
    field("why", vec![Span::new(format!("{} {said}", diagnosis.health.cue()), diagnosis.health.into())]);
    field("domain", vec![distribution.domain.as_str().into()]);
    let aliases: Vec<&str> = distribution.aliases.iter().map(|alias| alias.as_str()).collect();
    field("aliases", vec![if aliases.is_empty() { Span::new("none", Tone::Dim) } else { aliases.join(", ").into() }]);
    for (id, domain) in &distribution.origins {
        field("origin", vec![domain.as_str().into(), Span::new(format!("  {id}"), Tone::Dim)]);
    }
    field("comment", vec![or_nothing(&distribution.comment)]);
    field("modified", vec![when(distribution.modified, look.now)]);
    let mut blocks = vec![Block::Fields(fields), Block::Gap, Block::Heading("Last invalidations".into())];
    blocks.extend(table(detail, look, NEWEST));
    blocks
}

pub fn invalidations(_: &Distribution, detail: Read, look: RenderContext) -> Vec<Block> {
    table(detail, look, usize::MAX)
}

fn table(detail: Read, look: RenderContext, most: usize) -> Vec<Block> {
    let words = ("invalidations", "none so far");
    let titles = ["CREATED", "AGE", "STATUS", "ID", "PATHS"];
    list(detail.map(|detail| &detail.invalidations), words, &titles, most, |invalidation| {
        let (status, tone) = match invalidation.is_complete() {
            true => ("Completed", Tone::Ok),
            false => (invalidation.status.as_str(), Tone::Changing),
        };
        let [at, age] = moment_cells(invalidation.created, look.now);
        vec![
            at,
            age,
            Cell::text(status, tone),
            Cell::text(invalidation.id.as_str(), Tone::Dim),
            Cell::text(paths(invalidation), Tone::Plain),
        ]
    })
}

fn paths(invalidation: &Invalidation) -> String {
    match &invalidation.paths {
        None => "not read".to_string(),
        Some(paths) => paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join("  "),
    }
}

pub fn configuration(distribution: &Distribution, _: Read, _: RenderContext) -> Vec<Block> {
    let fields: Fields = vec![
        ("arn".into(), vec![distribution.id.0.as_str().into()]),
        ("enabled".into(), vec![yes_no(distribution.enabled, true)]),
        ("price class".into(), vec![or_nothing(&distribution.price_class)]),
        ("certificate".into(), vec![or_nothing(&distribution.certificate)]),
        (
            "web ACL".into(),
            vec![match distribution.web_acl.is_empty() {
                true => Span::new("none", Tone::Dim),
                false => distribution.web_acl.as_str().into(),
            }],
        ),
        ("HTTP".into(), vec![or_nothing(&distribution.http_version)]),
    ];
    vec![Block::Fields(fields)]
}
