//! What is wrong with a cache: a failover, a hit rate that fell and what then hits the databases, memory
//! that is full.

use super::metrics;
use crate::domain::Timestamp;
use crate::domain::cache::{Cache, CacheDetail};
use crate::domain::event::{self, Event};
use crate::domain::health::Health;
use crate::domain::resource::{Object, ResourceId};
use crate::domain::rules::Limit;
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::failover::Failover;
use crate::kinds::kind::{Kind, Role};
use crate::kinds::metric::Unit;
use crate::kinds::rule::{Evidence, Found, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::trend::{Crossed, crossing, trend};

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "cache-failover",
            title: "cache failed over",
            rank: 5,
            means: "another primary than before, the status failing-over, or an event that says so",
            limit: Some(Limit { default: 15.0, unit: "min", range: (1.0, 1_440.0) }),
            explains: &[Symptom::Requests, Symptom::DatabaseLoad, Symptom::DatabaseCredits],
            explains_rules: &["stampede", "hit-rate"],
            next: &[("open", "its events and nodes"), ("golden", "what the databases feel of it")],
            ..Rule::of(Test::row(failover))
        },
        Rule {
            id: "stampede",
            title: "cache stampede",
            rank: 6,
            means: "CacheHitRate fell by so much in the hour, and CPUUtilization or DatabaseConnections rose with it",
            limit: Some(Limit { default: 20.0, unit: "points", range: (2.0, 100.0) }),
            explains: &[Symptom::Requests, Symptom::DatabaseLoad, Symptom::DatabaseCredits],
            explains_rules: &["crash-loop", "health-flapping"],
            next: &[
                ("open", "its events: was it flushed, did a node go?"),
                ("golden", "whether it fills again; do not flush, and hold load back until it has"),
            ],
            ..Rule::of(Test::metrics(|cache: &Cache, input| fallen(cache, input, true)))
        },
        Rule {
            id: "evictions",
            title: "evictions",
            rank: 25,
            means: "Evictions: keys are put out to make room (of 20 nodes at most, primaries first, as all of caches)",
            limit: Some(Limit { default: 1.0, unit: "a second", range: (0.01, 1_000_000.0) }),
            explains_rules: &["hit-rate", "stampede"],
            next: &[
                ("open", "its memory and what its keys are: give it a larger class, or keys an end"),
                ("golden", "whether the hit rate falls and databases feel it"),
            ],
            ..Rule::of(Test::metrics(evictions))
        },
        Rule {
            id: "cache-memory",
            title: "cache memory full",
            rank: 26,
            means: "DatabaseMemoryUsagePercentage",
            limit: Some(Limit { default: 90.0, unit: "%", range: (10.0, 100.0) }),
            explains_rules: &["evictions", "hit-rate"],
            next: &[("open", "whether it puts keys out already: its charts")],
            ..Rule::of(Test::metrics(memory))
        },
        Rule {
            id: "hit-rate",
            title: "hit rate fell",
            rank: 27,
            means: "CacheHitRate fell by so much in the hour, and no database is seen to suffer",
            limit: Some(Limit { default: 20.0, unit: "points", range: (2.0, 100.0) }),
            explains: &[Symptom::Requests],
            next: &[
                ("open", "its events: was it flushed, did a node go?"),
                ("golden", "whether it fills again; do not flush, and hold load back until it has"),
            ],
            ..Rule::of(Test::metrics(|cache: &Cache, input| fallen(cache, input, false)))
        },
    ]
}

/// The primary of a group of one shard: of several AWS does not tell it.
pub fn leader(cache: &Cache) -> Option<Text> {
    let mut primaries = cache.nodes.iter().filter(|node| node.primary == Some(true));
    primaries.next().filter(|_| primaries.next().is_none()).map(|node| node.name.clone())
}

/// Events of the open detail that have one of these words, no older than so many seconds.
fn events<'a>(cache: &Cache, input: &RuleInput<'a>, words: &[&str], within: i64) -> Vec<&'a Event> {
    let told = input.detail::<CacheDetail>(&cache.id).and_then(|(detail, _)| detail.events.as_ref().ok());
    let from = Timestamp::from_second(input.now.as_second() - within).unwrap_or(input.now);
    told.map_or(vec![], |events| event::saying(events, words, from).collect())
}

fn failover(cache: &Cache, input: &RuleInput) -> Option<Found> {
    let said = |within| events(cache, input, &["failover"], within);
    let failover = Failover::of(input, &cache.id, &cache.status, said)?;
    let what = failover.what("it fails over");
    let what = if failover.is_under_way() { what } else { format!("{what}: what was not copied yet is lost") };
    let status = Evidence::new("status", cache.status.as_str(), Some(input.at));
    let nodes = cache.nodes.iter().filter(|node| node.status != "available");
    let nodes = nodes.map(|node| Evidence::new(node.name.as_str(), node.status.as_str(), Some(input.at)));
    Some(failover.found(what, status, "primary").evidence(nodes))
}

/// Databases that are busier since the cache knows less, with what rose.
fn suffering(input: &RuleInput, crossed: Crossed) -> Vec<(Text, ResourceId, String)> {
    let told = |(kind, object): (&dyn Kind, &Object)| {
        let (name, rise) = kind.risen(&**object, input, crossed.since)?;
        Some((object.name().clone(), object.id().clone(), format!("{name} {rise}")))
    };
    let rows_of = |kind: &'static dyn Kind| {
        let rows = input.context.rows(kind.id()).into_iter();
        rows.map(move |row| (kind, row.object))
    };
    kinds::of_role(Role::Database).flat_map(rows_of).filter_map(told).collect()
}

