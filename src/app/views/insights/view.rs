//! What the view answers: it opens, a query starts or is cancelled, rows are taken out.

use super::{Field, INSIGHTS, InsightsState, InsightsView, Places};
use crate::app::clipboard::copy;
use crate::app::field::Written;
use crate::app::input::{ACCEPT, COMPLETE, NEXT, PREVIOUS};
use crate::app::panes::deck::of_sources;
use crate::app::panes::resources::{COPY, FILTER, OPEN, SORT_NEXT, SORT_PREVIOUS, SORT_REVERSE};
use crate::app::views::help::HELP;
use crate::app::views::picker::{Choice, Picker};
use crate::app::views::prelude::*;
use crate::domain::format;
use crate::domain::log::LogSource;
use crate::domain::resource::ResourceId;
use crate::domain::text::Text;

/// In the result of a query of Logs Insights.
const ROWS: Context = Context::new(4, "insights", "in the rows of a query");

declare_commands! {
    INSIGHTS: LIST, ["i"], "insights", "Query these logs with Logs Insights."
        => .runs(|state, _| open(state)).unless(|state, _| sources(state).err());
    EDIT_QUERY = "edit-query": ROWS, ["i"], "query", "Write the query; up and down: those before.";
    QUERY_TIME = "query-time": ROWS, ["t"], "time", "Which time: 15m, 3h, 7d, 02:10..02:20.";
    RUN_QUERY = "run-query": ROWS, ["r"], "run", "Run the query again, up to now.";
    SAVED_QUERIES = "saved-queries": ROWS, ["s"], "saved", "Choose a saved query.";
    SAVE_ROWS = "save-rows": ROWS, ["W"], "save", "Write the rows to a file, CSV or JSON, without secrets.";
    COLUMNS_RIGHT = "columns-right": ROWS, ["right"], "columns", "Further columns.";
    COLUMNS_LEFT = "columns-left": ROWS, ["left"], "columns back", "Columns before.";
}

/// Whose logs would be searched here, or why none.
fn sources(state: &State) -> Result<(Vec<LogSource>, Text), String> {
    if let (Pane::Logs, Some(logs)) = (state.focus, &state.logs) {
        return Ok((logs.sources.clone(), logs.title.clone()));
    }
    let kind = state.acted_on().filter(|kind| kind.has_logs());
    let kind = kind.ok_or("a query searches the logs of a service, a database or a cache")?;
    let row = state.selected(kind.id()).ok_or_else(|| format!("no {} is selected", kind.noun()))?;
    Ok((vec![LogSource::Resource(kind.id(), row.object.id().clone())], row.object.name().clone()))
}

/// Opens the view over the logs that are meant here; the last result over the same is still there.
fn open(state: &mut State) {
    let (Ok((sources, title)), Some(env)) = (sources(state), state.environment().cloned()) else { return };
    let is_same = state.insights.as_ref().is_some_and(|view| view.sources == sources && view.env.name == env.name);
    if !is_same {
        // A file that is being written goes on.
        let saving = state.insights.take().and_then(|view| view.saving);
        let fresh = InsightsState::new(env, sources, title, &state.settings.logs, &state.queries);
        state.insights = Some(Box::new(InsightsState { saving, ..fresh }));
    }
    state.notice = None;
    state.overlays.push(InsightsView.into());
}

