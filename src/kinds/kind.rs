//! The declaration of a kind, and how its typed functions are erased for those who draw, filter
//! and print any kind.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

use super::action::ActionSpec;
use super::cell::{Block, Cell, Tone};
use super::metric::{self, Graph, Layer, SparklineMetric};
use super::rule::Rule;
use crate::domain::Timestamp;
use crate::domain::fetched::Fetched;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::metric::Readings;
use crate::domain::ops::Op;
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, Facts, FactsId, KindId, Resource, cast, cast_facts};
use crate::domain::service::TaskDefinitionRef;
use crate::domain::text::Text;
use crate::domain::timeline::TimelineEvent;

/// What a column or a tab may look at besides the resource.
#[derive(Clone, Copy, Debug)]
pub struct RenderContext<'a> {
    pub now: Timestamp,
    /// How its row is judged: cells never judge it again.
    pub diagnosis: &'a Diagnosis,
    /// What was recorded of the resource, what happened last first; tabs alone are shown it.
    pub recorded: &'a [Record],
    pub readings: &'a Readings,
}

impl RenderContext<'static> {
    /// At no resource yet, with nothing besides.
    pub fn at(now: Timestamp) -> Self {
        static UNJUDGED: LazyLock<Diagnosis> = LazyLock::new(|| Diagnosis::new(Health::Unknown, "not judged"));
        static NONE: LazyLock<Readings> = LazyLock::new(Readings::default);
        Self { now, diagnosis: &UNJUDGED, recorded: &[], readings: &NONE }
    }
}

impl<'a> RenderContext<'a> {
    /// The same for the row that is judged so.
    pub fn of<'b>(self, diagnosis: &'b Diagnosis) -> RenderContext<'b>
    where
        'a: 'b,
    {
        RenderContext { diagnosis, ..self }
    }
}

/// How wide a column may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    pub min: u16,
    /// Never wider, even when there is room; content decides between the two.
    pub max: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Two revisions of what a resource runs that are worth comparing first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revisions {
    pub before: TaskDefinitionRef,
    pub after: TaskDefinitionRef,
    /// Those that run somewhere now, each with words about it.
    pub in_use: Vec<(TaskDefinitionRef, String)>,
}

type Erased<R> = Box<dyn Fn(&dyn Resource, RenderContext) -> R + Send + Sync>;

/// One column of the table of a kind.
pub struct Column {
    /// The word of filters and the sort (`tasks`), lower case.
    pub id: &'static str,
    /// The heading (`TASKS`).
    pub title: &'static str,
    pub width: Width,
    pub align: Align,
    /// Columns of the highest rank go first when the room gets narrow; 0 stays to the end.
    pub rank: u8,
    cell: Erased<Cell>,
    glance: Option<ErasedGlance>,
}

impl Column {
    pub fn cell(&self, resource: &dyn Resource, look: RenderContext) -> Cell {
        (self.cell)(resource, look)
    }

    /// What is to be read for it, where it shows a metric.
    pub fn glance(&self, resource: &dyn Resource) -> Option<SparklineMetric> {
        self.glance.as_ref().and_then(|glance| glance(resource))
    }

    /// Whether it shows a metric, which its cells draw where there is room.
    pub fn is_metric(&self) -> bool {
        self.glance.is_some()
    }
}

type ErasedGlance = Box<dyn Fn(&dyn Resource) -> Option<SparklineMetric> + Send + Sync>;
type ErasedGroups = Box<dyn Fn(&dyn Resource) -> Vec<Text> + Send + Sync>;
type ErasedGraphs = Box<dyn Fn(&dyn Resource, &Readings) -> Vec<Graph> + Send + Sync>;

type ErasedUrl = Box<dyn Fn(&dyn Resource, &str) -> String + Send + Sync>;
type ErasedTab = Box<dyn Fn(&dyn Resource, Option<&dyn AnyFacts>, RenderContext) -> Vec<Block> + Send + Sync>;

/// One tab of the detail view.
pub struct Tab {
    pub title: &'static str,
    /// What is read for it while it is shown, beside the kind's own detail.
    pub facts: FactsId,
    /// `None`: the kind's charts.
    view: Option<ErasedTab>,
}

