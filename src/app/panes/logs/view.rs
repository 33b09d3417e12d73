//! What the pane answers while it has the keys, and what is done beyond it: a tail opens, takes in one more
//! source, a file is written.

use super::{LOGS_OF, LogView, Prompt, PromptAction, Shows, source_words};
use crate::app::field::Written;
use crate::app::input::{ACCEPT, COMPLETE};
use crate::app::panes::deck::ZOOM;
use crate::app::panes::resources::{COPY, FILTER, OPEN};
use crate::app::panes::{LIST, LOGS, bar};
use crate::app::views::insights::INSIGHTS;
use crate::app::views::prelude::*;
use crate::domain::format;
use crate::domain::log::LogSource;
use crate::domain::text::Text;
use crate::kinds;
use crate::logs::level::Level;
use crate::logs::search::Goal;
use crate::logs::view::Direction;

declare_commands! {
    LOGS_OF: LIST, ["l"], "logs", "Follow the logs of the selected resource."
        => .runs(|state, _| open(state, false)).unless(no_logs).also("tail");
    FOLLOW = "follow": LOGS, ["f"], "follow", "Follow the newest line, or stay where you are.";
    EXCLUDE = "exclude": LOGS, ["x"], "hide", "Hide the lines that a regex matches.";
    LEAST_LEVEL = "least-level": LOGS, ["v"], "level", "The least level that is shown: all, info, warn, error.";
    DROP_FILTER = "drop-filter": LOGS, ["backspace"], "drop filter", "Take the last filter away.";
    NEXT_ERROR = "next-error": LOGS, ["] e"], "next error", "To the next error.";
    PREVIOUS_ERROR = "previous-error": LOGS, ["[ e"], "error before", "To the error before.";
    NEXT_MATCH = "next-match": LOGS, ["n"], "next match", "To the next line that the filters match.";
    PREVIOUS_MATCH = "previous-match": LOGS, ["N"], "match before", "To the match before.";
    WRAP = "wrap": LOGS, ["w"], "wrap", "Long lines go on below, or are cut.";
    TIMES = "times": LOGS, ["t"], "times", "Times in UTC, of your zone, as an age, or none.";
    ADD_LOGS = "add-logs": LIST, ["L"], "add logs", "Merge the selected resource's logs into the open tail."
        => .runs(|state, _| open(state, true)).unless(no_logs);
    JUMP_TO_TIME = "jump-to-time": LOGS, ["@"], "time", "To a moment: 5m, 02:10, 2026-11-21T02:10.";
    NEXT_SPIKE = "next-spike": LOGS, ["] s"], "next spike", "To the next time that stands out.";
    PREVIOUS_SPIKE = "previous-spike": LOGS, ["[ s"], "spike before", "To the time before that stands out.";
    PATTERNS = "patterns": LOGS, ["p"], "patterns", "Lines that say the same, counted.";
    CONTEXT_LINES = "context-lines": LOGS, ["C"], "context", "Lines around each match: none, 2, 10.";
    HIGHLIGHT = "highlight": LOGS, ["h"], "highlight", "Mark what a regex finds; nothing is hidden.";
    RAW = "raw": LOGS, ["r"], "raw", "JSON and logfmt lines as written, or as message and fields.";
    AROUND = "around": LOGS, ["="], "around", "What all sources said within 30 s of the selected line; again: back.";
    COLUMN = "column": LOGS, ["a"], "column", "The open line's field as a column, or no longer.";
    SOURCES = "sources": LOGS, ["s"], "sources", "Where the lines come from; enter chooses some.";
    MARK = "mark": LOGS, ["m"], "mark", "Mark the selected line, or take the mark away.";
    MARKS = "marks": LOGS, ["'"], "marks", "The marked lines; enter goes to one.";
    NEXT_MARK = "next-mark": LOGS, ["] m"], "next mark", "To the next marked line.";
    PREVIOUS_MARK = "previous-mark": LOGS, ["[ m"], "mark before", "To the marked line before.";
    SELECT = "select": LOGS, ["V"], "select", "Select lines from here on; c copies them.";
    ADD_SOURCE = "add-source": LOGS, ["+"], "add source",
        "One more source: a group, GROUP:STREAMS, or groups by a pattern as /ecs/*.";
    LIVE_TAIL = "live-tail": LOGS, ["T"], "live tail",
        "Lines within a second by Live Tail, which AWS bills by the minute.";
    SAVE = "save": LOGS, ["W"], "save", "Write lines to a file, text or JSON, without secrets.";
}