/// Brings what is derived up to date.
pub fn settle(state: &mut State) {
    let height = Places::of(state.layout.body).rows.height;
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

impl View for InsightsView {
    fn key_bar(&self, state: &State) -> Vec<Command> {
        if is_typing(state) {
            return vec![BACK, ACCEPT, PREVIOUS];
        }
        let own = [EDIT_QUERY, QUERY_TIME, RUN_QUERY, SAVED_QUERIES];
        let rows = [OPEN, FILTER, SORT_NEXT, COPY, SAVE_ROWS, COLUMNS_RIGHT, HELP];
        [&[BACK], &own[..], &rows[..]].concat()
    }

    fn contexts(&self, state: &State) -> &'static [Context] {
        if is_typing(state) { &[Context::INPUT, Context::GLOBAL] } else { &[ROWS, LIST, Context::GLOBAL] }
    }

    fn applies(&self, state: &State, command: Command) -> Applies {
        let is_for_rows = matches!(
            command,
            OPEN | FILTER | SORT_NEXT | SORT_PREVIOUS | SORT_REVERSE | COPY | SAVE_ROWS | COLUMNS_RIGHT | COLUMNS_LEFT
        );
        let is_empty = state.insights.as_ref().is_none_or(|view| view.table.rows().rows.is_empty());
        (is_for_rows && is_empty).then(|| "there is no row".to_string()).into()
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        let now = state.now;
        let history = &mut state.queries;
        let Some(view) = state.insights.as_mut() else { return Next::Pass };
        match command {
            BACK if !view.back(now) => return Next::Close,
            BACK => {}
            ACCEPT if view.field == Some(Field::Filter) => view.field = None,
            ACCEPT if view.field == Some(Field::File) => {
                view.start_file();
                state.effects.extend(piece(view, false));
            }
            ACCEPT | RUN_QUERY => view.start(history, now),
            PREVIOUS | NEXT if view.field == Some(Field::Query) => {
                view.recall(if command == PREVIOUS { 1 } else { -1 }, history);
            }
            PREVIOUS | NEXT if view.field == Some(Field::Time) => {
                view.next_time(if command == PREVIOUS { -1 } else { 1 });
            }
            COMPLETE if view.field == Some(Field::Time) => view.next_time(1),
            COMPLETE if view.field == Some(Field::File) => view.toggle_file_format(),
            COMPLETE if view.field == Some(Field::Filter) => {}
            COMPLETE | SAVED_QUERIES => state.overlays.push(Picker::new(Choice::Queries).into()),
            INSIGHTS | EDIT_QUERY => view.field = Some(Field::Query),
            QUERY_TIME => view.field = Some(Field::Time),
            FILTER => (view.field, view.open) = (Some(Field::Filter), false),
            OPEN => {
                view.open = !view.open && !view.table.is_empty();
                view.open_scroll = Cursor::default();
            }
            SORT_NEXT => view.table.sort_by(1),
            SORT_PREVIOUS => view.table.sort_by(-1),
            SORT_REVERSE => view.table.reverse(),
            COLUMNS_RIGHT => view.table.shift(1),
            COLUMNS_LEFT => view.table.shift(-1),
            COPY => match view.to_copy() {
                Some(line) => copy(state, line),
                None => state.say(NoticeTone::Error, "there is no row"),
            },
            SAVE_ROWS if view.saving.is_some() => {
                state.say(NoticeTone::Error, "a file is being written already");
            }
            SAVE_ROWS if view.table.is_empty() => state.say(NoticeTone::Error, "there is no row"),
            SAVE_ROWS => view.ask_file(now),
            _ => return Next::Pass,
        }
        Next::Stay
    }

    fn write(&mut self, state: &mut State, written: Written) {
        state.insights.iter_mut().for_each(|view| view.write(written));
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        state.insights.iter_mut().for_each(|view| view.scroll(by));
    }

    fn page(&self, state: &State) -> usize {
        Places::of(state.layout.body).rows.height.max(1).into()
    }

    fn resources<'a>(&'a self, state: &'a State) -> Vec<&'a ResourceId> {
        state.insights.iter().flat_map(|view| of_sources(&view.sources)).collect()
    }

    fn covers_screen(&self) -> bool {
        true
    }

    fn is_disposable(&self) -> bool {
        false
    }
}

fn is_typing(state: &State) -> bool {
    state.insights.as_ref().is_none_or(|view| view.field.is_some())
}

fn piece(view: &mut InsightsState, more: bool) -> Option<Effect> {
    let saving = view.saving.as_mut()?;
    Some(Effect::Save { file: saving.file.clone(), text: saving.next_piece(), more })
}

/// A piece of a file was written, or not: the next one, or a word about it. `false`: it is none of ours.
pub fn saved(state: &mut State, file: &str, result: &Result<String, String>) -> bool {
    let Some(view) = &mut state.insights else { return false };
    let Some(saving) = view.saving.as_ref().filter(|saving| saving.file == file) else { return false };
    let ((done, total), begun) = (saving.progress(), saving.pieces == 1);
    if result.is_ok() && done < total {
        state.effects.extend(piece(view, true));
        return true;
    }
    view.saving = None;
    match result {
        Ok(path) => state.say(NoticeTone::Info, format!("{} saved to {path}", format::count(total, "row"))),
        Err(why) if begun => state.say(NoticeTone::Error, format!("not saved: {why}")),
        Err(why) => state.say(NoticeTone::Error, format!("{file} is not whole: {why}")),
    }
    true
}
