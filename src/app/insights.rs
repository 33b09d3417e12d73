//! Queries of Logs Insights: what is typed, what runs, what came of it. The query that runs is a
//! read like any other, so that leaving it by whatever way stops it.

use std::collections::HashMap;
use std::sync::Arc;

use ratatui::layout::Rect;
use tui_input::Input;

use super::command::Command;
use super::field;
use super::logs::moment;
use super::msg::Effect;
use super::picker::{Choice, Picker};
use super::rows::Table;
use super::state::{NoticeTone, Overlay, Pane, State};
use super::update::copied;
use crate::domain::Timestamp;
use crate::domain::environment::Environment;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::insights::{InsightsPiece, InsightsQuery, QueryStatus, QueryText, Statistics};
use crate::domain::log::LogSource;
use crate::domain::query::Answer;
use crate::domain::text::Text;
use crate::keymap::Key;

/// The query of an environment that had none yet.
const DEFAULT: &str = "fields @timestamp, @message | sort @timestamp desc | limit 100";
/// The time it looks back when nothing else was said.
const DEFAULT_TIME: &str = "1h";
/// What Tab offers for the time.
const TIMES: [&str; 6] = ["15m", "1h", "3h", "24h", "3d", "7d"];
/// Characters of a query (CloudWatch Logs API, StartQuery, `queryString`).
const MAX_TEXT: usize = 10_000;
/// Queries of an environment that are remembered.
const REMEMBERED: usize = 50;

/// Queries that everybody has, by their names. Those of the config come before them.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("newest lines", DEFAULT),
    (
        "errors by stream",
        "filter @message like /(?i)(error|fatal|exception)/ | stats count(*) as errors by @logStream | sort errors desc",
    ),
    (
        "errors every 5 minutes",
        "filter @message like /(?i)(error|fatal|exception)/ | stats count(*) as errors by bin(5m) as time | sort time desc",
    ),
    ("lines every 5 minutes", "stats count(*) as lines by bin(5m) as time | sort time desc"),
    ("most frequent messages", "stats count(*) as times by @message | sort times desc | limit 50"),
    (
        "slowest",
        "fields @timestamp, @message | parse @message /(?<took>[0-9]+) ?ms/ | filter ispresent(took) | sort took desc | limit 50",
    ),
];

/// The queries that were run, in memory until the end: they may hold what one looked for, and a
/// file of them would outlive the night.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// By environment, the newest last.
    texts: HashMap<Text, Vec<String>>,
    /// Queries started since the start.
    runs: u64,
}

impl History {
    /// The queries of an environment, the newest last.
    fn of(&self, env: &Text) -> &[String] {
        self.texts.get(env).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, env: &Text, text: &str) {
        let texts = self.texts.entry(env.clone()).or_default();
        texts.retain(|old| old != text);
        texts.push(text.to_string());
        if texts.len() > REMEMBERED {
            texts.remove(0);
        }
    }
}

/// What is typed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Query,
    Time,
    Filter,
}

/// How the last query stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// None was run yet.
    Ready,
    Running,
    /// As AWS ended it.
    Ended(QueryStatus),
    /// As the person ended it; AWS is told to stop it.
    Cancelled,
    Failed(Fault),
    /// AWS cannot read it: why, and which characters of it.
    Malformed(Fault, Option<(usize, usize)>),
}

/// A query that was run.
#[derive(Clone, Debug)]
pub struct Run {
    pub query: InsightsQuery,
    pub begun: Timestamp,
    pub ended: Option<Timestamp>,
}

/// The state of the overlay; it stays when the overlay is closed.
pub struct InsightsView {
    pub env: Arc<Environment>,
    pub sources: Vec<LogSource>,
    /// Whose logs they are.
    pub title: Text,
    pub query: Input,
    pub time: Input,
    /// `None`: the rows have the keys.
    pub field: Option<Field>,
    /// What is wrong with what is typed.
    pub error: Option<String>,
    pub phase: Phase,
    pub run: Option<Run>,
    /// The groups that are searched, when they are known.
    pub groups: Vec<Text>,
    pub status: Option<QueryStatus>,
    pub statistics: Statistics,
    /// What is tried again.
    pub trouble: Option<Fault>,
    pub table: Table,
    /// The selected row is open.
    pub open: bool,
    pub open_scroll: usize,
    /// Where in the history one is, from its end; 0 is what was typed.
    place: usize,
    typed: String,
}