impl Tab {
    /// What the tab shows: of the row alone while the detail is not read yet.
    pub fn view(&self, resource: &dyn Resource, detail: Option<&Facts>, look: RenderContext) -> Vec<Block> {
        self.view.as_ref().map_or_else(Vec::new, |view| view(resource, detail.map(|facts| &**facts), look))
    }

    /// Whether it shows the charts of the kind instead of text.
    pub fn is_metrics(&self) -> bool {
        self.view.is_none()
    }
}

/// The resource of another kind that one is about: its kind, and a name that it is known by there.
pub type RelatedResource = (KindId, Text);

type Plain<R> = Box<dyn Fn(&dyn Resource) -> R + Send + Sync>;

type ErasedPast = Box<dyn Fn(&dyn Resource, Timestamp) -> Vec<TimelineEvent> + Send + Sync>;

/// What rows, facts and records tell of the timeline.
struct Happened {
    row: ErasedPast,
    facts: fn(&dyn AnyFacts) -> Vec<TimelineEvent>,
    record: fn(&Record) -> Option<TimelineEvent>,
}

/// How often a kind is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// While something of it moves: those rows alone.
    pub moving: Duration,
    /// The whole list, while its pane is in view.
    pub visible: Duration,
    /// The whole list, while it is not.
    pub hidden: Duration,
    /// The open detail.
    pub detail: Duration,
    /// What ended, in parts in which something may just have; `None` where nothing is recorded.
    pub endings: Option<Duration>,
}

/// One kind of resource. Made by [`Kind::of`].
pub struct Kind {
    pub id: KindId,
    /// The pane's title (`Services`).
    pub title: &'static str,
    /// Its short form for the tab bar of a narrow screen.
    pub short: &'static str,
    /// One of them, in a sentence (`service`).
    pub noun: &'static str,
    pub cadence: Cadence,
    /// How much of the width it gets beside other kinds.
    pub share: u16,
    /// The operations that list and detail need.
    pub reads: &'static [Op],
    /// The first is the name.
    pub columns: Vec<Column>,
    /// The column that tells resources of one name apart; it stays in view while there are such.
    pub disambiguated_by: Option<&'static str>,
    pub tabs: Vec<Tab>,
    pub actions: Vec<ActionSpec>,
    /// What can be wrong with it, besides what its health says.
    pub rules: Vec<Rule>,
    /// Its resources write to CloudWatch Logs.
    pub has_logs: bool,
    /// How often it is asked which are wrong, where AWS tells that by itself for one request
    /// ([`crate::domain::query::Query::Wrong`]): the whole list can then wait.
    pub wrong_every: Option<Duration>,
    known_as: Plain<Vec<Text>>,
    about: Option<Plain<Vec<RelatedResource>>>,
    leads: Option<Plain<Option<Text>>>,
    deployed: Erased<Option<Timestamp>>,
    revisions: Option<Erased<Result<Revisions, String>>>,
    diagnose: Erased<Diagnosis>,
    json: Erased<Value>,
    console_url: Option<ErasedUrl>,
    seen: Erased<Vec<What>>,
    told: fn(&dyn AnyFacts) -> Vec<What>,
    happened: Option<Happened>,
    /// Where it stands among the golden signals.
    pub layers: Vec<Layer>,
    graphs: Option<ErasedGraphs>,
    target_groups: Option<ErasedGroups>,
}