fn no_logs(state: &State, _: Command) -> Option<String> {
    match state.acted_on() {
        Some(kind) if kind.has_logs() => {
            state.selected(kind.id()).is_none().then(|| format!("no {} is selected", kind.noun()))
        }
        _ => Some(format!("logs are those of {}", with_logs())),
    }
}

/// The kinds that have logs, with the numbers of their panes.
fn with_logs() -> String {
    let kinds = kinds::registry().filter(|kind| kind.has_logs());
    let names: Vec<String> =
        kinds.map(|kind| format!("{} ({})", kind.title().to_lowercase(), Pane::Kind(kind.id()).number())).collect();
    names.join(", ")
}

/// The pane; what it shows is in [`State::logs`].
pub struct LogsPane;

impl View for LogsPane {
    fn key_bar(&self, state: &State) -> Vec<Command> {
        let own: &[Command] = match &state.logs {
            Some(logs) if logs.input.is_some() => return vec![BACK, ACCEPT],
            Some(logs) => keys_of(logs),
            None => &[],
        };
        bar::of(state, own)
    }

    fn contexts(&self, state: &State) -> &'static [Context] {
        match &state.logs {
            Some(logs) if logs.input.is_some() => &[Context::INPUT, Context::GLOBAL],
            Some(_) => &[LOGS, LIST, Context::GLOBAL],
            None => &[LIST, Context::GLOBAL],
        }
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        let Some(logs) = &mut state.logs else { return Next::Pass };
        match command {
            OPEN => logs.enter(),
            COMPLETE => logs.toggle_whole(),
            ACCEPT => accept(state),
            SAVE => ask_file(state),
            BACK => back(state),
            _ if logs.handle_command(command) => {}
            _ => return Next::Pass,
        }
        Next::Stay
    }

    fn write(&mut self, state: &mut State, written: Written) {
        state.logs.iter_mut().for_each(|logs| logs.write(written));
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        state.logs.iter_mut().for_each(|logs| logs.scroll(by));
    }

    fn to_copy(&self, state: &State) -> Option<String> {
        state.logs.as_ref()?.to_copy()
    }
}

/// What works in the pane, by what it shows.
fn keys_of(logs: &LogView) -> &'static [Command] {
    match (logs.open.is_some(), logs.shows) {
        (true, _) => &[BACK, OPEN, EXCLUDE, COLUMN, COPY, AROUND],
        (false, Shows::Patterns | Shows::Sources | Shows::Marks) => &[BACK, OPEN, EXCLUDE, DROP_FILTER],
        (false, Shows::Lines) if logs.anchor.is_some() => &[BACK, COPY],
        (false, Shows::Lines) => &[
            FOLLOW,
            FILTER,
            EXCLUDE,
            LEAST_LEVEL,
            NEXT_ERROR,
            OPEN,
            AROUND,
            PATTERNS,
            INSIGHTS,
            SOURCES,
            JUMP_TO_TIME,
            CONTEXT_LINES,
            MARK,
            SAVE,
            ZOOM,
            DROP_FILTER,
            BACK,
        ],
    }
}

/// First what is open in the pane, then the pane: to what they are the logs of.
fn back(state: &mut State) {
    if state.zoomed && state.logs.as_ref().is_some_and(|logs| !logs.is_busy()) {
        state.zoomed = false;
    } else if state.logs.as_mut().is_some_and(|logs| !logs.back()) {
        let whose = state.logs.take().and_then(|logs| logs.kind());
        let detail = state.detail.as_ref().map(|detail| detail.kind);
        let kind = detail.or(whose).or_else(|| kinds::registry().next().map(|kind| kind.id()));
        state.focus = kind.map_or(Pane::Environments, Pane::Kind);
    }
}