impl InsightsView {
    fn new(env: Arc<Environment>, sources: Vec<LogSource>, title: Text, history: &History) -> Self {
        let text = history.of(&env.name).last().map_or(DEFAULT, String::as_str).to_string();
        Self {
            env,
            sources,
            title,
            query: text.into(),
            time: DEFAULT_TIME.into(),
            field: Some(Field::Query),
            error: None,
            phase: Phase::Ready,
            run: None,
            groups: Vec::new(),
            status: None,
            statistics: Statistics::default(),
            trouble: None,
            table: Table::default(),
            open: false,
            open_scroll: 0,
            place: 0,
            typed: String::new(),
        }
    }

    /// The query that should be running.
    pub fn running(&self) -> Option<&InsightsQuery> {
        self.run.as_ref().filter(|_| self.phase == Phase::Running).map(|run| &run.query)
    }

    fn end(&mut self, phase: Phase, now: Timestamp) {
        self.phase = phase;
        self.trouble = None;
        if let Some(run) = &mut self.run {
            run.ended = Some(now);
        }
    }

    /// A piece of a query's answer, or why it failed.
    pub fn accept(&mut self, query: &InsightsQuery, result: Result<Answer, Fault>, now: Timestamp) {
        if self.running() != Some(query) {
            return;
        }
        match result {
            Err(fault) => self.end(Phase::Failed(fault), now),
            Ok(Answer::Insights(piece)) => match piece {
                InsightsPiece::Groups(groups) => self.groups = groups,
                InsightsPiece::Trouble(fault) => self.trouble = Some(fault),
                InsightsPiece::Rows(rows) => self.table.set(rows),
                InsightsPiece::Progress(status, statistics) => {
                    (self.status, self.statistics, self.trouble) = (Some(status), statistics, None);
                    if status.is_end() {
                        self.end(Phase::Ended(status), now);
                    }
                }
                InsightsPiece::Malformed { fault, at } => {
                    // Where it is wrong it is mended.
                    self.field = Some(Field::Query);
                    if let Some((from, _)) = at {
                        self.query = Input::from(self.query.value()).with_cursor(from);
                    }
                    self.end(Phase::Malformed(fault, at), now);
                }
            },
            Ok(_) => {}
        }
    }

    /// All of a query's answer has come.
    pub fn answered(&mut self, query: &InsightsQuery, now: Timestamp) {
        if self.running() == Some(query) {
            let fault = Fault::new(FaultKind::Other, "logs:GetQueryResults", "the answer ended before the query did");
            self.end(Phase::Failed(fault), now);
        }
    }

    /// Runs what is typed, unless it says why not.
    fn start(&mut self, history: &mut History, now: Timestamp) {
        let text = self.query.value().trim().to_string();
        let Some((from, to)) = range(self.time.value(), now) else {
            self.field = Some(Field::Time);
            self.error = Some("write 15m, 3h, 7d, or from..to: 02:10..02:20, 2026-11-20T22:00..3h".to_string());
            return;
        };
        let wrong = match text.chars().count() {
            0 => Some("the query is empty".to_string()),
            n if n > MAX_TEXT => Some(format!("a query has {MAX_TEXT} characters at most, this one {n}")),
            _ => None,
        };
        if wrong.is_some() {
            (self.field, self.error) = (Some(Field::Query), wrong);
            return;
        }
        history.add(&self.env.name, &text);
        history.runs += 1;
        // Places in it are told as counted from here.
        self.query = text.as_str().into();
        let query =
            InsightsQuery { run: history.runs, sources: self.sources.clone(), text: QueryText::new(&text), from, to };
        self.run = Some(Run { query, begun: now, ended: None });
        self.phase = Phase::Running;
        (self.field, self.error, self.place) = (None, None, 0);
        (self.status, self.statistics, self.trouble) = (None, Statistics::default(), None);
        self.open = false;
        self.table = Table::default();
    }

