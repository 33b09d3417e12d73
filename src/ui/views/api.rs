//! What midwatch asks of AWS: calls by family against the quota, throttles, what was held back.

use crate::app::views::api::ApiView;
use crate::domain::api_usage::{ApiUsage, LATELY};
use crate::kinds::cell::{Block, Cell, Span as Said, Tone};
use crate::ui::prelude::*;

/// Draws the overlay.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, _: &ApiView) {
    let spending = &paint.state.api_usage;
    let inner = paint.dialog(frame, body, (100, spending.len().max(1) as u16 + 6), "API calls", Span::raw(""));
    let lines = paint.blocks(&blocks(spending, &paint.state.rate), usize::from(inner.width));
    paint.lines(frame, inner, &lines, 0);
}

fn blocks(spending: &[ApiUsage], rate: &crate::app::state::Rate) -> Vec<Block> {
    let dim = |text: String| Block::Line(vec![Said::new(text, Tone::Dim)]);
    if spending.is_empty() {
        return vec![dim("nothing was asked yet".into())];
    }
    let titles = ["FAMILY", "CALLS/S", "OF QUOTA", "AT MOST", "THROTTLED", "HELD BACK", "ALL"];
    let mut all: Vec<&ApiUsage> = spending.iter().collect();
    all.sort_by(|a, b| b.used().total_cmp(&a.used()).then_with(|| b.total.cmp(&a.total)));
    vec![
        Block::Table {
            titles: titles.iter().map(ToString::to_string).collect(),
            rows: all.into_iter().map(row).collect(),
        },
        Block::Gap,
        dim(format!("of this environment in the last {LATELY} s; all together {:.1} calls/s now", rate.shown)),
        dim("quotas are of the account and Region, shared with deploys, scripts and colleagues".into()),
    ]
}

fn row(spending: &ApiUsage) -> Vec<Cell> {
    let lately = spending.lately;
    let quota = match spending.quota {
        Some(quota) => {
            let tone = if spending.rate() > spending.share * 1.1 { Tone::Degraded } else { Tone::Ok };
            Cell::text(format!("{:>3.0}% of {quota:.0}/s", spending.used() * 100.0), tone)
        }
        None => Cell::text("not published", Tone::Dim),
    };
    let some =
        |n: u64, text: String| if n == 0 { Cell::text("–", Tone::Dim) } else { Cell::text(text, Tone::Degraded) };
    vec![
        Cell::text(spending.family, Tone::Plain),
        Cell::text(format!("{:>5.2}", spending.rate()), Tone::Strong),
        quota,
        Cell::text(format!("{:.1}/s", spending.share), Tone::Dim),
        some(lately.throttled, lately.throttled.to_string()),
        some(lately.held, format!("{}, ≤ {:.1} s", lately.held, lately.longest.as_secs_f32())),
        Cell::text(spending.total.to_string(), Tone::Dim),
    ]
}