impl LogView {
    /// Does a command of the pane; `false`: it is none.
    fn handle_command(&mut self, command: Command) -> bool {
        let in_list = self.shows != Shows::Lines;
        let said = self.said.take();
        match command {
            FOLLOW if self.follow => self.stop_following(),
            FOLLOW => self.follow_again(),
            WRAP => self.wrap = !self.wrap,
            RAW => self.raw = !self.raw,
            TIMES => self.times = self.times.next(),
            FILTER => self.open_prompt(Prompt::Include, ""),
            EXCLUDE if self.open.is_some() => self.filter_field(true),
            EXCLUDE if in_list => self.choose(true),
            EXCLUDE => self.open_prompt(Prompt::Exclude, ""),
            HIGHLIGHT => self.open_prompt(Prompt::Highlight, ""),
            JUMP_TO_TIME => self.open_prompt(Prompt::Time, ""),
            ADD_SOURCE => self.open_prompt(Prompt::Source, ""),
            AROUND => self.around(),
            COLUMN => self.column(),
            NEXT_SPIKE => self.spike(true),
            PREVIOUS_SPIKE => self.spike(false),
            PATTERNS => self.show(Shows::Patterns),
            SOURCES => self.show(Shows::Sources),
            MARKS => self.show(Shows::Marks),
            MARK => self.mark(),
            NEXT_MARK => self.seek_mark(true),
            PREVIOUS_MARK => self.seek_mark(false),
            SELECT => self.start_selection(),
            CONTEXT_LINES => self.next_context(),
            LEAST_LEVEL => self.next_level(),
            DROP_FILTER => self.drop_filter(),
            NEXT_ERROR => self.seek(Goal::Level(Level::Error), Direction::Forth),
            PREVIOUS_ERROR => self.seek(Goal::Level(Level::Error), Direction::Back),
            NEXT_MATCH => self.seek_match(Direction::Forth),
            PREVIOUS_MATCH => self.seek_match(Direction::Back),
            LIVE_TAIL => {
                self.live = !self.live;
                self.remark(if self.live {
                    "Live Tail: lines within a second, about $0.01 a minute; T ends it, and it stops while hidden"
                } else {
                    "the tail polls again: no cost by the minute"
                });
            }
            _ => {
                self.said = said;
                return false;
            }
        }
        true
    }
}

/// Opens the logs of the selected resource beside whatever is on the screen; `more` keeps the
/// sources of the open tail.
fn open(state: &mut State, more: bool) {
    let Some(kind) = state.acted_on() else { return };
    let Some(row) = state.selected(kind.id()) else { return };
    let (id, name) = (row.object.id().clone(), row.object.name().clone());
    let source = LogSource::Resource(kind.id(), id);
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

fn add(state: &mut State, source: LogSource, name: Text) {
    if let Some(logs) = &mut state.logs
        && !logs.join(source, &name)
    {
        state.say(NoticeTone::Info, format!("{name} is in the tail already"));
    }
}

/// Enter in the pane's line.
fn accept(state: &mut State) {
    let (now, zone) = (state.now, state.zone.clone());
    match state.logs.as_mut().and_then(|logs| logs.accept_input(now, &zone)) {
        Some(PromptAction::Add(source)) => {
            let name = source_words(&source);
            add(state, source, name.into());
        }
        Some(PromptAction::Save) => piece(state, false),
        None => {}
    }
}

/// Offers a name for the file of what is shown.
fn ask_file(state: &mut State) {
    let now = state.now.strftime("%Y%m%dT%H%M%SZ");
    if let Some(logs) = &mut state.logs {
        let name: String =
            logs.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
        logs.ask_file(format!("{name}-{now}.log"));
    }
}

/// A piece of a file was written, or not: the next one, or a word about it.
pub fn saved(state: &mut State, file: &str, result: Result<String, String>) {
    let Some(saving) = state.logs.as_mut().and_then(|logs| logs.saving.as_ref()).filter(|saving| saving.file == file)
    else {
        return state.say(NoticeTone::Error, format!("{file}: the tail was closed, so the file is not whole"));
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
}

fn piece(state: &mut State, more: bool) {
    let Some(logs) = &mut state.logs else { return };
    let Some(file) = logs.saving.as_ref().map(|saving| saving.file.clone()) else { return };
    state.effects.push(Effect::Save { file, text: logs.next_piece(), more });
}

/// When the newest deployment among what the tail follows began, in milliseconds.
pub fn deployed(state: &State) -> Option<i64> {
    let (store, logs) = (state.store()?, state.logs.as_ref()?);
    let of = |source: &LogSource| {
        let LogSource::Resource(kind, id) = source else { return None };
        let row = store.listing(*kind).row(id)?;
        Some(kinds::kind(*kind)?.deployed_at(&*row.object)?.as_millisecond())
    };
    logs.sources.iter().filter_map(of).max()
}
