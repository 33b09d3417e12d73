//! What the overlay's commands do: it opens, a query starts or is cancelled, rows are taken out.

use super::{Field, InsightsView, Places};
use crate::app::clipboard::copied;
use crate::app::command::Command;
use crate::app::msg::Effect;
use crate::app::state::{NoticeTone, Overlay, Pane, State};
use crate::app::views::picker::{Choice, Picker};
use crate::domain::format;
use crate::domain::log::LogSource;
use crate::domain::text::Text;

/// Whose logs would be searched here, or why none.
pub fn sources(state: &State) -> Result<(Vec<LogSource>, Text), String> {
    if let (Pane::Logs, Some(logs)) = (state.focus, &state.logs) {
        return Ok((logs.sources.clone(), logs.title.clone()));
    }
    let kind = state.acted_on().filter(|kind| kind.has_logs);
    let kind = kind.ok_or("a query searches the logs of a service, a database or a cache")?;
    let row = state.selected(kind.id).ok_or_else(|| format!("no {} is selected", kind.noun))?;
    Ok((vec![LogSource::Resource(kind.id, row.object.id().clone())], row.object.name().clone()))
}

/// Opens the overlay over the logs that are meant here; the last result over the same is still there.
pub fn open(state: &mut State) {
    let (Ok((sources, title)), Some(env)) = (sources(state), state.environment().cloned()) else { return };
    let is_same = state.insights.as_ref().is_some_and(|view| view.sources == sources && view.env.name == env.name);
    if !is_same {
        // A file that is being written goes on.
        let saving = state.insights.take().and_then(|view| view.saving);
        let view =
            InsightsView { saving, ..InsightsView::new(env, sources, title, &state.settings.logs, &state.queries) };
        state.insights = Some(Box::new(view));
    }
    state.notice = None;
    state.overlays.push(Overlay::Insights);
}

/// Brings what is derived up to date.
pub fn settle(state: &mut State) {
    let height = Places::of(state).rows.height;
    if let Some(view) = &mut state.insights {
        view.table.scroll_to_selection(height.into());
    }
}

/// A saved query into the box; to run it is another key, for it costs.
pub fn choose(state: &mut State, text: &str) {
    if let Some(view) = &mut state.insights {
        view.query = text.into();
        (view.field, view.error, view.place) = (Some(Field::Query), None, 0);
    }
}

/// Why a command cannot be done in the overlay.
pub fn why_not(state: &State, command: Command) -> Option<String> {
    let is_for_rows = matches!(
        command,
        Command::Open
            | Command::Filter
            | Command::SortNext
            | Command::SortPrevious
            | Command::SortReverse
            | Command::Copy
            | Command::SaveRows
            | Command::ColumnsRight
            | Command::ColumnsLeft
    );
    let is_empty = state.insights.as_ref().is_none_or(|view| view.table.rows().rows.is_empty());
    (is_for_rows && is_empty).then(|| "there is no row".to_string())
}

/// Does a command where the overlay has the keys; `None` leaves it to the rest of the console.
pub fn handle_command(state: &mut State, command: Command) -> Option<Vec<Effect>> {
    let now = state.now;
    let page = isize::try_from(Places::of(state).rows.height).unwrap_or(1).max(1);
    let history = &mut state.queries;
    let view = state.insights.as_mut()?;
    let mut effects = Vec::new();
    match command {
        Command::Back => {
            if !view.back(now) {
                state.overlays.pop();
            }
        }
        Command::Accept if view.field == Some(Field::Filter) => view.field = None,
        Command::Accept if view.field == Some(Field::File) => {
            view.start_file();
            effects.extend(piece(view, false));
        }
        Command::Accept | Command::RunQuery => view.start(history, now),
        Command::Previous | Command::Next if view.field == Some(Field::Query) => {
            view.recall(if command == Command::Previous { 1 } else { -1 }, history);
        }
        Command::Previous | Command::Next if view.field == Some(Field::Time) => {
            view.next_time(if command == Command::Previous { -1 } else { 1 });
        }
        Command::Complete if view.field == Some(Field::Time) => view.next_time(1),
        Command::Complete if view.field == Some(Field::File) => view.turn_file(),
        Command::Complete if view.field == Some(Field::Filter) => {}
        Command::Complete | Command::SavedQueries => {
            state.overlays.push(Overlay::Picker(Picker::new(Choice::Queries)));
        }
        Command::Insights | Command::EditQuery => view.field = Some(Field::Query),
        Command::QueryTime => view.field = Some(Field::Time),
        Command::Filter => (view.field, view.open) = (Some(Field::Filter), false),
        Command::Open => {
            view.open = !view.open && !view.table.is_empty();
            view.open_scroll = 0;
        }
        Command::Up | Command::Previous => view.scroll(-1),
        Command::Down | Command::Next => view.scroll(1),
        Command::HalfUp => view.scroll(-page / 2),
        Command::HalfDown => view.scroll(page / 2),
        Command::PageUp => view.scroll(-page),
        Command::PageDown => view.scroll(page),
        Command::Top => view.scroll(isize::MIN / 2),
        Command::Bottom => view.scroll(isize::MAX / 2),
        Command::SortNext => view.table.sort_by(1),
        Command::SortPrevious => view.table.sort_by(-1),
        Command::SortReverse => view.table.reverse(),
        Command::ColumnsRight => view.table.shift(1),
        Command::ColumnsLeft => view.table.shift(-1),
        Command::Copy => match view.to_copy() {
            Some(line) => effects.extend(copied(state, line)),
            None => state.say(NoticeTone::Error, "there is no row"),
        },
        Command::SaveRows if view.saving.is_some() => {
            state.say(NoticeTone::Error, "a file is being written already");
        }
        Command::SaveRows if view.table.is_empty() => state.say(NoticeTone::Error, "there is no row"),
        Command::SaveRows => view.ask_file(now),
        _ => return None,
    }
    Some(effects)
}

fn piece(view: &mut InsightsView, more: bool) -> Option<Effect> {
    let saving = view.saving.as_mut()?;
    Some(Effect::Save { file: saving.file.clone(), text: saving.next_piece(), more })
}

/// A piece of a file was written, or not: the next one, or a word about it. `None`: it is none of
/// ours.
pub fn saved(state: &mut State, file: &str, result: &Result<String, String>) -> Option<Vec<Effect>> {
    let view = state.insights.as_mut()?;
    let saving = view.saving.as_ref().filter(|saving| saving.file == file)?;
    let ((done, total), begun) = (saving.progress(), saving.pieces == 1);
    if result.is_ok() && done < total {
        return Some(piece(view, true).into_iter().collect());
    }
    view.saving = None;
    match result {
        Ok(path) => state.say(NoticeTone::Info, format!("{} saved to {path}", format::count(total, "row"))),
        Err(why) if begun => state.say(NoticeTone::Error, format!("not saved: {why}")),
        Err(why) => state.say(NoticeTone::Error, format!("{file} is not whole: {why}")),
    }
    Some(vec![])
}
