//! The whole state of the console, owned by one task. Views and subscriptions are made of it;
//! only `update` changes it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::action::{self, Dialog};
use super::layout::{self, Layout};
use super::metrics::{self, Charts};
use super::msg::Session;
use super::report::Report;
use super::store::{Row, Store};
use super::triage;
use crate::app::action::jobs::Jobs;
use crate::app::panes::list::ListView;
use crate::app::panes::logs::LogView;
use crate::app::views::compare::CompareView;
use crate::app::views::forwards::Forwards;
use crate::app::views::insights::{History, InsightsView};
use crate::app::views::picker::{Choice, Picker};
use crate::app::views::timeline::{self, TimelineView};
use crate::domain::Timestamp;
use crate::domain::api_usage::ApiUsage;
use crate::domain::debrief::Debrief;
use crate::domain::environment::Environment;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::text::Text;
use crate::keymap::{Context, Key, Keymap};
use crate::kinds;
use crate::kinds::action::ActionSpec;
use crate::kinds::kind::Kind;
use crate::port::CallCounter;
use crate::settings::Settings;

/// A pane of the deck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    Environments,
    Kind(KindId),
    /// There only while a tail is open.
    Logs,
}

impl Pane {
    /// All panes in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        let kinds = kinds::registry().iter().map(|kind| Self::Kind(kind.id));
        std::iter::once(Self::Environments).chain(kinds).chain([Self::Logs])
    }

    /// The panes of resources.
    pub fn kinds() -> impl Iterator<Item = Self> {
        Self::all().filter(|pane| matches!(pane, Self::Kind(_)))
    }

    /// Its number on the screen, from 1.
    pub fn number(self) -> usize {
        Self::all().position(|pane| pane == self).map_or(0, |place| place + 1)
    }

    pub fn kind(self) -> Option<&'static Kind> {
        match self {
            Self::Environments | Self::Logs => None,
            Self::Kind(id) => kinds::kind(id),
        }
    }
}

/// The open detail of one resource.
#[derive(Clone, Debug)]
pub struct DetailView {
    pub kind: KindId,
    pub id: ResourceId,
    pub tab: usize,
    /// Lines scrolled down, a tab each.
    pub scroll: Vec<usize>,
}

/// What lies over the deck; the last one has the keys.
pub enum Overlay {
    Action(Box<Dialog>),
    Picker(Picker),
    /// Queries of Logs Insights, over the whole screen; what it shows is in [`State::insights`].
    Insights,
    /// Two revisions of a resource, over the whole screen.
    Compare(Box<CompareView>),
    /// The golden signals, over the whole screen.
    Golden,
    Help {
        scroll: usize,
    },
    Jobs {
        selected: usize,
    },
    /// What is asked of the cloud, against its quotas.
    Api,
    /// What is wrong, worst first; what it shows is in [`Store::triage`].
    Wrong(triage::View),
    /// How the incident that is practised went; what it shows is in [`State::debrief`].
    Debrief {
        scroll: usize,
    },
    /// What changed, over the whole screen.
    Timeline(Box<TimelineView>),
    /// The local ports that lead into the VPC.
    Forwards {
        selected: usize,
    },
    /// Leaving while jobs run.
    Quit,
}

impl Overlay {
    /// It shows something, and nothing is lost when it closes.
    pub fn is_view(&self) -> bool {
        !matches!(self, Self::Action(_) | Self::Picker(_) | Self::Insights | Self::Quit)
    }
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeTone {
    Info,
    Error,
}

/// A line at the bottom that goes away by itself.
#[derive(Clone, Debug)]
pub struct Notice {
    pub text: Text,
    pub tone: NoticeTone,
    pub at: Timestamp,
}

/// Calls per second, from two readings of the meter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rate {
    last: CallCounter,
    /// Smoothed calls per second.
    pub calls: f64,
    pub throttled: f64,
}

impl Rate {
    /// One reading a second. About five seconds of memory keep the figure calm.
    pub fn read(&mut self, meter: CallCounter) {
        let step = |old: f64, new: u64, last: u64| old * 0.8 + new.saturating_sub(last) as f64 * 0.2;
        self.calls = step(self.calls, meter.calls, self.last.calls);
        self.throttled = step(self.throttled, meter.throttled, self.last.throttled);
        self.last = meter;
    }
}