impl Kind {
    /// Begins the declaration of the kind whose resources are `T`. `diagnose` is its health rule;
    /// `json` its row in `status --json` without `health` and `why`, which are added.
    pub fn of<T: Resource>(
        id: KindId,
        (title, short, noun): (&'static str, &'static str, &'static str),
        cadence: Cadence,
        reads: &'static [Op],
        diagnose: fn(&T, Timestamp) -> Diagnosis,
        json: fn(&T, RenderContext) -> Value,
    ) -> Self {
        Self {
            id,
            title,
            short,
            noun,
            cadence,
            share: 8,
            reads,
            columns: Vec::new(),
            disambiguated_by: None,
            tabs: Vec::new(),
            actions: Vec::new(),
            rules: Vec::new(),
            has_logs: false,
            wrong_every: None,
            known_as: Box::new(|r| vec![r.name().clone()]),
            about: None,
            leads: None,
            deployed: Box::new(|_, _| None),
            revisions: None,
            diagnose: Box::new(move |r, look| match cast::<T>(r) {
                Some(resource) => diagnose(resource, look.now),
                None => Diagnosis::new(Health::Unknown, "not of this kind"),
            }),
            json: Box::new(move |r, look| cast::<T>(r).map_or(Value::Null, |r| json(r, look))),
            console_url: None,
            seen: Box::new(|_, _| Vec::new()),
            told: |_| Vec::new(),
            happened: None,
            layers: Vec::new(),
            graphs: None,
            target_groups: None,
        }
    }

    /// Says that its resources write to CloudWatch Logs.
    pub fn with_logs(mut self) -> Self {
        self.has_logs = true;
        self
    }

    /// Says that AWS tells which are wrong for one request, and how often that is asked.
    pub fn asks_what_is_wrong(mut self, every: Duration) -> Self {
        self.wrong_every = Some(every);
        self
    }

    /// Says by which names others speak of a resource, where its own is not enough.
    pub fn known_as<T: Resource>(mut self, names: fn(&T) -> Vec<Text>) -> Self {
        self.known_as = Box::new(move |r| cast::<T>(r).map_or_else(Vec::new, names));
        self
    }

    /// Says that its resources speak of others, and of which: what is wrong with one is then no
    /// trouble of its own.
    pub fn about<T: Resource>(mut self, subjects: fn(&T) -> Vec<RelatedResource>) -> Self {
        self.about = Some(Box::new(move |r| cast::<T>(r).map_or_else(Vec::new, subjects)));
        self
    }

    /// Says which of its members leads: when another does, it failed over.
    pub fn led_by<T: Resource>(mut self, leader: fn(&T) -> Option<Text>) -> Self {
        self.leads = Some(Box::new(move |r| cast::<T>(r).and_then(leader)));
        self
    }

    /// Says when the newest deployment of a resource began.
    pub fn deployed<T: Resource>(mut self, at: fn(&T) -> Option<Timestamp>) -> Self {
        self.deployed = Box::new(move |r, _| cast::<T>(r).and_then(at));
        self
    }

    /// Says which revisions of a resource are compared first, or why none.
    pub fn revisions<T: Resource>(mut self, of: fn(&T) -> Result<Revisions, String>) -> Self {
        self.revisions = Some(Box::new(move |r, _| cast::<T>(r).map_or_else(|| Err("not of this kind".into()), of)));
        self
    }

    /// Says how much of the width it gets beside other kinds; 8 where nothing is said.
    pub fn share(mut self, share: u16) -> Self {
        self.share = share;
        self
    }

    /// Names the column that tells resources of one name apart.
    pub fn disambiguated_by(mut self, column: &'static str) -> Self {
        self.disambiguated_by = Some(column);
        self
    }

    /// Adds a column; the first is the name.
    pub fn column<T: Resource>(
        mut self,
        (id, title): (&'static str, &'static str),
        (min, max): (u16, u16),
        align: Align,
        rank: u8,
        cell: fn(&T, RenderContext) -> Cell,
    ) -> Self {
        let cell: Erased<Cell> = Box::new(move |r, look| cast::<T>(r).map_or_else(Cell::nothing, |r| cell(r, look)));
        self.columns.push(Column { id, title, width: Width { min, max }, align, rank, cell, glance: None });
        self
    }

    /// Adds the column of the reason for its health.
    pub fn why(mut self, (min, max): (u16, u16), rank: u8) -> Self {
        let cell: Erased<Cell> = Box::new(|_, look| match look.diagnosis {
            Diagnosis { why, .. } if why.is_empty() => Cell { text: String::new(), ..Cell::nothing() },
            Diagnosis { health: Health::Ok, why, .. } => Cell::text(why.as_str(), Tone::Dim),
            Diagnosis { health, why, .. } => Cell::text(why.as_str(), (*health).into()),
        });
        let (width, align) = (Width { min, max }, Align::Left);
        self.columns.push(Column { id: "why", title: "WHY", width, align, rank, cell, glance: None });
        self
    }

    /// Adds a tab of the detail view over the kind's own detail, whose type is `D`.
    pub fn tab<T: Resource, D: 'static>(
        self,
        title: &'static str,
        view: fn(&T, Option<&D>, RenderContext) -> Vec<Block>,
    ) -> Self {
        let detail = self.id.detail();
        self.tab_over(detail, title, view)
    }

