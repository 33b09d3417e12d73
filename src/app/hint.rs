//! Which commands apply here and now, and why the others do not: the key bar, the palette and the
//! refusals say the same.

use super::action;
use super::command::Command;
use super::metrics;
use super::related_resource;
use super::state::{Overlay, Pane, State};
use crate::app::action::undo;
use crate::app::panes::logs::Shows;
use crate::app::views::compare;
use crate::app::views::insights::run as insights;
use crate::app::views::timeline;
use crate::keymap::Context;
use crate::kinds;
use crate::kinds::action::ActionSpec;

/// One entry of the key bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub key: String,
    pub label: &'static str,
    /// It does not apply now.
    pub off: bool,
}

/// Why a command cannot be done here and now; `None` when it can.
pub fn why_not(state: &State, command: Command) -> Option<String> {
    if let Some(Overlay::Insights) = state.overlays.last() {
        return insights::why_not(state, command);
    }
    if let Some(Overlay::Compare(view)) = state.overlays.last() {
        return compare::why_not(view, command);
    }
    if let Some(Overlay::Timeline(view)) = state.overlays.last() {
        return timeline::why_not(state, view, command);
    }
    match command {
        Command::Act(verb) => {
            let spec = state.action(verb)?;
            let kind = kinds::kind(spec.kind)?;
            if state.acted_on().is_none_or(|focused| focused.id != spec.kind) {
                let places = kinds::registry().iter().filter(|kind| kind.actions.iter().any(|a| a.verb == verb));
                let places: Vec<String> =
                    places.map(|kind| format!("a {} (pane {})", kind.noun, Pane::Kind(kind.id).number())).collect();
                return Some(format!("{} works on {}", spec.label, places.join(" or ")));
            }
            let (Some(env), Some(store)) = (state.environment(), state.store()) else {
                return Some("no environment is chosen".to_string());
            };
            let Some(row) = state.selected(spec.kind) else {
                return Some(format!("no {} is selected", kind.noun));
            };
            if let Some(job) = state.jobs.over(&env.name, row.object.id())
                && matches!(
                    job.phase,
                    crate::app::action::jobs::Phase::Sending | crate::app::action::jobs::Phase::Unsure(_)
                )
            {
                return Some(format!("{} is not settled yet ({})", job.intent.summary, job.line()));
            }
            action::guard(env, store, spec, &*row.object).err()
        }
        Command::Open | Command::Copy | Command::ConsoleUrl => match state.focus {
            Pane::Kind(id) if state.selected(id).is_none() => Some("nothing is selected".to_string()),
            Pane::Environments if command == Command::ConsoleUrl => {
                Some("an environment has no page of its own".to_string())
            }
            _ => None,
        },
        Command::Filter | Command::SortNext | Command::SortPrevious | Command::SortReverse
            if state.focus == Pane::Logs =>
        {
            None
        }
        Command::Filter | Command::SortNext | Command::SortPrevious | Command::SortReverse
            if state.focus == Pane::Environments =>
        {
            Some("the environments are in the order of the config; e finds one by its name".to_string())
        }
        Command::NextTab | Command::PreviousTab if !state.is_in_detail() => Some("nothing is open".to_string()),
        Command::Pane(number) if usize::from(number) == Pane::Logs.number() && state.logs.is_none() => {
            Some("no logs are open: l on a service, database or cache opens its own".to_string())
        }
        Command::Pane(number) if usize::from(number) > Pane::all().count() => {
            Some(format!("there is no pane {number}"))
        }
        Command::Debrief if state.debrief.is_none() => {
            Some("no incident is practised, or it has not begun: midwatch --demo az-loss".to_string())
        }
        Command::Undo => undo::why_not(state),
        Command::Subject => related_resource::of(state).err(),
        Command::Insights => insights::sources(state).err(),
        Command::Compare => compare::revisions(state).err(),
        Command::Logs | Command::AddLogs => match state.acted_on() {
            Some(kind) if kind.has_logs => {
                state.selected(kind.id).is_none().then(|| format!("no {} is selected", kind.noun))
            }
            _ => Some(format!("logs are those of {}", with_logs())),
        },
        _ => None,
    }
}