/// The state.
pub struct State {
    pub now: Timestamp,
    /// Where the person's clock is; UTC until the start says otherwise.
    pub zone: TimeZone,
    pub settings: Settings,
    pub keymap: Arc<Keymap>,
    pub environments: Vec<Arc<Environment>>,
    /// Name of the active environment.
    pub current: Option<Text>,
    pub session: Session,
    /// Grows when everything in view is to be read again.
    pub round: u64,
    pub stores: HashMap<Text, Store>,
    pub focus: Pane,
    pub zoomed: bool,
    pub lists: HashMap<KindId, ListView>,
    /// The row of the Environments pane.
    pub environment_row: usize,
    pub detail: Option<DetailView>,
    /// What lay over the deck when the detail was opened from there: Escape leads back to it.
    pub came_from: Option<Overlay>,
    /// The open tail; it stays while other panes have the focus.
    pub logs: Option<Box<LogView>>,
    /// The last query of Insights with its result; it stays while its overlay is closed.
    pub insights: Option<Box<InsightsView>>,
    pub queries: History,
    /// How all charts are shown.
    pub charts: Charts,
    pub overlays: Vec<Overlay>,
    pub jobs: Jobs,
    /// Actions of earlier starts, as the journal had them.
    pub past: Vec<timeline::Act>,
    /// The report that is being made.
    pub report: Option<Report>,
    pub forwards: Forwards,
    pub notice: Option<Notice>,
    /// Keys of a sequence that is not complete, and the contexts it was begun in.
    pub pending: (&'static [Context], Vec<Key>),
    pub rate: Rate,
    /// What the active environment cost lately, by family.
    pub api_usage: Vec<ApiUsage>,
    /// Of the incident that is practised; the demo alone has one.
    pub debrief: Option<Debrief>,
    pub layout: Layout,
    pub size: (u16, u16),
}

impl State {
    /// The state before anything happened, on a screen of `size` (columns, rows).
    pub fn new(
        environments: Vec<Environment>,
        keymap: Arc<Keymap>,
        settings: Settings,
        size: (u16, u16),
        now: Timestamp,
    ) -> Self {
        let focus = kinds::registry().first().map_or(Pane::Environments, |kind| Pane::Kind(kind.id));
        let mut state = Self {
            now,
            zone: TimeZone::UTC,
            settings,
            keymap,
            environments: environments.into_iter().map(Arc::new).collect(),
            current: None,
            session: Session::JOBS,
            round: 0,
            stores: HashMap::new(),
            focus,
            zoomed: false,
            lists: kinds::registry().iter().map(|kind| (kind.id, ListView::default())).collect(),
            environment_row: 0,
            detail: None,
            came_from: None,
            logs: None,
            insights: None,
            queries: History::default(),
            charts: Charts::default(),
            overlays: Vec::new(),
            jobs: Jobs::default(),
            past: Vec::new(),
            report: None,
            forwards: Forwards::default(),
            notice: None,
            pending: (&[], Vec::new()),
            rate: Rate::default(),
            api_usage: Vec::new(),
            debrief: None,
            layout: Layout::default(),
            size,
        };
        state.layout = layout::of(&state);
        state
    }

    /// Nothing is chosen yet: the list to choose from.
    pub fn open_environments(&mut self) {
        self.overlays.push(Overlay::Picker(Picker::new(Choice::Environments)));
    }

    /// The active environment.
    pub fn environment(&self) -> Option<&Arc<Environment>> {
        let name = self.current.as_ref()?;
        self.environments.iter().find(|env| env.name == *name)
    }

    /// The active environment, when something can be asked of it.
    pub fn usable(&self) -> Option<&Arc<Environment>> {
        let env = self.environment()?;
        let locked_out = self.store().is_some_and(|store| store.locked_out.is_some());
        (env.obstacle.is_none() && env.region.is_some() && !locked_out).then_some(env)
    }

    /// What is known of the active environment.
    pub fn store(&self) -> Option<&Store> {
        self.stores.get(self.current.as_ref()?)
    }

    pub fn list(&self, pane: Pane) -> Option<&ListView> {
        match pane {
            Pane::Environments | Pane::Logs => None,
            Pane::Kind(id) => self.lists.get(&id),
        }
    }

    /// The list that has the focus.
    pub fn focused_list(&mut self) -> Option<(&'static Kind, &mut ListView)> {
        let kind = self.focus.kind()?;
        Some((kind, self.lists.get_mut(&kind.id)?))
    }

    /// The selected row of a kind.
    pub fn selected(&self, kind: KindId) -> Option<&Row> {
        let id = match &self.detail {
            Some(detail) if detail.kind == kind => &detail.id,
            _ => self.lists.get(&kind)?.selected.as_ref()?,
        };
        self.store()?.listing(kind).row(id)
    }

    /// The kind that actions work on: of the open detail, else of the focused pane.
    pub fn acted_on(&self) -> Option<&'static Kind> {
        self.detail.as_ref().map_or(self.focus, |detail| Pane::Kind(detail.kind)).kind()
    }

