//! What hangs on what: watchers on what they watch, resources on what their own configuration names, others on
//! what is of their system by its name.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::{Before, Finding, Tie};
use crate::domain::Timestamp;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::target_health::group_name;
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::kind::{Address, Bond, RelatedResource, ResourceChange, Role, Upstream};
use crate::kinds::rule::{Place, RuleContext};

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

/// One that watches others, as an alarm does.
struct Watcher {
    id: ResourceId,
    name: Text,
    /// It rings, and that is no work of autoscaling's.
    rings: bool,
    of: Vec<ResourceId>,
    /// Balancers whose totals it watches.
    balancers: Vec<Text>,
}

/// A resource that depends on others by its own configuration.
struct Dependent {
    place: Place,
    upstreams: Vec<Upstream>,
}

/// A change of a resource.
pub struct Change {
    pub of: Place,
    pub change: ResourceChange,
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
        let rows = kinds::of_role(Role::Compute).flat_map(|kind| context.rows(kind.id()));
        let names = rows.map(|row| row.object.name());
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
    watchers: Vec<Watcher>,
    by_watcher: HashMap<ResourceId, usize>,
    /// The dependency map, and who is reached where.
    dependents: Vec<Dependent>,
    reached: HashMap<Address, Vec<ResourceId>>,
    /// Made when it is asked for first: thousands of names are many words.
    house: OnceCell<House>,
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
        let named = |(kind, name): &RelatedResource| Some(context.named(*kind, name)?.id().clone());
        let watchers: Vec<Watcher> = (context.watches())
            .map(|(kind, object, watch)| Watcher {
                id: object.id().clone(),
                name: object.name().clone(),
                rings: watch.rings == Some(true) && watch.scales.is_none(),
                of: kind.related_resources(&**object).iter().filter_map(named).collect(),
                balancers: watch.balancers.into_iter().cloned().collect(),
            })
            .collect();
        let by_watcher = watchers.iter().enumerate().map(|(i, watcher)| (watcher.id.clone(), i)).collect();
        let (mut dependents, mut changes) = (Vec::new(), Vec::new());
        let mut reached: HashMap<Address, Vec<ResourceId>> = HashMap::new();
        let since = Timestamp::from_second(context.now().as_second() - LATELY).unwrap_or(Timestamp::MIN);
        for kind in kinds::registry() {
            for resource in context.rows(kind.id()).into_iter().map(|row| &**row.object) {
                let upstreams = kind.upstreams(resource);
                if !upstreams.is_empty() {
                    let place = Place { name: kind.known_as(resource), ..Place::of(kind.id(), resource) };
                    dependents.push(Dependent { place, upstreams });
                }
                for address in kind.addresses(resource, context.readings()) {
                    reached.entry(address).or_default().push(resource.id().clone());
                }
                let told = kind.changes(resource, context.recorded(resource.id()), since).into_iter();
                let moved = context.leader_changed(resource.id()).map(|moved| ResourceChange {
                    what: format!("{} took over from {}", moved.to, moved.from),
                    at: moved.at,
                    brings: true,
                    in_force: false,
                });
                changes.extend(told.chain(moved).map(|change| Change { of: Place::of(kind.id(), resource), change }));
            }
        }
        let (house, now) = (OnceCell::new(), context.now());
        Self { context, watchers, by_watcher, dependents, reached, house, changes, now }
    }

    fn house(&self) -> &House {
        self.house.get_or_init(|| House::of(self.context))
    }

    /// The target groups that a resource belongs to.
    fn groups(&self, kind: KindId, id: &ResourceId) -> &'a [Text] {
        let row = kinds::kind(kind).and_then(|kind| Some((kind, self.context.row(kind.id(), id)?)));
        row.map_or(&[], |(kind, row)| kind.target_groups(&**row.object))
    }

    /// Whether what is reached there is this.
    fn is_at(&self, address: &Address, kind: KindId, id: &ResourceId, name: &Text) -> bool {
        match address {
            Address::Resource(of, own) => *of == kind && own == name,
            address => self.reached.get(address).is_some_and(|all| all.contains(id)),
        }
    }

    /// How one depends on another by its own configuration.
    fn bond(&self, cause: &Finding, effect: &Finding) -> Option<Bond> {
        let dependent = self.dependents.iter().find(|one| one.place.id == effect.of)?;
        let is_cause = |upstream: &&Upstream| self.is_at(&upstream.at, cause.kind, &cause.of, &cause.name);
        dependent.upstreams.iter().find(is_cause).map(|upstream| upstream.bond)
    }

    /// A resource, and where it is an alarm all that it tells of, through rules over alarms.
    pub fn subjects<'b>(&'b self, id: &'b ResourceId) -> Vec<&'b ResourceId> {
        let mut told = vec![id];
        let mut next = 0;
        while let Some(at) = told.get(next) {
            next += 1;
            let Some(watch) = self.by_watcher.get(*at).map(|i| &self.watchers[*i]) else { continue };
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

    /// Whether a finding is an alarm over a balancer, all in all, that sends to a resource.
    pub fn is_before(&self, finding: &Finding, kind: KindId, id: &ResourceId) -> bool {
        let Some(watch) = self.by_watcher.get(&finding.of).map(|i| &self.watchers[*i]) else { return false };
        let groups = self.groups(kind, id).iter();
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
        let lag = || Some(effect.found.since?.as_second() - cause.found.since?.as_second());
        if effect.role() == Role::Watcher {
            if self.subjects(&effect.of).contains(&&cause.of) {
                return Some(Tie::Watched);
            }
            let is_felt = (0..=FELT).contains(&lag()?);
            return (is_felt && self.is_before(effect, cause.kind, &cause.of)).then_some(Tie::Timed);
        }
        match self.bond(cause, effect) {
            Some(Bond::Part) => return Some(Tie::Part),
            Some(Bond::Sends) if lag().is_some() => return Some(Tie::Watched),
            _ => {}
        }
        let lag = lag()?;
        match (cause.role(), effect.role()) {
            // Which origin is which service is often not to be seen.
            (Role::Compute, Role::Edge) => {
                (lag.abs() <= FELT && !self.groups(cause.kind, &cause.of).is_empty()).then_some(Tie::Timed)
            }
            (Role::Database | Role::Cache, Role::Compute | Role::Edge)
            | (Role::Compute | Role::Cache, Role::Database) => {
                (lag <= JUST_BEFORE && self.is_kin(&cause.name, &effect.name)).then_some(Tie::Named)
            }
            _ => None,
        }
    }

    /// What hangs on a resource: alarms that ring for it, its target groups, distributions before it,
    /// services of its system.
    pub fn blast(&self, finding: &Finding) -> String {
        let mut parts = Vec::new();
        for kind in kinds::registry() {
            let sends = |upstream: &Upstream| {
                upstream.bond == Bond::Sends && self.is_at(&upstream.at, finding.kind, &finding.of, &finding.name)
            };
            let before = self.dependents.iter().filter(|one| one.place.kind == kind.id());
            let before = before.filter(|one| one.upstreams.iter().any(sends));
            let before: Vec<&str> = before.map(|one| one.place.name.as_str()).collect();
            if !before.is_empty() {
                parts.push(format!("{} {}", kind.title(), some(&before)));
            }
        }
        let groups: Vec<&str> = self.groups(finding.kind, &finding.of).iter().map(|arn| group_name(arn)).collect();
        if !groups.is_empty() {
            parts.push(format!("target group {}", some(&groups)));
        }
        if matches!(finding.role(), Role::Database | Role::Cache) {
            let (house, own) = (self.house(), tokens(&finding.name));
            let kin = house.services.iter().filter(|(_, tokens)| house.is_kin(&own, tokens));
            let kin: Vec<&str> = kin.map(|(name, _)| name.as_str()).collect();
            // What all of the house may use says nothing.
            if !kin.is_empty() && kin.len() <= KIN {
                parts.push(format!("by its name {}", some(&kin)));
            }
        }
        let rings = self.watchers.iter().filter(|alarm| alarm.rings && alarm.id != finding.of);
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
            let lag = last_cause(onset).as_second() - change.change.at.as_second();
            (0..JUST_BEFORE).contains(&lag)
        });
        let subjects = self.subjects(&finding.of);
        let near = |change: &&Change| match subjects.contains(&&change.of.id) {
            true => 2,
            false => u8::from(self.is_kin(&finding.name, &change.of.name)),
        };
        let change = recent.max_by_key(|change| (near(change), change.change.brings, change.change.at))?;
        let Change { of, change } = change;
        Some(Before { of: of.name.clone(), what: change.what.clone(), at: change.at })
    }
}

/// Two names, and how many more.
fn some(names: &[&str]) -> String {
    match names {
        [one, other, _, ..] => format!("{one}, {other} and {} more", names.len() - 2),
        few => few.join(", "),
    }
}