/// An event that emptied a cache happened within the hour that is looked at, in seconds.
const LATELY: i64 = 3_600;

/// A hit rate far below what was usual before, with databases that suffer from it or without.
fn fallen(cache: &Cache, input: &RuleInput, with_suffering: bool) -> Verdict {
    let Some(glance) = metrics::hit_rate(cache) else { return Ok(None) };
    let hits = trend(Some(glance), input, "hit rate of caches")?;
    // With too few points there is nothing that it fell from.
    let Some(usual) = hits.high() else { return Ok(None) };
    let Some(crossed) = hits.crossed(|rate| rate < usual - input.limit) else { return Ok(None) };
    let suffering = suffering(input, crossed);
    if suffering.is_empty() == with_suffering {
        return Ok(None);
    }
    let fell = format!("its hit rate fell from {} to {}", hits.words(usual), hits.words(crossed.value));
    let what = match suffering.first() {
        Some((name, _, rise)) => format!("{fell}, and {name} has to answer: {rise}"),
        None => fell,
    };
    let mut told = vec![
        Evidence::new("CacheHitRate", hits.words(crossed.value), Some(crossed.at)),
        Evidence::new("before", hits.words(usual), None),
    ];
    told.extend(suffering.iter().map(|(name, _, rise)| Evidence::new(name.as_str(), rise.as_str(), Some(crossed.at))));
    let emptied = events(cache, input, &["reboot", "failover", "recover", "replac", "restart"], LATELY);
    told.extend(emptied.into_iter().max_by_key(|event| event.at).map(Evidence::of_event));
    let mut found = Found::new(Health::Degraded, what, Some(crossed.since)).evidence(told);
    found.touches = suffering.into_iter().map(|(_, id, _)| id).collect();
    Ok(Some(found))
}

fn evictions(cache: &Cache, input: &RuleInput) -> Verdict {
    let say = |rate: &str, _| format!("it puts {rate} keys out: what is asked for does not fit");
    crossing(metrics::evictions(cache), input, ("evictions of caches", "Evictions"), |rate| rate > input.limit, say)
}

fn memory(cache: &Cache, input: &RuleInput) -> Verdict {
    // What has no end that is told is no share of it.
    let used = metrics::memory(cache).filter(|glance| glance.unit == Unit::Percent);
    let names = ("memory of caches", "DatabaseMemoryUsagePercentage");
    crossing(used, input, names, |used| used > input.limit, |used, _| format!("{used} of its memory is used"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{group, now};
    use super::*;
    use crate::diagnosis::fixtures::{Scene, prove, steady_then};
    use crate::kinds::caches::CACHES;
    use crate::kinds::databases::tests::instance;
    use crate::kinds::databases::{self, DATABASES};

    fn scene() -> Scene {
        Scene::at(now()).with(CACHES, group())
    }

    /// The hit rate falls to this, and the CPU of a database goes to that.
    fn falls(hits: f64, cpu: f64) -> Scene {
        let orders = instance("orders");
        let cpu_of = databases::cpu(&orders);
        scene()
            .with(DATABASES, orders)
            .told(metrics::hit_rate(&group()), &steady_then(97.0, &[hits; 4]))
            .told(cpu_of, &steady_then(30.0, &[cpu; 4]))
    }

    #[test]
    fn every_rule_finds_what_is_there_and_nothing_else() {
        let id = group().id;
        let told = |glance: Option<_>, steady: f64, then: f64| scene().told(glance, &steady_then(steady, &[then; 3]));
        prove(
            CACHES,
            vec![
                (
                    "cache-failover",
                    scene().leader_changed(&id, ("web-001", "web-002"), 60),
                    scene().leader_changed(&id, ("web-001", "web-002"), 1_000),
                ),
                ("stampede", falls(40.0, 80.0), falls(40.0, 31.0)),
                (
                    "evictions",
                    told(metrics::evictions(&group()), 0.0, 240.0),
                    told(metrics::evictions(&group()), 0.0, 0.2),
                ),
                (
                    "cache-memory",
                    told(metrics::memory(&group()), 60.0, 96.0),
                    told(metrics::memory(&group()), 60.0, 80.0),
                ),
                ("hit-rate", falls(40.0, 31.0), falls(90.0, 31.0)),
            ],
        );
    }

    #[test]
    fn a_stampede_names_the_database_that_has_to_answer() {
        let found = falls(40.0, 95.0).found("stampede").unwrap();
        let what = "its hit rate fell from 97 % to 40 %, and orders has to answer: CPUUtilization 30 % → 95 %";
        assert_eq!(found.found.what, what);
        let told = falls(40.0, 95.0).told_in_order();
        assert_eq!(told, ["stampede web", "- db-cpu orders"], "what it does to the database is no other trouble");
        // One that was busy before suffers from something else.
        let orders = instance("orders");
        let busy = scene()
            .with(DATABASES, orders.clone())
            .told(metrics::hit_rate(&group()), &steady_then(97.0, &[40.0; 4]))
            .told(databases::cpu(&orders), &[95.0; 54]);
        assert_eq!(busy.told_in_order(), ["db-cpu orders", "hit-rate web"]);
    }

    #[test]
    fn a_cache_of_many_shards_has_no_primary_that_is_told() {
        assert_eq!(leader(&group()).as_deref(), Some("web-001"));
        let mut several = group();
        several.nodes.iter_mut().for_each(|node| node.primary = Some(true));
        assert_eq!(leader(&several), None);
        several.nodes.iter_mut().for_each(|node| node.primary = None);
        assert_eq!(leader(&several), None);
    }
}