    /// Adds a tab over facts `D` of its own, which are read while it is shown.
    pub fn tab_over<T: Resource, D: 'static>(
        mut self,
        facts: FactsId,
        title: &'static str,
        view: fn(&T, Option<&D>, RenderContext) -> Vec<Block>,
    ) -> Self {
        let view: ErasedTab = Box::new(move |r, facts, look| {
            cast::<T>(r).map_or_else(Vec::new, |r| view(r, facts.and_then(cast_facts::<D>), look))
        });
        self.tabs.push(Tab { title, facts, view: Some(view) });
        self
    }

    /// Adds a column that shows a metric: a sparkline of the last hour where there is room, and the
    /// last value.
    pub fn glance<T: Resource>(
        mut self,
        (id, title): (&'static str, &'static str),
        min: u16,
        rank: u8,
        glance: fn(&T) -> Option<SparklineMetric>,
    ) -> Self {
        let cell: Erased<Cell> = Box::new(move |r, look| metric::cell(cast::<T>(r).and_then(glance), look));
        let glance: Option<ErasedGlance> = Some(Box::new(move |r| cast::<T>(r).and_then(glance)));
        let width = Width { min, max: metric::SPARK as u16 + 8 };
        self.columns.push(Column { id, title, width, align: Align::Right, rank, cell, glance });
        self
    }

    /// Adds the tab of the charts of a resource.
    pub fn graphs<T: Resource>(mut self, graphs: fn(&T, &Readings) -> Vec<Graph>) -> Self {
        self.tabs.push(Tab { title: "Metrics", facts: self.id.detail(), view: None });
        self.graphs = Some(Box::new(move |r, readings| cast::<T>(r).map_or_else(Vec::new, |r| graphs(r, readings))));
        self
    }

    /// Says where it stands among the golden signals.
    pub fn layers(mut self, layers: impl IntoIterator<Item = Layer>) -> Self {
        self.layers.extend(layers);
        self
    }

    /// Says to which target groups its resources belong: their metrics are named by the balancers too.
    pub fn target_groups<T: Resource>(mut self, groups: fn(&T) -> &[Text]) -> Self {
        self.target_groups = Some(Box::new(move |r| cast::<T>(r).map_or_else(Vec::new, |r| groups(r).to_vec())));
        self
    }

    pub fn action(mut self, action: ActionSpec) -> Self {
        self.actions.push(action);
        self
    }

    pub fn rules(mut self, rules: Vec<Rule>) -> Self {
        self.rules = rules;
        self
    }

    /// Where the AWS web console shows it, given the region.
    pub fn console<T: Resource>(mut self, url: fn(&T, &str) -> String) -> Self {
        self.console_url = Some(Box::new(move |r, region| cast::<T>(r).map_or_else(String::new, |r| url(r, region))));
        self
    }

    /// Says what AWS soon forgets and is worth being recorded: of a row, and of facts.
    pub fn recorded<T: Resource>(
        mut self,
        row: fn(&T, &Diagnosis, Timestamp) -> Vec<What>,
        facts: fn(&dyn AnyFacts) -> Vec<What>,
    ) -> Self {
        self.seen = Box::new(move |r, look| cast::<T>(r).map_or_else(Vec::new, |r| row(r, look.diagnosis, look.now)));
        self.told = facts;
        self
    }

    /// Says what a row since a moment, the facts of an open one and a record tell of the timeline.
    pub fn happened<T: Resource>(
        mut self,
        row: fn(&T, Timestamp) -> Vec<TimelineEvent>,
        facts: fn(&dyn AnyFacts) -> Vec<TimelineEvent>,
        record: fn(&Record) -> Option<TimelineEvent>,
    ) -> Self {
        let row = move |r: &dyn Resource, from| cast::<T>(r).map_or_else(Vec::new, |r| row(r, from));
        self.happened = Some(Happened { row: Box::new(row), facts, record });
        self
    }

    /// Whether its resources tell of themselves what happened to them.
    pub fn tells_happenings(&self) -> bool {
        self.happened.is_some()
    }

    /// What a row tells of the timeline since a moment: of thousands of rows hardly any tells something.
    pub fn happened_to(&self, resource: &dyn Resource, from: Timestamp) -> Vec<TimelineEvent> {
        self.happened.as_ref().map_or_else(Vec::new, |happened| (happened.row)(resource, from))
    }

    /// What the facts of an open resource tell of the timeline.
    pub fn happened_by_facts(&self, facts: &dyn AnyFacts) -> Vec<TimelineEvent> {
        self.happened.as_ref().map_or_else(Vec::new, |happened| (happened.facts)(facts))
    }

    /// What a record tells of the timeline.
    pub fn happened_by_record(&self, record: &Record) -> Option<TimelineEvent> {
        (self.happened.as_ref()?.record)(record)
    }

    /// What of a row is to be recorded.
    pub fn record_of(&self, resource: &dyn Resource, diagnosis: &Diagnosis, now: Timestamp) -> Vec<What> {
        (self.seen)(resource, RenderContext::at(now).of(diagnosis))
    }

    /// What of a detail, or of what a plan or a watch read, is to be recorded.
    pub fn record_of_facts(&self, facts: &dyn AnyFacts) -> Vec<What> {
        (self.told)(facts)
    }

    /// Health with its reason.
    pub fn diagnose(&self, resource: &dyn Resource, now: Timestamp) -> Diagnosis {
        (self.diagnose)(resource, RenderContext::at(now))
    }

    /// When the newest deployment of a resource began.
    pub fn deployed_at(&self, resource: &dyn Resource, now: Timestamp) -> Option<Timestamp> {
        (self.deployed)(resource, RenderContext::at(now))
    }

    /// Whether its resources have revisions to compare.
    pub fn has_revisions(&self) -> bool {
        self.revisions.is_some()
    }

    /// The revisions that are compared first, or why none; `None` where the kind has none.
    pub fn revisions_of(&self, resource: &dyn Resource, now: Timestamp) -> Option<Result<Revisions, String>> {
        self.revisions.as_ref().map(|of| of(resource, RenderContext::at(now)))
    }

    /// The names by which others speak of a resource.
    pub fn names_of(&self, resource: &dyn Resource) -> Vec<Text> {
        (self.known_as)(resource)
    }

    /// Whether its resources are about others.
    pub fn has_related_resources(&self) -> bool {
        self.about.is_some()
    }

    /// What a resource is about.
    pub fn related_resources(&self, resource: &dyn Resource) -> Vec<RelatedResource> {
        self.about.as_ref().map_or_else(Vec::new, |about| about(resource))
    }

    /// The member that leads a resource, where one does and it is told.
    pub fn leader_of(&self, resource: &dyn Resource) -> Option<Text> {
        self.leads.as_ref().and_then(|leader| leader(resource))
    }

    /// Its entry in `status --json`.
    pub fn json(&self, resource: &dyn Resource, diagnosis: &Diagnosis, now: Timestamp) -> Value {
        let mut json = (self.json)(resource, RenderContext::at(now).of(diagnosis));
        if let Some(map) = json.as_object_mut() {
            map.insert("health".into(), diagnosis.health.word().into());
            map.insert("why".into(), diagnosis.why.as_str().into());
        }
        json
    }

    /// The charts of a resource. `readings` says what further reads have told of its metrics' names.
    pub fn graphs_of(&self, resource: &dyn Resource, readings: &Readings) -> Vec<Graph> {
        self.graphs.as_ref().map_or_else(Vec::new, |graphs| graphs(resource, readings))
    }

    /// Target groups (ARNs) that a resource belongs to.
    pub fn target_groups_of(&self, resource: &dyn Resource) -> Vec<Text> {
        self.target_groups.as_ref().map_or_else(Vec::new, |groups| groups(resource))
    }

    /// Its page in the AWS web console.
    pub fn console_url(&self, resource: &dyn Resource, region: &str) -> Option<String> {
        self.console_url.as_ref().map(|url| url(resource, region))
    }
}

/// The detail of one resource, as far as it was read.
pub type Detail = Fetched<Facts>;
