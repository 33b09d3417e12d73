//! The declaration of a kind: all that there is to say of one sort of resource.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

use super::action::Action;
use super::column::Column;
use super::metric::{Graph, Layer};
use super::rule::{Rule, RuleInput};
use super::tab::Tab;
use super::timeline::{Trail, member, tail};
use crate::domain::Timestamp;
use crate::domain::alarm::Scaling;
use crate::domain::call::Call;
use crate::domain::fetched::Fetched;
use crate::domain::health::Diagnosis;
use crate::domain::metric::{Metric, Readings};
use crate::domain::ops::Op;
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, Facts, KindId, Resource};
use crate::domain::scaling::ScalingActivity;
use crate::domain::service::TaskDefinitionRef;
use crate::domain::text::Text;
use crate::domain::timeline::{About, TimelineEvent, TimelineSource};

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

/// What a kind is to others: who may depend on whom, as far as names tell, and what is read for its sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Requests come in there.
    Edge,
    /// What answers requests: behind balancers, scaled by autoscaling.
    Compute,
    Cache,
    Database,
    /// Its resources watch others: what is wrong with one is no trouble of its own.
    Watcher,
    Other,
}

/// Where a resource is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// By its name, in the list of its kind.
    Resource(KindId, Text),
    /// Behind the load balancer of this name.
    Balancer(Text),
}

/// How a resource depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bond {
    /// It is a part or a copy of it.
    Part,
    /// It hands requests on to it.
    Sends,
}

/// What a resource depends on, as its own configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub at: Address,
    pub bond: Bond,
}

/// The line that a watcher draws across a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    pub metric: &'a Metric,
    pub value: f64,
    /// Seconds of the points that are compared with it; 0 where it is not told.
    pub period: u32,
    /// What is above it is wrong.
    pub is_upper: bool,
}

impl Line<'_> {
    /// Its value among points of another period: the sum of five minutes is compared with more than that of one.
    pub fn among(&self, period: u32) -> f64 {
        match self.metric.stat.as_str() {
            "Sum" | "SampleCount" if self.period > 0 => self.value * (f64::from(period) / f64::from(self.period)),
            _ => self.value,
        }
    }
}

/// What a resource that watches others says of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch<'a> {
    /// `None` where it has nothing to go by.
    pub rings: Option<bool>,
    /// Which way autoscaling drives what it watches by it: then its ringing is no trouble of anybody.
    pub scales: Option<Scaling>,
    /// Balancers that it watches as a whole (the ends of their ARNs).
    pub balancers: Vec<&'a Text>,
    pub line: Option<Line<'a>>,
}

/// How many a resource is to have, where autoscaling may change that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaled {
    /// As Application Auto Scaling calls it, `service/CLUSTER/NAME`.
    pub resource: Text,
    pub desired: u32,
    /// As far as its detail was read.
    pub max: Option<u32>,
}

/// A change of a resource: a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceChange {
    /// `api:43 deployed`.
    pub what: String,
    pub at: Timestamp,
    /// It brought something that was not there before: no restart, and no way back.
    pub brings: bool,
    /// And that is what the resource runs.
    pub in_force: bool,
}

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
    /// Other words by which the palette finds it, with blanks between (`svc ecs`).
    const SYNONYMS: &'static str = "";
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
    const ROLE: Role = Role::Other;
    /// The dimensions of CloudWatch that name a resource, the surest first.
    const DIMENSIONS: &'static [&'static str] = &[];
    /// The rule by which a release is told that went through and did harm.
    const RELEASE_RULE: Option<&'static str> = None;
    /// Which source of the timeline tells what happens to its resources.
    const EVENT_SOURCE: Option<TimelineSource> = None;
    /// What CloudTrail tells of requests to the kind's service.
    const TRAIL: Option<Trail> = None;

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
    fn target_groups<'r>(&self, _resource: &'r Self::Resource) -> &'r [Text] {
        &[]
    }

    /// Whether its targets are worth a look before anybody opens it.
    fn is_suspect(&self, _resource: &Self::Resource, _now: Timestamp, _readings: &Readings) -> bool {
        false
    }

    /// What is read of a row in view beside the metrics of its columns.
    fn watched_metrics(&self, _resource: &Self::Resource, _readings: &Readings) -> Vec<Metric> {
        Vec::new()
    }

    /// How many it is to have. `facts` are its detail, as far as that was read.
    fn scaled(&self, _resource: &Self::Resource, _facts: Option<&dyn AnyFacts>) -> Option<Scaled> {
        None
    }

    /// What people call a resource.
    fn known_as(&self, resource: &Self::Resource) -> Text {
        resource.name().clone()
    }

    /// The name, as in [`Self::names`], of the resource that dimensions of CloudWatch name.
    fn named_by(&self, dimensions: &[(Text, Text)]) -> Option<Text> {
        let of = |name: &&str| dimensions.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
        Self::DIMENSIONS.iter().find_map(of)
    }

    /// The part of the list that such a name says its resource is in.
    fn part_of(&self, _name: &str) -> Option<Text> {
        None
    }

    /// The names by which others speak of a resource.
    fn names(&self, resource: &Self::Resource) -> Vec<Text> {
        vec![resource.name().clone()]
    }

    /// What a resource depends on by its own configuration: the dependency map is made of it.
    fn upstreams(&self, _resource: &Self::Resource) -> Vec<Upstream> {
        Vec::new()
    }

    /// Where others reach a resource, besides its name.
    fn addresses(&self, _resource: &Self::Resource, _readings: &Readings) -> Vec<Address> {
        Vec::new()
    }

    /// What was changed of a resource since a moment, the oldest first. `recorded` is what AWS has forgotten of it.
    fn changes(&self, _: &Self::Resource, _recorded: &[Record], _since: Timestamp) -> Vec<ResourceChange> {
        Vec::new()
    }

    /// The number that is higher than what was usual before a moment, where one is: its name, before and now.
    fn risen(&self, _: &Self::Resource, _: &RuleInput, _since: Timestamp) -> Option<(&'static str, String)> {
        None
    }

    /// What a resource that watches others says of them.
    fn watch<'r>(&self, _resource: &'r Self::Resource) -> Option<Watch<'r>> {
        None
    }

    /// What a resource is about: what it watches.
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

    /// Whom of its resources a request that CloudTrail tells was about, and the names by which other sources know
    /// what it began.
    fn trail_target(&self, request: &Value) -> Option<(About, Vec<Text>)> {
        let trail = Self::TRAIL.filter(|trail| request["eventSource"] == trail.service)?;
        let name = trail.names.iter().find_map(|name| member(request, name))?;
        Some((About::new(Self::ID, [name.clone(), tail(&name).into()]), vec![]))
    }

    /// What autoscaling did to one of its resources, or could not do.
    fn activity(&self, _told: &ScalingActivity) -> Option<TimelineEvent> {
        None
    }

    /// Whether what the answer to a call of an action names began with that call.
    fn begins(&self, _call: &Call) -> bool {
        true
    }

    /// What a record tells of the timeline.
    fn event_of_record(&self, _record: &Record) -> Option<TimelineEvent> {
        None
    }
}