    /// A key into the field that has the focus.
    pub fn edit(&mut self, key: Key) {
        let edited = match self.field {
            Some(Field::Query) => field::edit(&mut self.query, key),
            Some(Field::Time) => field::edit(&mut self.time, key),
            Some(Field::Filter) => return self.table.edit_filter(key),
            None => false,
        };
        if edited {
            (self.error, self.place) = (None, 0);
            if let Phase::Malformed(..) = self.phase {
                self.phase = Phase::Ready;
            }
        }
    }

    /// A pasted text; a query of several lines becomes one, its comments left out.
    pub fn paste(&mut self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let line = lines.collect::<Vec<_>>().join(" ");
        match self.field {
            Some(Field::Query) => field::paste(&mut self.query, &line),
            Some(Field::Time) => field::paste(&mut self.time, &line),
            Some(Field::Filter) => self.table.paste_filter(text),
            None => {}
        }
        self.error = None;
    }

    /// Further into the past of the history, or back.
    fn recall(&mut self, by: isize, history: &History) {
        let texts = history.of(&self.env.name);
        let place = self.place.saturating_add_signed(by).min(texts.len());
        if self.place == 0 {
            self.typed = self.query.value().to_string();
        }
        let text = match place.checked_sub(1) {
            None => &self.typed,
            Some(back) => &texts[texts.len() - 1 - back],
        };
        self.query = text.clone().into();
        self.place = place;
    }

    fn next_time(&mut self, by: isize) {
        let at = TIMES.iter().position(|time| *time == self.time.value().trim());
        let next = at.map_or(0, |at| (at as isize + by).rem_euclid(TIMES.len() as isize) as usize);
        self.time = TIMES[next].into();
    }

    /// Escape: what is typed into, the open row, the filter, the query that runs. `false`: nothing of
    /// it was there.
    fn back(&mut self, now: Timestamp) -> bool {
        match self.field {
            Some(Field::Filter) => {
                self.table.clear_filter();
                self.field = None;
                return true;
            }
            Some(_) if self.run.is_some() => {
                (self.field, self.error) = (None, None);
                return true;
            }
            Some(_) => return false,
            None => {}
        }
        if std::mem::take(&mut self.open) {
            return true;
        }
        if self.running().is_some() {
            self.end(Phase::Cancelled, now);
            return true;
        }
        if self.table.filter_input.value().is_empty() {
            return false;
        }
        self.table.clear_filter();
        true
    }

    /// So many rows on, or lines of the open row.
    pub fn scroll(&mut self, by: isize) {
        if self.open {
            self.open_scroll = self.open_scroll.saturating_add_signed(by);
        } else {
            self.table.step(by);
        }
    }
}

/// The time that is meant, in seconds since the epoch: so far back, since a moment, or between two.
fn range(text: &str, now: Timestamp) -> Option<(i64, i64)> {
    let (from, to) = text.split_once("..").unwrap_or((text, ""));
    let seconds = |text: &str| moment(text, now).map(|ms| ms.div_euclid(1000));
    let to = match to.trim() {
        "" | "now" => now.as_second(),
        to => seconds(to)?,
    };
    let from = seconds(from)?;
    (from < to).then_some((from, to))
}

/// Where the parts of the overlay are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    pub title: Rect,
    pub query: Rect,
    pub time: Rect,
    pub status: Rect,
    pub heading: Rect,
    pub rows: Rect,
    pub bottom: Rect,
}

impl Places {
    /// All of the room between header and footer, without a frame where there is little.
    pub fn of(state: &State) -> Self {
        let body = state.layout.body;
        let mut rest = body;
        let mut line = || {
            let height = rest.height.min(1);
            let line = Rect { height, ..rest };
            rest = Rect { y: rest.y + height, height: rest.height - height, ..rest };
            line
        };
        let (title, query, time, status, heading) = (line(), line(), line(), line(), line());
        let bottom = Rect { y: rest.y + rest.height.saturating_sub(1), height: rest.height.min(1), ..rest };
        let rows = Rect { height: rest.height.saturating_sub(1), ..rest };
        Self { title, query, time, status, heading, rows, bottom }
    }
}

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
        state.insights = Some(Box::new(InsightsView::new(env, sources, title, &state.queries)));
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

