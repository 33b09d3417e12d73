//! Kinds whatever their resources are: the object-safe twin of [`KindSpec`], made of it once.

use serde_json::Value;

use super::action::Action;
use super::column::Column;
use super::kind::{
    Address, Cadence, KindSpec, RelatedResource, RenderContext, ResourceChange, Revisions, Role, Scaled, Upstream,
    Watch,
};
use super::metric::{Graph, Layer};
use super::rule::{Rule, RuleInput};
use super::tab::Tab;
use super::timeline::Trail;
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::health::Diagnosis;
use crate::domain::metric::{Metric, Readings};
use crate::domain::ops::Op;
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, KindId, Resource, cast};
use crate::domain::scaling::ScalingActivity;
use crate::domain::text::Text;
use crate::domain::timeline::{About, TimelineEvent, TimelineSource};

/// A kind with its lists, which are made when it is registered.
struct Registered<K> {
    spec: K,
    columns: Vec<Column>,
    tabs: Vec<Tab>,
    rules: Vec<Rule>,
    layers: Vec<Layer>,
}

/// Writes each facet of [`KindSpec`] as everybody sees it. A facet of the kind is passed on; a facet of a
/// resource is asked of the resource as the kind's own type, and nothing is said of another's.
macro_rules! erase {
    (
        $r:lifetime
        consts { $($const:ident $name:ident: $of_const:ty;)* }
        lists { $($list:ident: $item:ty;)* }
        kind { $(fn $facet:ident($($arg:ident: $type:ty),*) -> $says:ty;)* }
        resource { $(fn $of:ident($($of_arg:ident: $of_type:ty),*) -> $of_says:ty;)* }
    ) => {
        /// One kind of resource; [`KindSpec`] says what each facet means.
        pub trait Kind: Send + Sync {
            $(fn $name(&self) -> $of_const;)*
            $(fn $list(&self) -> &[$item];)*
            $(fn $facet(&self $(, $arg: $type)*) -> $says;)*
            $(fn $of<$r>(&self, resource: &$r dyn Resource $(, $of_arg: $of_type)*) -> $of_says;)*

            /// Whether its resources have revisions to compare.
            fn has_revisions(&self) -> bool;

            /// The revisions of a resource that are compared first, or why none; `None` where the kind has
            /// none.
            fn revisions(&self, resource: &dyn Resource) -> Option<Result<Revisions, String>>;
        }

        impl<K: KindSpec> Kind for Registered<K> {
            $(fn $name(&self) -> $of_const {
                K::$const
            })*
            $(fn $list(&self) -> &[$item] {
                &self.$list
            })*
            $(fn $facet(&self $(, $arg: $type)*) -> $says {
                self.spec.$facet($($arg),*)
            })*
            $(fn $of<$r>(&self, resource: &$r dyn Resource $(, $of_arg: $of_type)*) -> $of_says {
                cast::<K::Resource>(resource).map(|own| self.spec.$of(own $(, $of_arg)*)).unwrap_or_default()
            })*

            fn has_revisions(&self) -> bool {
                self.spec.revisions().is_some()
            }

            fn revisions(&self, resource: &dyn Resource) -> Option<Result<Revisions, String>> {
                Some(self.spec.revisions()?(cast::<K::Resource>(resource)?))
            }
        }
    };
}

erase! {
    'r
    consts {
        ID id: KindId;
        TITLE title: &'static str;
        SHORT_TITLE short_title: &'static str;
        NOUN noun: &'static str;
        SYNONYMS synonyms: &'static str;
        CADENCE cadence: Cadence;
        READS reads: &'static [Op];
        ACTIONS actions: &'static [&'static dyn Action];
        SHARE share: u16;
        DISAMBIGUATED_BY disambiguated_by: Option<&'static str>;
        HAS_LOGS has_logs: bool;
        ROLE role: Role;
        RELEASE_RULE release_rule: Option<&'static str>;
        EVENT_SOURCE event_source: Option<TimelineSource>;
        TRAIL trail: Option<Trail>;
    }
    lists {
        columns: Column;
        tabs: Tab;
        rules: Rule;
        layers: Layer;
    }
    kind {
        fn named_by(dimensions: &[(Text, Text)]) -> Option<Text>;
        fn part_of(name: &str) -> Option<Text>;
        fn records_of_facts(facts: &dyn AnyFacts) -> Vec<What>;
        fn events_of_facts(facts: &dyn AnyFacts) -> Vec<TimelineEvent>;
        fn trail_target(request: &Value) -> Option<(About, Vec<Text>)>;
        fn activity(told: &ScalingActivity) -> Option<TimelineEvent>;
        fn begins(call: &Call) -> bool;
        fn event_of_record(record: &Record) -> Option<TimelineEvent>;
    }
    resource {
        fn diagnose(now: Timestamp) -> Diagnosis;
        fn json(context: RenderContext) -> Value;
        fn graphs(readings: &Readings) -> Vec<Graph>;
        fn target_groups() -> &'r [Text];
        fn is_suspect(now: Timestamp, readings: &Readings) -> bool;
        fn watched_metrics(readings: &Readings) -> Vec<Metric>;
        fn scaled(facts: Option<&dyn AnyFacts>) -> Option<Scaled>;
        fn known_as() -> Text;
        fn names() -> Vec<Text>;
        fn upstreams() -> Vec<Upstream>;
        fn addresses(readings: &Readings) -> Vec<Address>;
        fn changes(recorded: &[Record], since: Timestamp) -> Vec<ResourceChange>;
        fn risen(input: &RuleInput, since: Timestamp) -> Option<(&'static str, String)>;
        fn watch() -> Option<Watch<'r>>;
        fn related_resources() -> Vec<RelatedResource>;
        fn leader() -> Option<Text>;
        fn deployed_at() -> Option<Timestamp>;
        fn console_url(region: &str) -> Option<String>;
        fn records(diagnosis: &Diagnosis, now: Timestamp) -> Vec<What>;
        fn events(since: Timestamp) -> Vec<TimelineEvent>;
    }
}

impl dyn Kind + '_ {
    /// Whether its resources watch others.
    pub fn is_watcher(&self) -> bool {
        self.role() == Role::Watcher
    }

    /// The entry of a resource in `status --json`.
    pub fn entry(&self, resource: &dyn Resource, diagnosis: &Diagnosis, now: Timestamp) -> Value {
        let mut json = self.json(resource, RenderContext::at(now).of(diagnosis));
        if let Some(map) = json.as_object_mut() {
            map.insert("health".into(), diagnosis.health.word().into());
            map.insert("why".into(), diagnosis.why.as_str().into());
        }
        json
    }
}

/// A kind as everybody above sees it: it is there as long as the program runs.
pub(super) fn registered<K: KindSpec>(spec: K) -> &'static dyn Kind {
    let (columns, tabs) = (spec.columns(), spec.tabs());
    let (rules, layers) = (spec.rules(), spec.layers());
    Box::leak(Box::new(Registered { spec, columns, tabs, rules, layers }))
}
