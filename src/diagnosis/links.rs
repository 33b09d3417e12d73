//! What hangs on what: alarms on what they watch, distributions on the services behind their balancers,
//! services on the databases and caches of their system.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::{Before, Finding, Tie};
use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, AlarmState};
use crate::domain::database::{Database, DatabaseRole};
use crate::domain::distribution::Distribution;
use crate::domain::format;
use crate::domain::metric::Metric;
use crate::domain::resource::{KindId, ResourceId, cast};
use crate::domain::service::{Deployment, Service};
use crate::domain::target_health::group_name;
use crate::domain::text::Text;
use crate::kinds::alarms::ALARMS;
use crate::kinds::alarms::related_resource::subjects;
use crate::kinds::caches::CACHES;
use crate::kinds::databases::DATABASES;
use crate::kinds::distributions::DISTRIBUTIONS;
use crate::kinds::rule::{Place, RuleContext};
use crate::kinds::services::{SERVICES, all_deployments};

/// What something that began then may come of happened by this time: it may begin with the very change, and
/// clocks differ; a point of a metric has the time at which its minute begins.
pub fn last_cause(onset: Timestamp) -> Timestamp {
    let second = onset.as_second();
    let later = if second % 60 == 0 { 60 } else { 5 };
    Timestamp::from_second(second + later).unwrap_or(onset)
}

/// A change this long before a finding may be what it comes from, in seconds.
pub const JUST_BEFORE: i64 = 3600;

/// What is older is looked for in no list of changes, in seconds.
const LATELY: i64 = 86_400;

/// What hits the way of a request is felt at its edge within this time, in seconds.
const FELT: i64 = 600;

/// So few services have no words that tell their house.
const FEW: usize = 3;

/// So many services at most are named as those that may use a database by their names.
const KIN: usize = 6;

/// Words of names that tell the tier or the sort of a thing, and not its system.
const COMMON: &[&str] = &[
    "production",
    "prod",
    "prd",
    "live",
    "staging",
    "stage",
    "stg",
    "development",
    "dev",
    "test",
    "qa",
    "db",
    "rds",
    "database",
    "postgres",
    "postgresql",
    "mysql",
    "aurora",
    "cluster",
    "instance",
    "primary",
    "replica",
    "reader",
    "writer",
    "cache",
    "redis",
    "valkey",
    "memcached",
    "elasticache",
    "service",
    "svc",
    "app",
    "ecs",
    "main",
];

/// An alarm with what it watches.
struct Watch {
    id: ResourceId,
    name: Text,
    rings: bool,
    of: Vec<ResourceId>,
    /// Balancers whose totals it watches.
    balancers: Vec<Text>,
}

/// A deployment, or another change of a resource.
pub struct Change {
    pub of: Place,
    pub what: String,
    pub at: Timestamp,
    /// It brought something that was not there before: no restart, and no way back.
    brings: bool,
    /// And that is what its service is deployed with.
    pub in_force: bool,
}

/// What the names of services tell of the house.
struct House {
    /// Words that most services have in their names: they tell the house, and no system of it.
    shared: HashSet<String>,
    /// The services with the words of their names.
    services: Vec<(Text, HashSet<String>)>,
}

impl House {
    fn of(context: &dyn RuleContext) -> Self {
        let rows = context.rows(SERVICES);
        let names = rows.iter().map(|row| row.object.name());
        let services: Vec<_> = names.map(|name| (name.clone(), tokens(name))).collect();
        let mut counts: HashMap<&String, usize> = HashMap::new();
        services.iter().flat_map(|(_, tokens)| tokens).for_each(|token| *counts.entry(token).or_default() += 1);
        // Among a few services a word that two share is no word of the house.
        let is_shared = |(_, count): &(&String, usize)| services.len() > FEW && count * 2 > services.len();
        let shared = counts.into_iter().filter(is_shared).map(|(token, _)| token.clone()).collect();
        Self { shared, services }
    }

    /// Whether two names are of one system: of what tells them apart in this house they share a word.
    /// A name that says no more than the house is everybody's.
    fn is_kin(&self, one: &HashSet<String>, other: &HashSet<String>) -> bool {
        let mut own = one.difference(&self.shared).peekable();
        match own.peek() {
            None => one.intersection(other).next().is_some(),
            Some(_) => own.any(|token| other.contains(token)),
        }
    }
}

