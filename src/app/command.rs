//! Every command, once: its id, context, default keys and words. Key bar, help, palette, keymaps
//! and `midwatch keys` are made of this table and of the actions' declarations.

use std::sync::LazyLock;

use crate::keymap::{Context, DeclaredCommand};
use crate::kinds;

/// What a key can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Quit,
    Help,
    Back,
    Palette,
    Environments,
    Refresh,
    Jobs,
    Api,
    /// How the incident that is practised went.
    Debrief,
    /// What is wrong, worst first.
    Wrong,
    /// What changed, newest first.
    Timeline,
    /// The clock of one resource alone, or of all.
    OnlyThis,
    /// What happens again and again in a line, or each time.
    EveryOne,
    /// The mark of the incident's start.
    Incident,
    /// Write the report of the incident.
    Report,
    Undo,
    /// The local ports that lead into the VPC.
    Forwards,
    /// Close the selected one.
    StopForward,
    NextPane,
    PreviousPane,
    /// By its number on the screen, from 1.
    Pane(u8),
    Zoom,
    Suspend,
    Redraw,
    Up,
    Down,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Filter,
    SortNext,
    SortPrevious,
    SortReverse,
    Copy,
    ConsoleUrl,
    NextTab,
    PreviousTab,
    /// To what the selected resource is about: from an alarm to its service.
    Subject,
    /// Open the logs of the selected resource.
    Logs,
    /// Follow the newest line, or stay.
    Follow,
    /// A filter for lines that shall not be seen.
    Exclude,
    /// The least level that is shown.
    LeastLevel,
    /// Take the last filter away.
    DropFilter,
    NextError,
    PreviousError,
    NextMatch,
    PreviousMatch,
    Wrap,
    Times,
    /// The selected resource's logs into the open tail.
    AddLogs,
    /// One more source into the open tail, by its name.
    AddSource,
    JumpToTime,
    NextSpike,
    PreviousSpike,
    Patterns,
    ContextLines,
    /// Mark a term without hiding anything.
    Highlight,
    /// Lines as they were written.
    Raw,
    /// All lines around the selected one.
    Around,
    /// A field beside each line.
    Column,
    Sources,
    Mark,
    Marks,
    NextMark,
    PreviousMark,
    /// Begin a selection.
    Select,
    LiveTail,
    Save,
    /// A query of Logs Insights over the logs that are meant here.
    Insights,
    EditQuery,
    QueryTime,
    RunQuery,
    SavedQueries,
    SaveRows,
    ColumnsRight,
    ColumnsLeft,
    /// The revisions of the selected resource beside each other.
    Compare,
    AllFields,
    BothOlder,
    BothNewer,
    BeforeOlder,
    BeforeNewer,
    AfterOlder,
    AfterNewer,
    /// The golden signals of the environment, or back.
    Golden,
    LongerRange,
    ShorterRange,
    /// Draw the same time a day before too.
    DayBefore,
    /// The cursor of the charts, by a point.
    Earlier,
    Later,
    /// By ten points.
    MuchEarlier,
    MuchLater,
    Confirm,
    RestUp,
    RestDown,
    CopyCall,
    Accept,
    Next,
    Previous,
    Complete,
    /// An action over the selected resource, by its verb; the kind in focus says which.
    Act(&'static str),
}