/// The saved queries of the environment, then those that everybody has.
pub fn saved(state: &State) -> Vec<(Text, Text)> {
    let own = state.insights.iter().flat_map(|view| view.env.queries.iter().cloned());
    let all = BUILT_IN.iter().map(|(name, text)| (Text::from(*name), Text::from(*text)));
    let mut saved: Vec<(Text, Text)> = own.collect();
    // One of the same name takes the place of ours.
    for (name, text) in all {
        if saved.iter().all(|(other, _)| *other != name) {
            saved.push((name, text));
        }
    }
    saved
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
            | Command::SaveCsv
            | Command::SaveJson
            | Command::ColumnsRight
            | Command::ColumnsLeft
    );
    let is_empty = state.insights.as_ref().is_none_or(|view| view.table.rows().rows.is_empty());
    (is_for_rows && is_empty).then(|| "there is no row".to_string())
}

/// Does a command where the overlay has the keys; `None` leaves it to the rest of the console.
pub fn obey(state: &mut State, command: Command) -> Option<Vec<Effect>> {
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
        Command::Accept | Command::RunQuery => view.start(history, now),
        Command::Previous | Command::Next if view.field == Some(Field::Query) => {
            view.recall(if command == Command::Previous { 1 } else { -1 }, history);
        }
        Command::Previous | Command::Next if view.field == Some(Field::Time) => {
            view.next_time(if command == Command::Previous { -1 } else { 1 });
        }
        Command::Complete if view.field == Some(Field::Time) => view.next_time(1),
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
        Command::Copy => match view.table.line_to_copy() {
            Some(line) => effects.extend(copied(state, line)),
            None => state.say(NoticeTone::Error, "there is no row"),
        },
        Command::SaveCsv | Command::SaveJson if view.table.is_empty() => {
            state.say(NoticeTone::Error, "there is no row");
        }
        Command::SaveCsv => effects.push(save(view, now, "csv", view.table.csv())),
        Command::SaveJson => effects.push(save(view, now, "jsonl", view.table.jsonl())),
        _ => return None,
    }
    Some(effects)
}

/// The rows, to a file in the folder where midwatch was started.
fn save(view: &InsightsView, now: Timestamp, ending: &str, text: String) -> Effect {
    let name: String = view.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Effect::Save { file: format!("{name}-insights-{}.{ending}", now.strftime("%Y%m%dT%H%M%SZ")), text, more: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_so_far_back_or_from_one_moment_to_another() {
        let now: Timestamp = "2026-11-21T02:14:07Z".parse().unwrap();
        let told = |text: &str| range(text, now).map(|(from, to)| (now.as_second() - from, now.as_second() - to));
        assert_eq!(told("1h"), Some((3600, 0)));
        assert_eq!(told("7d"), Some((7 * 86_400, 0)));
        assert_eq!(told("02:10..02:12"), Some((247, 127)));
        assert_eq!(told("3h..1h"), Some((3 * 3600, 3600)));
        assert_eq!(told("02:10.."), Some((247, 0)));
        for wrong in ["", "soon", "1h..3h", "..", "1h..later", "9999999999999999d"] {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_history_is_bounded_and_has_a_query_once() {
        let mut history = History::default();
        let env = Text::from("x");
        for n in 0..60 {
            history.add(&env, &format!("q{n}"));
        }
        history.add(&env, "q30");
        assert_eq!(history.of(&env).len(), REMEMBERED);
        assert_eq!(history.of(&env).last().map(String::as_str), Some("q30"));
        assert!(history.of(&"y".into()).is_empty());
    }

    #[test]
    fn a_pasted_query_of_several_lines_is_one() {
        let env = Arc::new(Environment::of_profile("x", None, None));
        let mut view = InsightsView::new(env, vec![], "x".into(), &History::default());
        view.query.reset();
        view.paste("# what was slow\nfields @message\n  | filter ms > 5\n\n| limit 3\n");
        assert_eq!(view.query.value(), "fields @message | filter ms > 5 | limit 3");
    }
}