/// What hangs on what in one environment.
pub struct Web<'a> {
    context: &'a dyn RuleContext,
    alarms: Vec<Watch>,
    by_alarm: HashMap<ResourceId, usize>,
    /// Distributions with the services behind their origins, as far as names of balancers tell.
    fronts: Vec<(Place, Vec<ResourceId>)>,
    /// Made when it is asked for first: thousands of names are many words.
    house: OnceCell<House>,
    /// What a database is a part or a copy of, by its name.
    wholes: HashMap<ResourceId, Text>,
    pub changes: Vec<Change>,
    now: Timestamp,
}

fn tokens(name: &str) -> HashSet<String> {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    let told = |part: &String| part.len() > 1 && !COMMON.contains(&part.as_str());
    // A number at the end counts members of one thing.
    parts.filter(told).filter(|part| !part.bytes().all(|b| b.is_ascii_digit())).collect()
}

impl<'a> Web<'a> {
    pub fn of(context: &'a dyn RuleContext) -> Self {
        let named = |(kind, name): &(KindId, Text)| Some(context.named(*kind, name)?.id().clone());
        let alarms: Vec<Watch> = (context.rows(ALARMS).into_iter())
            .filter_map(|row| cast::<Alarm>(&**row.object))
            .map(|alarm| Watch {
                id: alarm.id.clone(),
                name: alarm.name.clone(),
                rings: alarm.state == AlarmState::Alarm && alarm.scaling().is_none(),
                of: subjects(alarm).iter().filter_map(named).collect(),
                balancers: balancers(alarm),
            })
            .collect();
        let by_alarm = alarms.iter().enumerate().map(|(i, alarm)| (alarm.id.clone(), i)).collect();
        let rows = context.rows(SERVICES);
        let of = rows.iter().filter_map(|row| cast::<Service>(&**row.object));
        // Without a target group no balancer sends to it.
        let balanced: Vec<&Service> = of.filter(|service| !service.target_groups.is_empty()).collect();
        let fronts = (context.rows(DISTRIBUTIONS).into_iter())
            .filter_map(|row| cast::<Distribution>(&**row.object))
            .map(|d| {
                let behind = balanced.iter().filter(|service| is_before(d, service, context)).map(|s| s.id.clone());
                let known_as = d.known_as().clone();
                (Place { kind: DISTRIBUTIONS, id: d.id.clone(), name: known_as }, behind.collect())
            })
            .collect();
        let databases = context.rows(DATABASES).into_iter().filter_map(|row| cast::<Database>(&**row.object));
        let whole_of = |database: &Database| match &database.role {
            DatabaseRole::Member { cluster: whole, .. } | DatabaseRole::Replica { of: whole } => {
                Some((database.id.clone(), whole.clone()))
            }
            DatabaseRole::Alone | DatabaseRole::Cluster { .. } => None,
        };
        let wholes = databases.filter_map(whole_of).collect();
        let (changes, now) = (changes(context), context.now());
        Self { context, alarms, by_alarm, fronts, house: OnceCell::new(), wholes, changes, now }
    }

    fn house(&self) -> &House {
        self.house.get_or_init(|| House::of(self.context))
    }