type Line = (Command, &'static str, Context, &'static [&'static str], &'static str, &'static str);

/// (command, id, context, keys, label, help). Essential ones are marked in [`essential`].
const TABLE: &[Line] = &[
    (Command::Quit, "quit", Context::Global, &["q"], "quit", "Leave; asks while jobs run."),
    (Command::Help, "help", Context::Global, &["?"], "keys", "All keys that work here."),
    (Command::Back, "back", Context::Global, &["esc"], "back", "Close what is open, clear the filter."),
    (Command::Palette, "palette", Context::Global, &[":"], "command", "Find any command by its name."),
    (Command::Environments, "environments", Context::Global, &["e"], "environments", "Switch to another environment."),
    (
        Command::Refresh,
        "refresh",
        Context::Global,
        &["R"],
        "refresh",
        "Read everything in view again, with fresh credentials.",
    ),
    (Command::Jobs, "jobs", Context::Global, &["J"], "jobs", "The actions under way and how they ended."),
    (
        Command::Wrong,
        "wrong",
        Context::List,
        &["w"],
        "what is wrong",
        "What is wrong, worst first, with its evidence and what to do next.",
    ),
    (
        Command::Timeline,
        "timeline",
        Context::List,
        &["t"],
        "what changed",
        "What changed, newest first: deployments, events, alarms, requests, actions; of an opened resource alone.",
    ),
    (
        Command::OnlyThis,
        "only-this",
        Context::Timeline,
        &["f"],
        "this alone",
        "Only what happened to the selected entry's resource; again: everything.",
    ),
    (
        Command::EveryOne,
        "every-one",
        Context::Timeline,
        &["a"],
        "every one",
        "What happens again and again has a line each time, or one where it began.",
    ),
    (
        Command::Incident,
        "incident",
        Context::List,
        &["M"],
        "incident's start",
        "Mark when it began: now, or at the selected entry, line or point; again takes it away. :incident 02:10",
    ),
    (
        Command::Report,
        "report",
        Context::Global,
        &[],
        "incident report",
        "Write findings, changes, actions and charts to a Markdown file, without secrets. :report 02:10 02:30",
    ),
    (Command::Api, "api", Context::Global, &[], "API calls", "What is asked of AWS, against its quotas."),
    (
        Command::Debrief,
        "debrief",
        Context::Global,
        &[],
        "debrief",
        "How the incident that is practised went: what happened, how long it took, what was tried.",
    ),
    (Command::Undo, "undo", Context::Global, &["u"], "undo", "Plan the inverse of the last scale or roll back."),
    (
        Command::Forwards,
        "forwards",
        Context::Global,
        &["P"],
        "forwards",
        "The local ports that lead into the VPC; there one closes them.",
    ),
    (Command::StopForward, "stop-forward", Context::Forwards, &["x"], "close", "Close the selected port."),
    (Command::NextPane, "next-pane", Context::Global, &["tab"], "next pane", "Focus the next pane."),
    (
        Command::PreviousPane,
        "previous-pane",
        Context::Global,
        &["backtab"],
        "previous pane",
        "Focus the previous pane.",
    ),
    (Command::Pane(1), "pane-1", Context::Global, &["1"], "pane 1", "Focus pane 1."),
    (Command::Pane(2), "pane-2", Context::Global, &["2"], "pane 2", "Focus pane 2."),
    (Command::Pane(3), "pane-3", Context::Global, &["3"], "pane 3", "Focus pane 3."),
    (Command::Pane(4), "pane-4", Context::Global, &["4"], "pane 4", "Focus pane 4."),
    (Command::Pane(5), "pane-5", Context::Global, &["5"], "pane 5", "Focus pane 5."),
    (Command::Pane(6), "pane-6", Context::Global, &["6"], "pane 6", "Focus pane 6."),
    (Command::Pane(7), "pane-7", Context::Global, &["7"], "pane 7", "Focus pane 7."),
    (Command::Pane(8), "pane-8", Context::Global, &["8"], "pane 8", "Focus pane 8."),
    (Command::Pane(9), "pane-9", Context::Global, &["9"], "pane 9", "Focus pane 9."),
    (Command::Zoom, "zoom", Context::Global, &["z"], "zoom", "Give the focused pane the whole screen, and back."),
    (Command::Suspend, "suspend", Context::Global, &["ctrl-z"], "suspend", "Step aside to the shell; `fg` comes back."),
    (Command::Redraw, "redraw", Context::Global, &["ctrl-l"], "redraw", "Draw the whole screen anew."),
    (Command::Up, "up", Context::List, &["k", "up"], "up", "One row up."),
    (Command::Down, "down", Context::List, &["j", "down"], "down", "One row down."),
    (Command::HalfUp, "half-up", Context::List, &[], "half a page up", "Half a page up."),
    (Command::HalfDown, "half-down", Context::List, &[], "half a page down", "Half a page down."),
    (Command::PageUp, "page-up", Context::List, &["pageup"], "page up", "One page up."),
    (Command::PageDown, "page-down", Context::List, &["pagedown"], "page down", "One page down."),
    (Command::Top, "top", Context::List, &["g g", "home"], "top", "To the first row."),
    (Command::Bottom, "bottom", Context::List, &["G", "end"], "bottom", "To the last row."),
    (Command::Open, "open", Context::List, &["enter"], "open", "Open the selected row."),
    (Command::Filter, "filter", Context::List, &["/"], "filter", "Filter: text, regex, column:value, ! inverts."),
    (
        Command::SortNext,
        "sort-next",
        Context::List,
        &[">"],
        "sort",
        "Sort by the next column; wrong first comes before the first.",
    ),
    (Command::SortPrevious, "sort-previous", Context::List, &["<"], "sort back", "Sort by the previous column."),
    (Command::SortReverse, "sort-reverse", Context::List, &[","], "reverse", "Turn the order round."),
    (Command::Copy, "copy", Context::List, &["c"], "copy", "Copy the ARN of the selected row."),
    (
        Command::ConsoleUrl,
        "console-url",
        Context::List,
        &["o"],
        "console URL",
        "Copy the address of its page in the AWS web console.",
    ),
    (Command::NextTab, "next-tab", Context::Detail, &["right", "]"], "next tab", "The next tab."),
    (Command::PreviousTab, "previous-tab", Context::Detail, &["left", "["], "previous tab", "The previous tab."),
    (
        Command::Subject,
        "subject",
        Context::List,
        &["a"],
        "what it is about",
        "From an alarm to the resource that it is about.",
    ),
    (Command::Logs, "logs", Context::List, &["l"], "logs", "Follow the logs of the selected resource."),
    (Command::Follow, "follow", Context::Logs, &["f"], "follow", "Follow the newest line, or stay where you are."),
    (Command::Exclude, "exclude", Context::Logs, &["x"], "hide", "Hide the lines that a regex matches."),
    (
        Command::LeastLevel,
        "least-level",
        Context::Logs,
        &["v"],
        "level",
        "The least level that is shown: all, info, warn, error.",
    ),
    (Command::DropFilter, "drop-filter", Context::Logs, &["backspace"], "drop filter", "Take the last filter away."),
    (Command::NextError, "next-error", Context::Logs, &["] e"], "next error", "To the next error."),
    (Command::PreviousError, "previous-error", Context::Logs, &["[ e"], "error before", "To the error before."),
    (Command::NextMatch, "next-match", Context::Logs, &["n"], "next match", "To the next line that the filters match."),
    (Command::PreviousMatch, "previous-match", Context::Logs, &["N"], "match before", "To the match before."),
    (Command::Wrap, "wrap", Context::Logs, &["w"], "wrap", "Long lines go on below, or are cut."),
    (Command::Times, "times", Context::Logs, &["t"], "times", "Times in UTC, of your zone, as an age, or none."),
    (
        Command::AddLogs,
        "add-logs",
        Context::List,
        &["L"],
        "add logs",
        "Merge the selected resource's logs into the open tail.",
    ),
    (Command::JumpToTime, "jump-to-time", Context::Logs, &["@"], "time", "To a moment: 5m, 02:10, 2026-11-21T02:10."),
    (Command::NextSpike, "next-spike", Context::Logs, &["] s"], "next spike", "To the next time that stands out."),
    (
        Command::PreviousSpike,
        "previous-spike",
        Context::Logs,
        &["[ s"],
        "spike before",
        "To the time before that stands out.",
    ),
    (Command::Patterns, "patterns", Context::Logs, &["p"], "patterns", "Lines that say the same, counted."),
    (Command::ContextLines, "context-lines", Context::Logs, &["C"], "context", "Lines around each match: none, 2, 10."),
    (
        Command::Highlight,
        "highlight",
        Context::Logs,
        &["h"],
        "highlight",
        "Mark what a regex finds; nothing is hidden.",
    ),
    (Command::Raw, "raw", Context::Logs, &["r"], "raw", "JSON and logfmt lines as written, or as message and fields."),
    (
        Command::Around,
        "around",
        Context::Logs,
        &["="],
        "around",
        "What all sources said within 30 s of the selected line; again: back.",
    ),
    (Command::Column, "column", Context::Logs, &["a"], "column", "The open line's field as a column, or no longer."),
    (Command::Sources, "sources", Context::Logs, &["s"], "sources", "Where the lines come from; enter chooses some."),
    (Command::Mark, "mark", Context::Logs, &["m"], "mark", "Mark the selected line, or take the mark away."),
    (Command::Marks, "marks", Context::Logs, &["'"], "marks", "The marked lines; enter goes to one."),
    (Command::NextMark, "next-mark", Context::Logs, &["] m"], "next mark", "To the next marked line."),
    (Command::PreviousMark, "previous-mark", Context::Logs, &["[ m"], "mark before", "To the marked line before."),
    (Command::Select, "select", Context::Logs, &["V"], "select", "Select lines from here on; c copies them."),
    (
        Command::AddSource,
        "add-source",
        Context::Logs,
        &["+"],
        "add source",
        "One more source: a group, GROUP:STREAMS, or groups by a pattern as /ecs/*.",
    ),
    (
        Command::LiveTail,
        "live-tail",
        Context::Logs,
        &["T"],
        "live tail",
        "Lines within a second by Live Tail, which AWS bills by the minute.",
    ),
    (Command::Save, "save", Context::Logs, &["W"], "save", "Write lines to a file, text or JSON, without secrets."),
    (Command::Insights, "insights", Context::List, &["i"], "insights", "Query these logs with Logs Insights."),
    (
        Command::EditQuery,
        "edit-query",
        Context::Insights,
        &["i"],
        "query",
        "Write the query; up and down: those before.",
    ),
    (Command::QueryTime, "query-time", Context::Insights, &["t"], "time", "Which time: 15m, 3h, 7d, 02:10..02:20."),
    (Command::RunQuery, "run-query", Context::Insights, &["r"], "run", "Run the query again, up to now."),
    (Command::SavedQueries, "saved-queries", Context::Insights, &["s"], "saved", "Choose a saved query."),
    (
        Command::SaveRows,
        "save-rows",
        Context::Insights,
        &["W"],
        "save",
        "Write the rows to a file, CSV or JSON, without secrets.",
    ),
    (Command::ColumnsRight, "columns-right", Context::Insights, &["right"], "columns", "Further columns."),
    (Command::ColumnsLeft, "columns-left", Context::Insights, &["left"], "columns back", "Columns before."),
    (
        Command::Compare,
        "compare",
        Context::List,
        &["="],
        "compare",
        "What changed in the newest deployment: its revision beside the one before, field by field.",
    ),
    (Command::AllFields, "all-fields", Context::Compare, &["a"], "all fields", "Fields that are the same too, or not."),
    (Command::BothOlder, "both-older", Context::Compare, &["left"], "both older", "Both sides one revision back."),
    (Command::BothNewer, "both-newer", Context::Compare, &["right"], "both newer", "Both sides one revision on."),
    (
        Command::BeforeOlder,
        "before-older",
        Context::Compare,
        &["["],
        "older before",
        "The left side one revision back.",
    ),
    (Command::BeforeNewer, "before-newer", Context::Compare, &["]"], "newer before", "The left side one revision on."),
    (Command::AfterOlder, "after-older", Context::Compare, &["{"], "older after", "The right side one revision back."),
    (Command::AfterNewer, "after-newer", Context::Compare, &["}"], "newer after", "The right side one revision on."),
    (
        Command::Golden,
        "golden",
        Context::List,
        &["m"],
        "golden signals",
        "CDN, load balancing, services, databases, caches on one page, the worst first.",
    ),
    (Command::LongerRange, "longer-range", Context::Metrics, &["-"], "longer", "Charts of a longer time, up to 7d."),
    (
        Command::ShorterRange,
        "shorter-range",
        Context::Metrics,
        &["+"],
        "shorter",
        "Charts of a shorter time, down to 15m.",
    ),
    (Command::DayBefore, "day-before", Context::Metrics, &["v"], "yesterday", "The same time a day before, dotted."),
    (Command::Earlier, "earlier", Context::Metrics, &[","], "earlier", "The cursor to an earlier point; esc: back."),
    (Command::Later, "later", Context::Metrics, &["."], "later", "The cursor to a later point."),
    (Command::MuchEarlier, "much-earlier", Context::Metrics, &["<"], "ten earlier", "The cursor ten points earlier."),
    (Command::MuchLater, "much-later", Context::Metrics, &[">"], "ten later", "The cursor ten points later."),
    (Command::Confirm, "confirm", Context::Plan, &["y"], "yes", "Do it, where the plan asks for no name."),
    (Command::RestUp, "rest-up", Context::Plan, &["pageup"], "back", "Up in a plan that is longer than the screen."),
    (
        Command::RestDown,
        "rest-down",
        Context::Plan,
        &["pagedown"],
        "the rest",
        "Down in a plan that is longer than the screen.",
    ),
    (
        Command::CopyCall,
        "copy-call",
        Context::Plan,
        &["c", "alt-c"],
        "copy the aws line",
        "Copy the same request as a line for the AWS CLI.",
    ),
    (Command::Accept, "accept", Context::Input, &["enter"], "accept", "Take what is typed or selected."),
    (Command::Next, "next", Context::Input, &["down", "ctrl-n"], "next", "The next entry, or one more."),
    (Command::Previous, "previous", Context::Input, &["up", "ctrl-p"], "previous", "The previous entry, or one less."),
    (Command::Complete, "complete", Context::Input, &["tab"], "preset", "The next offered value."),
];

/// Commands that must always have a key.
fn essential(command: Command) -> bool {
    matches!(command, Command::Quit | Command::Help | Command::Back)
}

static DECLARED: LazyLock<Vec<DeclaredCommand>> = LazyLock::new(|| {
    let commands = TABLE.iter().map(|(command, id, context, keys, label, help)| DeclaredCommand {
        command: id,
        context: *context,
        keys: keys.to_vec(),
        label,
        help,
        essential: essential(*command),
        changes: *command == Command::Undo,
    });
    let mut declared: Vec<DeclaredCommand> = commands.collect();
    for action in kinds::actions() {
        // A verb is one command, whatever kinds have it.
        if declared.iter().all(|declared| declared.command != action.verb) {
            declared.push(DeclaredCommand {
                command: action.verb,
                context: Context::List,
                keys: vec![action.key],
                label: action.label,
                help: action.help,
                essential: false,
                changes: true,
            });
        }
    }
    declared
});

/// The declarations of all commands and actions, for the keymap.
pub fn declared() -> &'static [DeclaredCommand] {
    &DECLARED
}

impl Command {
    /// The command of this id; the keymap holds only declared ones.
    pub fn of(id: &str) -> Option<Self> {
        let line = TABLE.iter().find(|line| line.1 == id).map(|line| line.0);
        line.or_else(|| kinds::actions().find(|action| action.verb == id).map(|action| Self::Act(action.verb)))
    }

    /// The id in keymap files, the palette and `midwatch keys`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Act(verb) => verb,
            command => TABLE.iter().find(|line| line.0 == command).map_or("", |line| line.1),
        }
    }

    pub fn declaration(self) -> Option<&'static DeclaredCommand> {
        declared().iter().find(|declared| declared.command == self.id())
    }
}
