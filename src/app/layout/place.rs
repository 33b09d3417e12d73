//! Where everything is placed for a state: what is open, what has the focus, how much there is to show.

use ratatui::layout::Rect;

use super::Layout;
use crate::app::state::{Pane, State};
use crate::app::store::Listing;
use crate::domain::health::Health;

/// From this size on every pane is on the screen at once.
const DECK: (u16, u16) = (100, 24);

/// Below this the console only asks for more room.
const LEAST: (u16, u16) = (40, 10);

/// The Environments pane of the deck.
const ENVIRONMENTS_WIDTH: u16 = 30;

/// The same on a screen that has room for what is told of environments that are not open.
const WALL: (u16, u16) = (160, 66);

/// The lower row of the deck has at least this height, so that it does not jump when lists arrive.
const LEAST_LOWER: u16 = 7;

/// The line that says what is wrong first has its place from this height on, whether anything is or not:
/// nothing jumps when something goes wrong.
const LEAST_FOR_HEADLINE: u16 = 20;

/// From this height on a second line says since when, and what was changed before.
const LEAST_FOR_BOTH: u16 = 24;

/// The preview of the selection appears when it can have this many rows.
const LEAST_PREVIEW: u16 = 6;

/// The layout for a state.
pub fn of(state: &State) -> Layout {
    let (width, height) = state.size;
    if width < LEAST.0 || height < LEAST.1 {
        return Layout { too_small: true, ..Layout::default() };
    }
    let wide = width >= DECK.0 && height >= DECK.1;
    let header = Rect::new(0, 0, width, 1);
    let footer = Rect::new(0, height - 1, width, 1);
    let mut body = Rect::new(0, 1, width, height - 2);
    let mut wrong = None;
    if height >= LEAST_FOR_HEADLINE {
        let lines = if height >= LEAST_FOR_BOTH { 2 } else { 1 };
        wrong = Some(Rect { height: lines, ..body });
        body = Rect { y: body.y + lines, height: body.height - lines, ..body };
    }
    let mut layout = Layout { header, wrong, footer, body, ..Layout::default() };
    if !wide {
        layout.tabs = Some(Rect { height: 1, ..body });
    }
    let mut room = if wide { body } else { Rect { y: body.y + 1, height: body.height - 1, ..body } };
    if state.detail.is_some() {
        if state.logs.is_some() && wide && !state.zoomed && room.height >= 2 * LEAST_PREVIEW {
            let logs;
            (room, logs) = split_bottom(room, room.height / 2);
            layout.panes.extend(logs.map(|rect| (Pane::Logs, rect)));
        } else if !state.is_in_detail() {
            layout.panes.push((Pane::Logs, room));
            return layout;
        }
        layout.detail = Some(room);
        return layout;
    }
    if state.zoomed {
        layout.panes.push((state.focus, room));
        return layout;
    }
    let live = state.jobs.live().count() as u16;
    if live > 0 && room.height >= 14 {
        let jobs = (live + layout.frame()).min(room.height / 4);
        (room, layout.jobs) = split_bottom(room, jobs);
    }
    let longest = longest(state, wide);
    let wanted = longest + layout.frame() + 1;
    let has_preview = state.focus != Pane::Environments || wide;
    // The logs stand where the preview stood, with more room while they have the focus.
    if state.logs.is_some() && wide && room.height >= LEAST_PREVIEW + 8 {
        let share = if state.focus == Pane::Logs { room.height * 3 / 5 } else { room.height * 2 / 5 };
        let logs;
        (room, logs) = split_bottom(room, share.max(LEAST_PREVIEW));
        layout.panes.extend(logs.map(|rect| (Pane::Logs, rect)));
    } else if state.focus != Pane::Logs && has_preview && room.height >= LEAST_PREVIEW + 8 {
        let rows = wanted.clamp(8, room.height - LEAST_PREVIEW);
        // A list that is too long for the screen still leaves the preview a third of it.
        let rows = rows.min((room.height * 2 / 3).max(8));
        (room, layout.preview) = split_bottom(room, room.height - rows);
    }
    if wide {
        deck(state, room, &mut layout);
    } else {
        layout.panes.push((state.focus, room));
    }
    layout
}

