//! The whole state of the console, owned by one task. Views and subscriptions are made of it;
//! only `update` changes it.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::action::jobs::Jobs;
use super::charts::Charts;
use super::cursor::Cursor;
use super::layout::Layout;
use super::msg::Effect;
pub use super::pane::Pane;
use super::panes::list::ListView;
use super::panes::logs::LogView;
use super::report::Report;
use super::session::Session;
use super::store::{Row, Store};
pub use super::views::Overlay;
use super::views::forwards::Forwards;
use super::views::insights::{History, InsightsState};
use super::views::timeline::acts::Act;
use crate::domain::api_usage::ApiUsage;
use crate::domain::debrief::Debrief;
use crate::domain::environment::Environment;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::text::Text;
use crate::domain::{Timestamp, format};
use crate::keymap::{Context, Key, Keymap};
use crate::kinds;
use crate::kinds::action::Action;
use crate::kinds::kind::Kind;
use crate::port::CallCounter;
use crate::settings::Settings;

/// Rows of a page, where no pane says it.
const PAGE: usize = 10;

/// The open detail of one resource.
#[derive(Clone, Debug)]
pub struct DetailView {
    pub kind: KindId,
    pub id: ResourceId,
    pub tab: usize,
    /// Lines scrolled down, a tab each.
    pub scroll: Vec<Cursor>,
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
    /// The calls as they are shown, which change with the ages, and when they did.
    pub shown: f64,
    step: i64,
}

impl Rate {
    /// One reading a second. About five seconds of memory keep the figure calm.
    pub fn read(&mut self, meter: CallCounter, now: Timestamp) {
        let step = |old: f64, new: u64, last: u64| old * 0.8 + new.saturating_sub(last) as f64 * 0.2;
        self.calls = step(self.calls, meter.calls, self.last.calls);
        self.throttled = step(self.throttled, meter.throttled, self.last.throttled);
        self.last = meter;
        if std::mem::replace(&mut self.step, format::age_step(now)) != self.step {
            self.shown = self.calls;
        }
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
    pub environment_row: Cursor,
    pub detail: Option<DetailView>,
    /// What lay over the deck when the detail was opened from there: Escape leads back to it.
    pub came_from: Option<Overlay>,
    /// The open tail; it stays while other panes have the focus.
    pub logs: Option<Box<LogView>>,
    /// The last query of Insights with its result; it stays while its overlay is closed.
    pub insights: Option<Box<InsightsState>>,
    pub queries: History,
    /// How all charts are shown.
    pub charts: Charts,
    pub overlays: Vec<Overlay>,
    pub jobs: Jobs,
    /// Actions of earlier starts, as the journal had them.
    pub past: Vec<Act>,
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
    /// There is no screen: the rules look at all rows, not only at those in view.
    pub is_whole: bool,
    pub size: (u16, u16),
    /// What is to be done outside; `update` hands it over.
    pub effects: Vec<Effect>,
}

impl State {
    /// The state before anything happened, on a screen of `size` (columns, rows). Nothing has its place
    /// on it yet.
    pub fn new(
        environments: Vec<Environment>,
        keymap: Arc<Keymap>,
        settings: Settings,
        size: (u16, u16),
        now: Timestamp,
    ) -> Self {
        let focus = kinds::registry().next().map_or(Pane::Environments, |kind| Pane::Kind(kind.id()));
        Self {
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
            lists: kinds::registry().map(|kind| (kind.id(), ListView::default())).collect(),
            environment_row: Cursor::default(),
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
            is_whole: false,
            size,
            effects: Vec::new(),
        }
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
    pub fn focused_list(&mut self) -> Option<(&'static dyn Kind, &mut ListView)> {
        let kind = self.focus.kind()?;
        Some((kind, self.lists.get_mut(&kind.id())?))
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
    pub fn acted_on(&self) -> Option<&'static dyn Kind> {
        self.detail.as_ref().map_or(self.focus, |detail| Pane::Kind(detail.kind)).kind()
    }

    /// What a verb means here: the action of the kind in focus, else the first that has it.
    pub fn action(&self, verb: &str) -> Option<&'static dyn Action> {
        let here = self.acted_on().into_iter().flat_map(|kind| kind.actions()).copied();
        here.chain(kinds::actions()).find(|action| action.verb() == verb)
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

    /// The rows of a page where the focus is.
    pub fn page(&self) -> usize {
        if let (Some(rect), true) = (self.layout.detail, self.is_in_detail()) {
            return usize::from(rect.height.saturating_sub(4)).max(1);
        }
        match self.layout.rows(self.focus) {
            0 => PAGE,
            rows => rows,
        }
    }

    /// The filter line of the focused list takes the keys.
    pub fn is_filtering(&self) -> bool {
        self.overlays.is_empty() && !self.is_in_detail() && self.list(self.focus).is_some_and(|list| list.filtering)
    }

    /// Tells something at the bottom of the screen.
    pub fn say(&mut self, tone: NoticeTone, text: impl Into<Text>) {
        self.notice = Some(Notice { text: text.into(), tone, at: self.now });
    }

    /// Grows with whatever is known of any environment.
    pub fn revision(&self) -> u64 {
        self.stores.values().map(|store| store.revision() + store.triage.revision).sum()
    }

    /// Resources of the active environment that are degraded or down.
    pub fn wrong(&self) -> usize {
        self.store().map_or(0, Store::wrong)
    }
}
