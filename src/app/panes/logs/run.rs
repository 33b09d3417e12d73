//! What the pane's commands do beyond the pane: a tail opens, takes in one more source, a file is
//! written.

use super::{LogView, Wish, source_words};
use crate::app::msg::Effect;
use crate::app::state::{NoticeTone, Overlay, Pane, State};
use crate::domain::format;
use crate::domain::log::LogSource;
use crate::domain::text::Text;
use crate::kinds;

/// Opens the logs of the selected resource beside whatever is on the screen; `more` keeps the
/// sources of the open tail.
pub fn open(state: &mut State, more: bool) {
    let Some(kind) = state.acted_on() else { return };
    let Some(row) = state.selected(kind.id) else { return };
    let (id, name) = (row.object.id().clone(), row.object.name().clone());
    let source = LogSource::Resource(kind.id, id);
    if more && state.logs.is_some() {
        add(state, source, name);
    } else if state.logs.as_ref().is_none_or(|logs| logs.sources != [source.clone()]) {
        state.logs = Some(Box::new(LogView::new(vec![source], name, &state.settings.logs)));
    }
    state.focus = Pane::Logs;
}

/// Opens the log of that which a job started, beside whatever has the keys. `false`: it is of another environment, or there is none.
pub fn open_job(state: &mut State, id: &str) -> bool {
    let here = state.current.clone();
    let job = state.jobs.iter().find(|job| *job.intent.id == *id && Some(&job.intent.environment) == here.as_ref());
    let Some((source, name)) = job.and_then(|job| Some((job.logs()?, job.intent.name.clone()))) else { return false };
    if state.logs.as_ref().is_none_or(|logs| logs.sources != [source.clone()]) {
        state.logs = Some(Box::new(LogView::new(vec![source], name, &state.settings.logs)));
    }
    true
}

/// Enter on a job: to the log of that which it started.
pub fn enter_job(state: &mut State) {
    let job = match state.overlays.last() {
        Some(Overlay::Jobs { selected }) => state.jobs.iter().rev().nth(*selected),
        _ => None,
    };
    let Some(id) = job.map(|job| job.intent.id.clone()) else { return };
    if open_job(state, &id) {
        state.overlays.pop();
        state.focus = Pane::Logs;
    } else {
        state.say(NoticeTone::Info, "it started nothing here whose log can be followed");
    }
}

fn add(state: &mut State, source: LogSource, name: Text) {
    if let Some(logs) = &mut state.logs
        && !logs.join(source, &name)
    {
        state.say(NoticeTone::Info, format!("{name} is in the tail already"));
    }
}

/// Enter in the pane's line.
pub fn accept(state: &mut State) -> Vec<Effect> {
    let (now, zone) = (state.now, state.zone.clone());
    match state.logs.as_mut().and_then(|logs| logs.accept_input(now, &zone)) {
        Some(Wish::Add(source)) => {
            let name = source_words(&source);
            add(state, source, name.into());
            vec![]
        }
        Some(Wish::Save) => piece(state, false),
        None => vec![],
    }
}

/// Offers a name for the file of what is shown.
pub fn ask_file(state: &mut State) {
    let now = state.now.strftime("%Y%m%dT%H%M%SZ");
    if let Some(logs) = &mut state.logs {
        let name: String =
            logs.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
        logs.ask_file(format!("{name}-{now}.log"));
    }
}

/// A piece of a file was written, or not: the next one, or a word about it.
pub fn saved(state: &mut State, file: &str, result: Result<String, String>) -> Vec<Effect> {
    let Some(saving) = state.logs.as_mut().and_then(|logs| logs.saving.as_ref()).filter(|saving| saving.file == file)
    else {
        state.say(NoticeTone::Error, format!("{file}: the tail was closed, so the file is not whole"));
        return vec![];
    };
    let (done, total) = saving.progress();
    let begun = saving.pieces == 1;
    let lost = saving.lost;
    match result {
        Ok(_) if done < total => return piece(state, true),
        Ok(path) => {
            let but = if lost > 0 { format!("; {lost} were evicted before their turn") } else { String::new() };
            state.say(NoticeTone::Info, format!("{} saved to {path}{but}", format::count(total - lost, "line")));
        }
        Err(why) if begun => state.say(NoticeTone::Error, format!("not saved: {why}")),
        Err(why) => state.say(NoticeTone::Error, format!("{file} is not whole: {why}")),
    }
    if let Some(logs) = &mut state.logs {
        logs.saving = None;
    }
    vec![]
}

fn piece(state: &mut State, more: bool) -> Vec<Effect> {
    let Some(logs) = &mut state.logs else { return vec![] };
    let Some(file) = logs.saving.as_ref().map(|saving| saving.file.clone()) else { return vec![] };
    vec![Effect::Save { file, text: logs.next_piece(), more }]
}

/// When the newest deployment among what the tail follows began, in milliseconds.
pub(in crate::app) fn deployed(state: &State) -> Option<i64> {
    let (store, logs) = (state.store()?, state.logs.as_ref()?);
    let of = |source: &LogSource| {
        let LogSource::Resource(kind, id) = source else { return None };
        let row = store.listing(*kind).row(id)?;
        Some(kinds::kind(*kind)?.deployed_at(&*row.object, state.now)?.as_millisecond())
    };
    logs.sources.iter().filter_map(of).max()
}