    /// What a verb means here: the action of the kind in focus, else the first that has it.
    pub fn action(&self, verb: &str) -> Option<&'static ActionSpec> {
        let here = self.acted_on().and_then(|kind| kind.actions.iter().find(|action| action.verb == verb));
        here.or_else(|| kinds::actions().find(|action| action.verb == verb))
    }

    /// The panes that can have the focus now.
    pub fn panes(&self) -> impl Iterator<Item = Pane> + '_ {
        Pane::all().filter(|pane| *pane != Pane::Logs || self.logs.is_some())
    }

    /// Something is behind and should be gone on with as soon as there is time.
    pub fn is_behind(&self) -> bool {
        self.logs.as_ref().is_some_and(|logs| logs.is_behind())
    }

    /// The log pane has the keys.
    pub fn is_in_logs(&self) -> bool {
        self.overlays.is_empty() && self.focus == Pane::Logs && self.logs.is_some()
    }

    /// The detail view has the keys: the logs can stand beside it.
    pub fn is_in_detail(&self) -> bool {
        self.detail.is_some() && !(self.focus == Pane::Logs && self.logs.is_some())
    }

    /// Whether a pane's rows are on the screen.
    pub fn is_in_view(&self, pane: Pane) -> bool {
        self.layout.panes.iter().any(|(p, _)| *p == pane)
    }

    /// Why nothing may be changed in the active environment, if so.
    pub fn locked(&self) -> Option<String> {
        action::locked(self.environment()?, self.store()?)
    }

    /// Where keys are looked up, most specific first.
    pub fn contexts(&self) -> &'static [Context] {
        self.contexts_under(self.overlays.last())
    }

    /// Those below the overlay that is on top, which the help tells of.
    pub fn contexts_below(&self) -> &'static [Context] {
        self.contexts_under(self.overlays.iter().rev().nth(1))
    }

    fn contexts_under(&self, top: Option<&Overlay>) -> &'static [Context] {
        let in_logs = self.focus == Pane::Logs && self.logs.is_some();
        match top {
            Some(Overlay::Action(dialog)) if dialog.is_typing() => &[Context::Input, Context::Plan, Context::Global],
            // Enter is heard here too, to say that it confirms nothing.
            Some(Overlay::Action(_) | Overlay::Quit) => &[Context::Plan, Context::Input, Context::Global],
            Some(Overlay::Picker(_)) => &[Context::Input, Context::Global],
            Some(Overlay::Insights) => match &self.insights {
                Some(view) if view.field.is_none() => &[Context::Insights, Context::List, Context::Global],
                _ => &[Context::Input, Context::Global],
            },
            Some(Overlay::Golden) => &[Context::Metrics, Context::List, Context::Global],
            Some(Overlay::Compare(_)) => &[Context::Compare, Context::List, Context::Global],
            Some(Overlay::Timeline(view)) if view.typing => &[Context::Input, Context::Global],
            Some(Overlay::Timeline(_)) => &[Context::Timeline, Context::List, Context::Global],
            Some(Overlay::Forwards { .. }) => &[Context::Forwards, Context::List, Context::Global],
            Some(
                Overlay::Help { .. }
                | Overlay::Jobs { .. }
                | Overlay::Api
                | Overlay::Debrief { .. }
                | Overlay::Wrong(_),
            ) => &[Context::List, Context::Global],
            None if self.is_filtering() => &[Context::Input, Context::Global],
            None if in_logs && self.logs.as_ref().is_some_and(|logs| logs.input.is_some()) => {
                &[Context::Input, Context::Global]
            }
            None if in_logs => &[Context::Logs, Context::List, Context::Global],
            None if metrics::has_keys(self) => &[Context::Metrics, Context::Detail, Context::List, Context::Global],
            None if self.is_in_detail() => &[Context::Detail, Context::List, Context::Global],
            None => &[Context::List, Context::Global],
        }
    }

    /// Letters are text now: no key without a modifier is a command.
    pub fn is_typing(&self) -> bool {
        self.contexts()[0] == Context::Input
    }

    /// The filter line of the focused list takes the keys.
    pub fn is_filtering(&self) -> bool {
        self.overlays.is_empty() && !self.is_in_detail() && self.list(self.focus).is_some_and(|list| list.filtering)
    }

    /// Tells something at the bottom of the screen.
    pub fn say(&mut self, tone: NoticeTone, text: impl Into<Text>) {
        self.notice = Some(Notice { text: text.into(), tone, at: self.now });
    }

    /// Resources of the active environment that are degraded or down.
    pub fn wrong(&self) -> usize {
        self.store().map_or(0, Store::wrong)
    }
}
