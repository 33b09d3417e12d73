//! Queries of Logs Insights: what is typed, what runs, what came of it. The query that runs is a
//! read like any other, so that leaving it by whatever way stops it.

pub mod rows;
mod saved;
mod taking;
pub mod view;

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use tui_input::Input;

use crate::app::cursor::{self, Cursor};
use crate::app::field::{self, Written};
use crate::app::moment::moment;
use crate::domain::Timestamp;
use crate::domain::environment::Environment;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::insights::{InsightsPiece, InsightsQuery, QueryStatus, QueryText, Statistics, one_line};
use crate::domain::log::LogSource;
use crate::domain::query::Answer;
use crate::domain::text::Text;
use crate::keymap::Command;
use crate::logs::settings::LogSettings;

use rows::Table;
use saved::DEFAULT;
pub use saved::{BUILT_IN, History, saved};
use taking::Saving;

/// The time it looks back when nothing else was said.
const DEFAULT_TIME: &str = "1h";
/// What Tab offers for the time.
const TIMES: [&str; 6] = ["15m", "1h", "3h", "24h", "3d", "7d"];
/// Characters of a query (CloudWatch Logs API, StartQuery, `queryString`).
const MAX_TEXT: usize = 10_000;
pub const INSIGHTS: Command = Command::new("insights");

/// The view; what it shows is in `State::insights`.
pub struct InsightsView;

/// What is typed into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Query,
    Time,
    Filter,
    /// The file that is to be written.
    File,
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

/// What was asked and what came of it; it stays when the view is closed.
pub struct InsightsState {
    pub env: Arc<Environment>,
    pub sources: Vec<LogSource>,
    settings: LogSettings,
    /// Whose logs they are.
    pub title: Text,
    pub query: Input,
    pub time: Input,
    pub file: Input,
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
    pub open_scroll: Cursor,
    /// The file that is being written.
    pub saving: Option<Saving>,
    /// Where in the history one is, from its end; 0 is what was typed.
    place: usize,
    typed: String,
}

impl InsightsState {
    fn new(
        env: Arc<Environment>,
        sources: Vec<LogSource>,
        title: Text,
        settings: &LogSettings,
        history: &History,
    ) -> Self {
        let text = history.of(&env.name).last().map_or(DEFAULT, String::as_str).to_string();
        Self {
            env,
            sources,
            settings: settings.clone(),
            title,
            query: text.into(),
            time: DEFAULT_TIME.into(),
            file: Input::default(),
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
            open_scroll: Cursor::default(),
            saving: None,
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
                InsightsPiece::Rows(rows) => {
                    let redactor = self.settings.for_screen();
                    self.table.set(match redactor {
                        Some(redactor) => rows.map(|name, value| redactor.redact_value(name, value)),
                        None => rows,
                    });
                }
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

    /// The selected row, to be copied.
    pub fn to_copy(&self) -> Option<String> {
        self.table.line_to_copy(self.settings.for_copy())
    }

    /// Into the field that has the focus; a pasted query of several lines becomes one.
    pub fn write(&mut self, written: Written) {
        let line;
        let in_a_line = match written {
            Written::Pasted(text) => {
                line = one_line(text);
                Written::Pasted(&line)
            }
            Written::Key(_) => written,
        };
        let input = match self.field {
            Some(Field::Query) => &mut self.query,
            Some(Field::Time) => &mut self.time,
            Some(Field::Filter) => return self.table.write_filter(written),
            Some(Field::File) => &mut self.file,
            None => return,
        };
        if field::write(input, in_a_line) {
            self.error = None;
            if self.field == Some(Field::Query) {
                self.place = 0;
            }
            if let Phase::Malformed(..) = self.phase {
                self.phase = Phase::Ready;
            }
        }
    }

    /// Further into the past of the history, or back.
    fn recall(&mut self, by: isize, history: &History) {
        let texts = history.of(&self.env.name);
        let place = cursor::step(self.place, by, texts.len() + 1);
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

    /// Asks for the file that is to be written.
    fn ask_file(&mut self, now: Timestamp) {
        let title: String =
            self.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
        self.file = format!("{title}-insights-{}.csv", now.strftime("%Y%m%dT%H%M%SZ")).into();
        (self.field, self.error) = (Some(Field::File), None);
    }

    /// From comma-separated values to JSON, and back.
    fn toggle_file_format(&mut self) {
        let name = self.file.value();
        self.file = match name.strip_suffix(".jsonl") {
            Some(name) => format!("{name}.csv"),
            None => format!("{}.jsonl", name.strip_suffix(".csv").unwrap_or(name)),
        }
        .into();
    }

    /// Begins to write the file, unless it says why not.
    fn start_file(&mut self) {
        let name = self.file.value().trim().to_string();
        self.error = if name.is_empty() {
            Some("the file has no name".to_string())
        } else if name.contains('/') {
            Some("a name alone: the file is written where midwatch was started".to_string())
        } else {
            self.saving = Some(Saving::of(&self.table, name, self.settings.for_save()));
            self.field = None;
            None
        };
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
            Some(field) if field == Field::File || self.run.is_some() => {
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
            self.open_scroll.scroll(by);
        } else {
            self.table.step(by);
        }
    }
}

/// The time that is meant, in seconds since the epoch and UTC, as the rows tell their times: so far back, since a moment, or between two.
fn range(text: &str, now: Timestamp) -> Option<(i64, i64)> {
    let (from, to) = text.split_once("..").unwrap_or((text, ""));
    let seconds = |text: &str| moment(text, now, &TimeZone::UTC).map(Timestamp::as_second);
    let to = match to.trim() {
        "" | "now" => now.as_second(),
        to => seconds(to)?,
    };
    let from = seconds(from)?;
    (from < to).then_some((from, to))
}

/// Where the parts of the view are.
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
    /// All of the room between header and footer.
    pub fn of(body: Rect) -> Self {
        // By hand: a solver of constraints takes a millisecond, and this is asked after every message.
        let mut rest = body;
        let mut line = || {
            let height = rest.height.min(1);
            let line = Rect { height, ..rest };
            rest = Rect { y: rest.y + height, height: rest.height - height, ..rest };
            line
        };
        let (title, query, time, status, heading) = (line(), line(), line(), line(), line());
        let rows = Rect { height: rest.height.saturating_sub(1), ..rest };
        let bottom = Rect { y: rest.y + rows.height, height: rest.height - rows.height, ..rest };
        Self { title, query, time, status, heading, rows, bottom }
    }
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
    fn a_pasted_query_of_several_lines_is_one() {
        let env = Arc::new(Environment::of_profile("x", None, None));
        let mut view = InsightsState::new(env, vec![], "x".into(), &LogSettings::default(), &History::default());
        view.query.reset();
        view.write(Written::Pasted("# what was slow\nfields @message\n  | filter ms > 5\n\n| limit 3\n"));
        assert_eq!(view.query.value(), "fields @message | filter ms > 5 | limit 3");
    }
}