    /// The target groups that a service's tasks are in.
    fn groups(&self, service: &ResourceId) -> &'a [Text] {
        let row = self.context.row(SERVICES, service);
        let service = row.and_then(|row| cast::<Service>(&**row.object));
        service.map_or(&[], |service| &service.target_groups)
    }

    /// A resource, and where it is an alarm all that it tells of, through rules over alarms.
    pub fn subjects<'b>(&'b self, id: &'b ResourceId) -> Vec<&'b ResourceId> {
        let mut told = vec![id];
        let mut next = 0;
        while let Some(at) = told.get(next) {
            next += 1;
            let Some(watch) = self.by_alarm.get(*at).map(|i| &self.alarms[*i]) else { continue };
            for of in &watch.of {
                if !told.contains(&of) {
                    told.push(of);
                }
            }
        }
        told
    }

    fn is_kin(&self, one: &str, other: &str) -> bool {
        self.house().is_kin(&tokens(one), &tokens(other))
    }

    /// Whether a finding is an alarm over a balancer, all in all, that sends to a service.
    pub fn is_before(&self, finding: &Finding, service: &ResourceId) -> bool {
        let Some(watch) = self.by_alarm.get(&finding.of).map(|i| &self.alarms[*i]) else { return false };
        let groups = self.groups(service).iter();
        let mut sending = groups.flat_map(|group| self.context.readings().balancers(group));
        sending.any(|balancer| watch.balancers.contains(balancer))
    }

    /// How the effect's resource hangs on that of the cause.
    pub fn tie(&self, cause: &Finding, effect: &Finding) -> Option<Tie> {
        if cause.of == effect.of {
            return Some(Tie::Same);
        }
        if cause.found.touches.contains(&effect.of) {
            return Some(Tie::Shown);
        }
        if effect.kind == ALARMS {
            if self.subjects(&effect.of).contains(&&cause.of) {
                return Some(Tie::Watched);
            }
            let lag = effect.found.since?.as_second() - cause.found.since?.as_second();
            return ((0..=FELT).contains(&lag) && self.is_before(effect, &cause.of)).then_some(Tie::Timed);
        }
        if (cause.kind, effect.kind) == (DATABASES, DATABASES) {
            let is_part = self.wholes.get(&effect.of).is_some_and(|whole| *whole == cause.name);
            return is_part.then_some(Tie::Part);
        }
        let lag = effect.found.since?.as_second() - cause.found.since?.as_second();
        match (cause.kind, effect.kind) {
            (SERVICES, DISTRIBUTIONS) => {
                let front = self.fronts.iter().find(|(place, _)| place.id == effect.of);
                match front.is_some_and(|(_, behind)| behind.contains(&cause.of)) {
                    true => Some(Tie::Watched),
                    // Which origin is which service is often not to be seen.
                    false => (lag.abs() <= FELT && self.is_balanced(&cause.of)).then_some(Tie::Timed),
                }
            }
            (DATABASES | CACHES, SERVICES | DISTRIBUTIONS) | (SERVICES | CACHES, DATABASES) => {
                (lag <= JUST_BEFORE && self.is_kin(&cause.name, &effect.name)).then_some(Tie::Named)
            }
            _ => None,
        }
    }

    fn is_balanced(&self, service: &ResourceId) -> bool {
        !self.groups(service).is_empty()
    }

    /// What hangs on a resource: alarms that ring for it, its target groups, distributions before it,
    /// services of its system.
    pub fn blast(&self, finding: &Finding) -> String {
        let mut parts = Vec::new();
        let before = self.fronts.iter().filter(|(_, behind)| behind.contains(&finding.of));
        let before: Vec<&str> = before.map(|(place, _)| place.name.as_str()).collect();
        if !before.is_empty() {
            parts.push(format!("CDN {}", some(&before)));
        }
        let groups: Vec<&str> = self.groups(&finding.of).iter().map(|arn| group_name(arn)).collect();
        if !groups.is_empty() {
            parts.push(format!("target group {}", some(&groups)));
        }
        if matches!(finding.kind, DATABASES | CACHES) {
            let (house, own) = (self.house(), tokens(&finding.name));
            let kin = house.services.iter().filter(|(_, tokens)| house.is_kin(&own, tokens));
            let kin: Vec<&str> = kin.map(|(name, _)| name.as_str()).collect();
            // What all of the house may use says nothing.
            if !kin.is_empty() && kin.len() <= KIN {
                parts.push(format!("by its name {}", some(&kin)));
            }
        }
        let rings = self.alarms.iter().filter(|alarm| alarm.rings && alarm.id != finding.of);
        let rings = rings.filter(|alarm| self.subjects(&alarm.id).contains(&&finding.of));
        let rings: Vec<&str> = rings.map(|alarm| alarm.name.as_str()).collect();
        if !rings.is_empty() {
            parts.push(format!("{} {}", if rings.len() == 1 { "alarm" } else { "alarms" }, some(&rings)));
        }
        parts.join("; ")
    }

    /// The newest change in the hour before a finding: of its resource, else of its system, else any; one
    /// that brought something before one that only repeated it.
    pub fn before(&self, finding: &Finding) -> Option<Before> {
        // Where nobody tells since when, it was well some time before now.
        let onset = finding.found.since.unwrap_or(self.now);
        // Some begin with the very change.
        let recent = self.changes.iter().filter(|change| {
            let lag = last_cause(onset).as_second() - change.at.as_second();
            (0..JUST_BEFORE).contains(&lag)
        });
        let subjects = self.subjects(&finding.of);
        let near = |change: &&Change| match subjects.contains(&&change.of.id) {
            true => 2,
            false => u8::from(self.is_kin(&finding.name, &change.of.name)),
        };
        let change = recent.max_by_key(|change| (near(change), change.brings, change.at))?;
        Some(Before { of: change.of.name.clone(), what: change.what.clone(), at: change.at })
    }
}