/// All panes at once: the environments and the first kind above, the others beside each other
/// below, as high as what they hold.
fn deck(state: &State, room: Rect, layout: &mut Layout) {
    let mut kinds = Pane::kinds();
    let Some(first) = kinds.next() else { return };
    let others: Vec<Pane> = kinds.collect();
    let (mut top, mut bottom) = (room, None);
    if !others.is_empty() {
        // A row for the fault that a narrow pane tells below its rows.
        let fault = |pane: &Pane| match pane {
            Pane::Kind(id) => u16::from(state.store().is_some_and(|store| !store.listing(*id).faults().is_empty())),
            Pane::Environments | Pane::Logs => 0,
        };
        let rows = others.iter().map(|pane| wanted_rows(state, *pane) + fault(pane)).max().unwrap_or(0);
        let wanted = (rows + layout.frame() + 1).max(LEAST_LOWER);
        // The first kind keeps the larger half.
        (top, bottom) = split_bottom(room, wanted.min(room.height * 2 / 5));
    }
    let has_room = state.settings.watch && state.environments.len() > 1 && room.width >= WALL.0;
    let left = Rect { width: if has_room { WALL.1 } else { ENVIRONMENTS_WIDTH }, ..top };
    layout.panes.push((Pane::Environments, left));
    layout.panes.push((first, Rect { x: top.x + left.width, width: top.width - left.width, ..top }));
    let Some(bottom) = bottom else { return };
    let shares: u32 = others.iter().map(|pane| share(*pane)).sum();
    let (mut x, mut taken) = (bottom.x, 0);
    for pane in others {
        taken += share(pane);
        let end = bottom.x + (u32::from(bottom.width) * taken / shares) as u16;
        layout.panes.push((pane, Rect { x, width: end - x, ..bottom }));
        x = end;
    }
}

/// How much of the width a pane gets beside others.
fn share(pane: Pane) -> u32 {
    pane.kind().map_or(1, |kind| u32::from(kind.share()))
}

/// The rows that the lists on the screen would like to have, one above the other.
fn longest(state: &State, wide: bool) -> u16 {
    if !wide {
        return wanted_rows(state, state.focus);
    }
    let mut panes = Pane::all().filter(|pane| *pane != Pane::Logs);
    let above = panes.by_ref().take(2).map(|pane| wanted_rows(state, pane)).max().unwrap_or(0);
    match panes.map(|pane| wanted_rows(state, pane)).max() {
        Some(below) => above.saturating_add((below + state.layout.frame() + 1).max(LEAST_LOWER)),
        None => above,
    }
}

fn wanted_rows(state: &State, pane: Pane) -> u16 {
    let is_well = |listing: &Listing| listing.count(Health::Ok);
    let rows = match pane {
        Pane::Environments => state.environments.len(),
        Pane::Logs => 0,
        // Of what is about others only that is worth their room which is not well, unless one works there.
        Pane::Kind(id) if pane != state.focus && pane.kind().is_some_and(|kind| kind.is_watcher()) => {
            state.store().map(|store| store.listing(id)).map_or(0, |listing| listing.len() - is_well(listing))
        }
        Pane::Kind(id) => state.list(pane).map_or(0, |list| list.order().len()).max(
            // While it loads, room for what is to come keeps the screen from jumping.
            state.store().map_or(0, |store| store.listing(id).expected().min(12)),
        ),
    };
    u16::try_from(rows).unwrap_or(u16::MAX / 4).min(u16::MAX / 4)
}

fn split_bottom(rect: Rect, rows: u16) -> (Rect, Option<Rect>) {
    let rows = rows.min(rect.height);
    let top = Rect { height: rect.height - rows, ..rect };
    (top, Some(Rect { y: rect.y + top.height, height: rows, ..rect }))
}
