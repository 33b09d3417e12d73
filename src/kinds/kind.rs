//! The declaration of a kind: all that there is to say of one sort of resource.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

use super::action::Action;
use super::column::Column;
use super::metric::{Graph, Layer};
use super::rule::Rule;
use super::tab::Tab;
use crate::domain::Timestamp;
use crate::domain::fetched::Fetched;
use crate::domain::health::Diagnosis;
use crate::domain::metric::Readings;
use crate::domain::ops::Op;
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, Facts, KindId, Resource};
use crate::domain::service::TaskDefinitionRef;
use crate::domain::text::Text;
use crate::domain::timeline::{TimelineEvent, TimelineSource};

pub use super::registry::Kind;

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
        static UNJUDGED: LazyLock<Diagnosis> = LazyLock::new(Diagnosis::default);
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
    /// Which are wrong, where AWS tells that by itself for one request
    /// ([`crate::domain::query::Query::Wrong`]): the whole list can then wait.
    pub wrong: Option<Duration>,
}

impl Cadence {
    /// So many seconds while something moves, in view, out of view, and of the open detail.
    pub const fn of_seconds(moving: u64, visible: u64, hidden: u64, detail: u64) -> Self {
        Self {
            moving: Duration::from_secs(moving),
            visible: Duration::from_secs(visible),
            hidden: Duration::from_secs(hidden),
            detail: Duration::from_secs(detail),
            endings: None,
            wrong: None,
        }
    }
}

/// Two revisions of what a resource runs that are worth comparing first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revisions {
    pub before: TaskDefinitionRef,
    pub after: TaskDefinitionRef,
    /// Those that run somewhere now, each with words about it.
    pub in_use: Vec<(TaskDefinitionRef, String)>,
}

/// How the revisions of a resource are found: those to compare first, or why none.
pub type FindRevisions<T> = fn(&T) -> Result<Revisions, String>;

/// The resource of another kind that one is about: its kind, and a name that it is known by there.
pub type RelatedResource = (KindId, Text);

/// The detail of one resource, as far as it was read.
pub type Detail = Fetched<Facts>;

/// One kind of resource. What has no default must be said of every kind; a default is what holds of
/// most. Nothing here reads a clock or AWS: time and what was read come as arguments.
///
/// Lists are asked for once, when the kind is registered; what is asked of a resource is asked often
/// and must be cheap.
pub trait KindSpec: Send + Sync + 'static {
    /// A row of its list.
    type Resource: Resource;

    /// The word of the palette, of the config and of `status --json` (`services`).
    const ID: KindId;
    /// The pane's title (`Services`).
    const TITLE: &'static str;
    /// Its short form for the tab bar of a narrow screen.
    const SHORT_TITLE: &'static str = Self::TITLE;
    /// One of them, in a sentence (`service`).
    const NOUN: &'static str;
    const CADENCE: Cadence;
    /// The operations that list and detail need.
    const READS: &'static [Op];
    /// What can be done to it, in the order of the key bar.
    const ACTIONS: &'static [&'static dyn Action] = &[];
    /// How much of the width it gets beside other kinds.
    const SHARE: u16 = 8;
    /// The column that tells resources of one name apart; it stays in view while there are such.
    const DISAMBIGUATED_BY: Option<&'static str> = None;
    /// Whether its resources write to CloudWatch Logs.
    const HAS_LOGS: bool = false;
    /// Whether its resources are about others: what is wrong with one is then no trouble of its own.
    const HAS_RELATED_RESOURCES: bool = false;
    /// Which source of the timeline tells what happens to its resources.
    const EVENT_SOURCE: Option<TimelineSource> = None;

    /// The columns of its table. The first is the name, the second is told in `status` too.
    fn columns(&self) -> Vec<Column>;

    /// The tabs of its detail view; the first is shown as a preview.
    fn tabs(&self) -> Vec<Tab>;

    /// How a row is judged. It is asked when the row is read and each second, and by nobody else.
    fn diagnose(&self, resource: &Self::Resource, now: Timestamp) -> Diagnosis;

    /// Its entry in `status --json`, a map without `health` and `why`, which are added.
    fn json(&self, resource: &Self::Resource, context: RenderContext) -> Value;

    /// What can be wrong with it, besides what its health says.
    fn rules(&self) -> Vec<Rule> {
        Vec::new()
    }

    /// Where it stands among the golden signals.
    fn layers(&self) -> Vec<Layer> {
        Vec::new()
    }

    /// The charts of a resource, where it has the tab of them. `readings` says what further reads have
    /// told of its metrics' names.
    fn graphs(&self, _resource: &Self::Resource, _readings: &Readings) -> Vec<Graph> {
        Vec::new()
    }

    /// Target groups (ARNs) that it belongs to: its metrics are named by their balancers too.
    fn target_groups(&self, _resource: &Self::Resource) -> Vec<Text> {
        Vec::new()
    }

    /// The names by which others speak of a resource.
    fn names(&self, resource: &Self::Resource) -> Vec<Text> {
        vec![resource.name().clone()]
    }

    /// What a resource is about.
    fn related_resources(&self, _resource: &Self::Resource) -> Vec<RelatedResource> {
        Vec::new()
    }

    /// Which member leads a resource, where AWS tells: when another does, it failed over.
    fn leader(&self, _resource: &Self::Resource) -> Option<Text> {
        None
    }

    /// When the newest deployment of a resource began.
    fn deployed_at(&self, _resource: &Self::Resource) -> Option<Timestamp> {
        None
    }

    /// How revisions of its resources are found, where they have any.
    fn revisions(&self) -> Option<FindRevisions<Self::Resource>> {
        None
    }

    /// The page of a resource in the AWS web console.
    fn console_url(&self, _resource: &Self::Resource, _region: &str) -> Option<String> {
        None
    }

    /// What of a row AWS soon forgets and is worth being recorded.
    fn records(&self, _resource: &Self::Resource, _diagnosis: &Diagnosis, _now: Timestamp) -> Vec<What> {
        Vec::new()
    }

    /// The same of facts: of a detail, or of what a plan or a watch read.
    fn records_of_facts(&self, _facts: &dyn AnyFacts) -> Vec<What> {
        Vec::new()
    }

    /// What a row tells of the timeline since a moment: of thousands of rows hardly any tells something.
    fn events(&self, _resource: &Self::Resource, _since: Timestamp) -> Vec<TimelineEvent> {
        Vec::new()
    }

    /// What the facts of an open resource tell of the timeline.
    fn events_of_facts(&self, _facts: &dyn AnyFacts) -> Vec<TimelineEvent> {
        Vec::new()
    }

    /// What a record tells of the timeline.
    fn event_of_record(&self, _record: &Record) -> Option<TimelineEvent> {
        None
    }
}