/// The kinds that have logs, with the numbers of their panes.
fn with_logs() -> String {
    let kinds = kinds::registry().iter().filter(|kind| kind.has_logs);
    let names: Vec<String> =
        kinds.map(|kind| format!("{} ({})", kind.title.to_lowercase(), Pane::Kind(kind.id).number())).collect();
    names.join(", ")
}

/// Whether there is what the command is for: a pane of that number.
pub fn exists(command: Command) -> bool {
    !matches!(command, Command::Pane(number) if usize::from(number) > Pane::all().count())
}

/// Commands that make sense by name, outside their dialogs.
pub fn is_for_palette(command: Command) -> bool {
    exists(command)
        && command.declaration().is_none_or(|declared| {
            let has_list =
                [Context::Insights, Context::Compare, Context::Forwards, Context::Metrics, Context::Timeline];
            !has_list.contains(&declared.context)
        })
        && !matches!(
            command,
            Command::Confirm
                | Command::RestUp
                | Command::RestDown
                | Command::CopyCall
                | Command::Accept
                | Command::Next
                | Command::Previous
                | Command::Complete
                | Command::Palette
                | Command::Up
                | Command::Down
        )
}

/// The key bar: what works here, most useful first.
pub fn bar(state: &State) -> Vec<Hint> {
    let commands: Vec<Command> = match state.overlays.last() {
        Some(Overlay::Action(_)) => return Vec::new(),
        Some(Overlay::Picker(_)) => vec![Command::Accept, Command::Next, Command::Previous],
        Some(Overlay::Insights) if state.is_typing() => vec![Command::Accept, Command::Previous],
        Some(Overlay::Insights) => vec![
            Command::EditQuery,
            Command::QueryTime,
            Command::RunQuery,
            Command::SavedQueries,
            Command::Open,
            Command::Filter,
            Command::SortNext,
            Command::Copy,
            Command::SaveRows,
            Command::ColumnsRight,
            Command::Help,
        ],
        Some(Overlay::Compare(_)) => vec![
            Command::AllFields,
            Command::BothOlder,
            Command::BothNewer,
            Command::BeforeOlder,
            Command::BeforeNewer,
            Command::AfterOlder,
            Command::AfterNewer,
            Command::Copy,
            Command::Help,
        ],
        Some(Overlay::Golden) => [Command::Open, Command::Golden].iter().chain(CHARTS).copied().collect(),
        Some(Overlay::Timeline(view)) if view.typing => vec![Command::Accept],
        Some(Overlay::Timeline(_)) => {
            vec![
                Command::Open,
                Command::OnlyThis,
                Command::Filter,
                Command::EveryOne,
                Command::Incident,
                Command::Copy,
                Command::Help,
            ]
        }
        Some(Overlay::Help { .. } | Overlay::Debrief { .. }) => vec![Command::Down, Command::PageDown],
        Some(Overlay::Jobs { .. }) => vec![Command::Down, Command::Open, Command::Copy],
        Some(Overlay::Forwards { .. }) => vec![Command::Down, Command::Copy, Command::StopForward],
        Some(Overlay::Wrong(_)) => {
            vec![Command::Down, Command::Open, Command::Timeline, Command::Logs, Command::PageDown, Command::Help]
        }
        Some(Overlay::Api | Overlay::Quit) => vec![],
        None if state.is_typing() => vec![Command::Accept],
        None => {
            if metrics::has_keys(state) {
                let tabs = [Command::NextTab, Command::Golden, Command::Logs, Command::Help];
                return with_back(state, CHARTS.iter().copied().chain(tabs));
            }
            let (seldom, often): (Vec<&'static ActionSpec>, Vec<_>) =
                state.acted_on().into_iter().flat_map(|kind| &kind.actions).partition(|action| action.is_seldom);
            let commands = |actions: Vec<&'static ActionSpec>| actions.into_iter().map(|a| Command::Act(a.verb));
            let about = state.acted_on().filter(|kind| kind.has_related_resources()).map(|_| Command::Subject);
            let rest: &[Command] = match (state.is_in_detail(), state.focus) {
                (true, _) => &[
                    Command::NextTab,
                    Command::Logs,
                    Command::Timeline,
                    Command::Copy,
                    Command::ConsoleUrl,
                    Command::Jobs,
                    Command::Refresh,
                ],
                (false, Pane::Environments) => &[Command::Open, Command::Environments, Command::Refresh, Command::Jobs],
                (false, Pane::Logs) => logs_bar(state),
                (false, Pane::Kind(_)) => &[
                    Command::Open,
                    Command::Logs,
                    Command::Filter,
                    Command::SortNext,
                    Command::Golden,
                    Command::Timeline,
                    Command::Environments,
                    Command::Zoom,
                    Command::Jobs,
                    Command::Palette,
                ],
            };
            let has_revisions = state.focus != Pane::Logs && state.acted_on().is_some_and(|kind| kind.has_revisions());
            let compare = has_revisions.then_some(Command::Compare);
            let rest = compare.into_iter().chain(rest.iter().copied());
            // In the logs their own keys come first, though actions work on what is open beside them.
            let (often, rest): (Vec<_>, Vec<_>) = (commands(often).collect(), rest.collect());
            let [first, then] = if state.is_in_logs() { [rest, often] } else { [often, rest] };
            about.into_iter().chain(first).chain(then).chain(commands(seldom)).chain([Command::Help]).collect()
        }
    };
    with_back(state, commands.into_iter())
}

fn with_back(state: &State, commands: impl Iterator<Item = Command>) -> Vec<Hint> {
    let back = (!state.overlays.is_empty() || state.is_in_detail() || state.is_typing()).then_some(Command::Back);
    back.into_iter().chain(commands).filter_map(|command| hint(state, command)).collect()
}

/// What works over charts.
const CHARTS: &[Command] =
    &[Command::LongerRange, Command::ShorterRange, Command::Earlier, Command::Later, Command::DayBefore];

/// What works in the log pane, by what it shows.
fn logs_bar(state: &State) -> &'static [Command] {
    let Some(logs) = &state.logs else { return &[] };
    match (logs.open.is_some(), logs.shows) {
        (true, _) => &[Command::Back, Command::Open, Command::Exclude, Command::Column, Command::Copy, Command::Around],
        (false, Shows::Patterns | Shows::Sources | Shows::Marks) => {
            &[Command::Back, Command::Open, Command::Exclude, Command::DropFilter]
        }
        (false, Shows::Lines) if logs.anchor.is_some() => &[Command::Back, Command::Copy],
        (false, Shows::Lines) => &[
            Command::Follow,
            Command::Filter,
            Command::Exclude,
            Command::LeastLevel,
            Command::NextError,
            Command::Open,
            Command::Around,
            Command::Patterns,
            Command::Insights,
            Command::Sources,
            Command::JumpToTime,
            Command::ContextLines,
            Command::Mark,
            Command::Save,
            Command::Zoom,
            Command::DropFilter,
            Command::Back,
        ],
    }
}

/// One command as the key bar shows it; `None` while it has no key, or its keys mean something else here.
pub fn hint(state: &State, command: Command) -> Option<Hint> {
    let label = match command {
        Command::Act(verb) => state.action(verb)?.label,
        command => command.declaration()?.label,
    };
    let key = state.keymap.keys_in(state.contexts(), command.id()).into_iter().next()?;
    Some(Hint { key, label, off: why_not(state, command).is_some() })
}