/// Two names, and how many more.
fn some(names: &[&str]) -> String {
    match names {
        [one, other, _, ..] => format!("{one}, {other} and {} more", names.len() - 2),
        few => few.join(", "),
    }
}

/// Whether a distribution takes from a balancer that sends to the service: the host of an Application
/// Load Balancer is its name, a number, the Region (ELB guide, "Application Load Balancers": DNS name).
fn is_before(distribution: &Distribution, service: &Service, context: &dyn RuleContext) -> bool {
    let balancers = service.target_groups.iter().flat_map(|group| context.readings().balancers(group));
    let mut names = balancers.filter_map(|balancer| balancer.split('/').nth(1));
    names.any(|name| {
        distribution.origins.iter().any(|(_, host)| {
            let host = host.strip_prefix("internal-").unwrap_or(host);
            let rest = host.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains(".elb."))
        })
    })
}

/// Whether a deployment brought a revision that was not there before: neither anew nor as a way back.
fn is_new(deployment: &Deployment, all: &[&Deployment]) -> bool {
    let number = |deployment: &Deployment| deployment.task_definition.revision().parse::<u32>().ok();
    let family = |deployment: &Deployment| deployment.task_definition.family().to_string();
    let mut before = all.iter().take_while(|other| other.id != deployment.id);
    // Numbers count within a family.
    before.all(|other| {
        other.task_definition != deployment.task_definition
            && (family(other) != family(deployment) || number(other) < number(deployment))
    })
}

/// The balancers that an alarm watches as a whole.
fn balancers(alarm: &Alarm) -> Vec<Text> {
    let whole = |metric: &&Metric| !metric.dimensions.iter().any(|(name, _)| name == "TargetGroup");
    let metrics = alarm.watched.metrics();
    let named = metrics.iter().filter(whole).flat_map(|metric| &metric.dimensions);
    named.filter(|(name, _)| name == "LoadBalancer").map(|(_, value)| value.clone()).collect()
}

/// What was changed lately, as far as rows tell: deployments, and who leads.
fn changes(context: &dyn RuleContext) -> Vec<Change> {
    let mut changes = Vec::new();
    for kind in crate::kinds::registry() {
        for row in context.rows(kind.id()) {
            let resource = &**row.object;
            let lately = |at: &Timestamp| format::seconds_since(*at, context.now()) < LATELY;
            if let Some(service) = cast::<Service>(resource) {
                let recorded = context.recorded(&service.id);
                let is_old = |deployment: &Deployment| !deployment.created.as_ref().is_some_and(lately);
                // Of thousands of services hardly any was deployed of late.
                let is_quiet = recorded.is_empty() && service.deployments.iter().all(is_old);
                let all = if is_quiet { vec![] } else { all_deployments(service, recorded) };
                // The first that is known may have been the first of its revision.
                let before = std::iter::once(None).chain(all.iter().map(Some));
                for (before, deployment) in before.zip(&all) {
                    let Some(at) = deployment.created.filter(lately) else { continue };
                    let is_anew = before.is_some_and(|before| before.task_definition == deployment.task_definition);
                    let word = if is_anew { "deployed anew" } else { "deployed" };
                    let what = format!("{} {word}", deployment.task_definition.short());
                    let newest = service.primary().map(|primary| &primary.task_definition);
                    let brings = is_new(deployment, &all);
                    let in_force = brings && newest == Some(&deployment.task_definition);
                    changes.push(Change { of: Place::of(kind.id(), resource), what, at, brings, in_force });
                }
            } else if let Some(at) = kind.deployed_at(resource).filter(lately) {
                let of = Place::of(kind.id(), resource);
                changes.push(Change { of, what: "deployed".to_string(), at, brings: true, in_force: false });
            }
            if let Some(moved) = context.leader_changed(resource.id()) {
                let what = format!("{} took over from {}", moved.to, moved.from);
                changes.push(Change {
                    of: Place::of(kind.id(), resource),
                    what,
                    at: moved.at,
                    brings: true,
                    in_force: false,
                });
            }
        }
    }
    changes
}
