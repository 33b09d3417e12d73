//! The keys over charts: those of an opened resource, and the golden signals.

use super::command::{Command, Context, declare_commands};
use super::state::{Overlay, State};
use super::store::Row;
use super::views::view::BACK;
use crate::kinds;
use crate::kinds::kind::Kind;

/// Over charts.
pub const METRICS: Context = Context::new(7, "metrics", "over charts");

declare_commands! {
    LONGER_RANGE = "longer-range": METRICS, ["-"], "longer", "Charts of a longer time, up to 7d.";
    SHORTER_RANGE = "shorter-range": METRICS, ["+"], "shorter", "Charts of a shorter time, down to 15m.";
    DAY_BEFORE = "day-before": METRICS, ["v"], "yesterday", "The same time a day before, dotted.";
    EARLIER = "earlier": METRICS, [","], "earlier", "The cursor to an earlier point; esc: back.";
    LATER = "later": METRICS, ["."], "later", "The cursor to a later point.";
    MUCH_EARLIER = "much-earlier": METRICS, ["<"], "ten earlier", "The cursor ten points earlier.";
    MUCH_LATER = "much-later": METRICS, [">"], "ten later", "The cursor ten points later.";
}

/// What of them the key bar tells.
pub const BAR: [Command; 5] = [LONGER_RANGE, SHORTER_RANGE, EARLIER, LATER, DAY_BEFORE];

/// The resource whose charts are open, with its kind.
pub fn open(state: &State) -> Option<(&'static dyn Kind, &Row)> {
    let detail = state.detail.as_ref()?;
    let kind = kinds::kind(detail.kind)?;
    kind.tabs().get(detail.tab).filter(|tab| tab.is_charts())?;
    Some((kind, state.store()?.listing(detail.kind).row(&detail.id)?))
}

/// The charts have the keys.
pub fn have_keys(state: &State) -> bool {
    match state.overlays.last() {
        Some(Overlay::Golden(_)) => true,
        Some(_) => false,
        None => state.is_in_detail() && open(state).is_some(),
    }
}

/// Does a command of the charts; `false` leaves it to what they are in.
pub fn handle_command(state: &mut State, command: Command) -> bool {
    let now = state.now;
    let charts = &mut state.charts;
    match command {
        LONGER_RANGE => charts.change_range(1),
        SHORTER_RANGE => charts.change_range(-1),
        DAY_BEFORE => charts.day_before = !charts.day_before,
        EARLIER => charts.step(-1, now),
        LATER => charts.step(1, now),
        MUCH_EARLIER => charts.step(-10, now),
        MUCH_LATER => charts.step(10, now),
        // First the cursor, then what the charts are in.
        BACK if charts.cursor.is_some() => charts.cursor = None,
        _ => return false,
    }
    true
}
