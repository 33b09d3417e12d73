//! Flush: everything a cache holds is thrown away, on every primary, over the cache's own
//! protocol. The plan connects first and says what would be lost.

use crate::domain::cache::{Cache, FlushFacts, Form, MayFlush, NodeLook};
use crate::domain::call::Call;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::ops::{memcached, rds, redis};
use crate::domain::requests::flush::{Flush, Mode};
use crate::kinds::action::Remainder;
use crate::kinds::action::prelude::*;
use crate::kinds::caches::FLUSH_FACTS;
use crate::kinds::detail_view::fault_span;

/// The value that means every one.
const ALL: &str = "all";

/// What a fault is about when the cache asks for a password, or did not like the one it got. Both
/// adapters tell it so, and the dialog then asks for one.
pub const AUTH: &str = "redis AUTH";

pub struct FlushCache;

impl ActionSpec for FlushCache {
    type Resource = Cache;
    type Facts = FlushFacts;

    const ID: &str = "flush";
    const KEY: &str = "F";
    const HELP: &str = "Throws away everything the cache holds, on every primary; connects first to say what that is.";
    const FACTS: FactsId = FLUSH_FACTS;
    const READS: &[Op] = &[rds::DESCRIBE_DB_INSTANCES];
    const CHANGES: &[Op] = &[redis::FLUSHALL, redis::FLUSHDB, memcached::FLUSH_ALL];

    fn guard(&self, cache: &Cache) -> Result<(), String> {
        match cache.status.as_str() {
            "creating" | "deleting" | "deleted" | "create-failed" => Err(format!("it is {}", cache.status)),
            _ => Ok(()),
        }
    }

    fn fields(&self, cache: &Cache, _: Timestamp) -> Vec<Field> {
        let shards = |label, all: &str| Field::new("shards", label).starting(ALL).offering([(all, ALL)]);
        if cache.is_memcached() {
            // Their addresses are what tells them apart.
            return (cache.nodes.len() > 1).then(|| shards("nodes", "every node")).into_iter().collect();
        }
        let which = match cache.form {
            Form::Group { sharded: true } => Some(shards("shards", "every shard")),
            // A serverless cache is a cluster: it has database 0 alone.
            Form::Serverless => None,
            Form::Group { sharded: false } | Form::Cluster => {
                let presets = [("every one", ALL), ("the first", "0")];
                Some(Field::new("database", "databases").starting(ALL).offering(presets))
            }
        };
        let presets = [("it goes on answering", "async"), ("it stops until all is freed", "sync")];
        which.into_iter().chain([Field::new("mode", "mode").starting("async").offering(presets)]).collect()
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        parse(inputs).map(drop)
    }

    fn plan(&self, facts: &FlushFacts, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let cache = &facts.cache;
        self.guard(cache)?;
        let selection = parse(inputs).map_err(|(_, why)| why)?;
        let looks = facts.looks.as_ref().map_err(not_looked)?;
        let chosen = chosen(looks, &selection)?;
        for look in &chosen {
            if let MayFlush::No(why) = &look.may_flush {
                return Err(format!("{}: {why}; nothing was sent", sentence_id(look)));
            }
        }
        let lost: u64 = chosen.iter().map(|look| keys(look, selection.database)).sum();
        let warnings = warnings(facts, &chosen, &selection, lost);
        let calls: Vec<Call> = chosen.iter().map(|look| request(facts, look, &selection).call()).collect();
        let what = selection.database.map_or(String::new(), |n| format!(" database {n} of"));
        let of = if chosen.len() < looks.len() {
            format!(" ({})", chosen.iter().map(|look| id(look)).collect::<Vec<_>>().join(", "))
        } else {
            String::new()
        };
        Ok(Plan {
            rows: rows(facts, &chosen, &selection, lost),
            warnings: warnings.worst_first(),
            undo: undo(facts),
            then: format!("keys are counted again on {}", servers(&calls)),
            calls,
            confirm: Confirm::TypeName,
            // Keys come and go; who the primaries are must not have changed.
            before: json!({ "nodes": chosen.iter().map(|look| look.node.to_string()).collect::<Vec<_>>() }),
            summary: format!("flush{what} {}{of}", cache.name),
        })
    }

    fn progress(&self, intent: &Intent, receipt: &Receipt, facts: &FlushFacts, _: Timestamp) -> Progress {
        let evidence: Vec<String> = receipt.told.iter().map(ToString::to_string).collect();
        let all = intent.calls.len();
        if receipt.calls < all {
            let rest = self
                .remainder(Remainder {
                    calls: &intent.calls[receipt.calls..],
                    accepted: Some(receipt),
                    is_certain: true,
                })
                .unwrap_or_default();
            let line = format!("{} of {all} flushed; {rest}", receipt.calls);
            return Progress { evidence, ..Progress::ended(Verdict::Failed, line) };
        }
        let now = match &facts.looks {
            Ok(looks) => {
                format!("; {} there now", count_keys(looks.iter().filter_map(|look| left(intent, look)).sum()))
            }
            Err(_) => String::new(),
        };
        let line = match &evidence[..] {
            [only] => format!("{only}{now}"),
            _ => format!("{} flushed{now}", servers(&intent.calls)),
        };
        Progress { evidence, ..Progress::ended(Verdict::Done, line) }
    }

    /// An empty primary was flushed; one with keys may have been, and filled again.
    fn applied(&self, intent: &Intent, facts: &FlushFacts, _: Timestamp) -> Applied {
        let Ok(looks) = &facts.looks else { return Applied::CannotTell };
        match looks.iter().find_map(|look| left(intent, look)) {
            Some(0) => Applied::yes(None),
            _ => Applied::NeverTells,
        }
    }

    fn needs_password(&self, facts: &FlushFacts) -> bool {
        facts.looks.as_ref().is_err_and(asks_for_password)
    }

    /// What is typed to flush the servers that were not.
    fn remainder(&self, rest: Remainder) -> Option<String> {
        let flushes: Vec<Flush> = rest.calls.iter().filter_map(Call::meant).collect();
        let id = |flush: &Flush| if flush.shard.is_empty() { flush.node.to_string() } else { flush.shard.clone() };
        let ids: Vec<String> = flushes.iter().map(id).collect();
        let field = if flushes.first()?.memcached { "nodes" } else { "shards" };
        Some(format!("flush with {field} {} does the rest", ids.join(",")))
    }
}

fn asks_for_password(fault: &Fault) -> bool {
    matches!(&fault.kind, FaultKind::Denied { action, .. } if *action == *AUTH)
}

/// The inputs, read.
struct Selection<'a> {
    /// Shards or nodes; empty for all.
    shards: Vec<&'a str>,
    database: Option<u32>,
    mode: Mode,
}

fn parse(inputs: &Inputs) -> Result<Selection<'_>, (&'static str, String)> {
    let value = |name: &str| inputs.get(name).map_or(ALL, |value| value.trim());
    let shards = match value("shards") {
        ALL => Vec::new(),
        list => {
            let list: Vec<&str> = list.split(',').map(str::trim).filter(|shard| !shard.is_empty()).collect();
            // Nothing named is never everything.
            if list.is_empty() {
                return Err(("shards", format!("{ALL}, or ids with commas between")));
            }
            list
        }
    };
    let database = match value("database") {
        ALL => None,
        text => Some(text.parse().map_err(|_| ("database", format!("{ALL}, or the number of one: not {text:?}")))?),
    };
    let mode = match inputs.get("mode").map_or("async", |mode| mode.trim()).to_ascii_lowercase().as_str() {
        "async" => Mode::Async,
        "sync" => Mode::Sync,
        other => return Err(("mode", format!("async or sync, not {other:?}"))),
    };
    Ok(Selection { shards, database, mode })
}

/// What a shard (or node) is called here.
fn id(look: &NodeLook) -> String {
    if look.shard.is_empty() { look.node.to_string() } else { look.shard.to_string() }
}

/// The same in a sentence.
fn sentence_id(look: &NodeLook) -> String {
    if look.shard.is_empty() { look.node.to_string() } else { format!("shard {}", look.shard) }
}

/// Why nothing could be looked at. What the server says of a password is more than that one is needed.
fn not_looked(fault: &Fault) -> String {
    let said = if asks_for_password(fault) { fault.message.to_string() } else { fault.to_string() };
    let remedy = if fault.remedy.is_empty() { String::new() } else { format!("; {}", fault.remedy) };
    format!("nothing was sent: {said}{remedy}")
}

fn chosen<'a>(looks: &'a [NodeLook], selection: &Selection) -> Result<Vec<&'a NodeLook>, String> {
    if looks.is_empty() {
        return Err("it told no primary: nothing to flush".into());
    }
    let known: Vec<String> = looks.iter().map(id).collect();
    if let Some(unknown) = selection.shards.iter().find(|shard| !known.iter().any(|id| id == *shard)) {
        return Err(format!("there is no {unknown}; there are {}", known.join(", ")));
    }
    let wanted = |look: &&NodeLook| selection.shards.is_empty() || selection.shards.contains(&id(look).as_str());
    Ok(looks.iter().filter(wanted).collect())
}

/// How many servers these calls go to, by what they are called.
fn servers(calls: &[Call]) -> String {
    match (calls.len(), calls.iter().any(|call| call.is(memcached::FLUSH_ALL))) {
        (n, true) => count(n, "node"),
        (1, false) => "1 primary".to_string(),
        (n, false) => format!("{n} primaries"),
    }
}

fn keys(look: &NodeLook, database: Option<u32>) -> u64 {
    match database {
        None => look.key_count(),
        Some(n) => look.keys.iter().filter(|(number, _)| *number == n).map(|(_, keys)| keys).sum(),
    }
}

fn request(facts: &FlushFacts, look: &NodeLook, selection: &Selection) -> Flush {
    let memcached = facts.cache.is_memcached();
    let gives = |word: &str| facts.connection.split(", ").any(|part| !part.starts_with("no ") && part.contains(word));
    Flush {
        memcached,
        mode: (!memcached).then_some(selection.mode),
        database: selection.database.filter(|_| !memcached),
        cache: facts.cache.name.to_string(),
        shard: look.shard.to_string(),
        node: look.node.clone(),
        serverless: (facts.cache.form == Form::Serverless).then_some(true),
        via: (look.via != look.node).then(|| look.via.clone()),
        tls: facts.connection.starts_with("TLS").then_some(true),
        auth: (gives("password") || gives("token")).then_some(true),
        user: (!matches!(look.user.as_str(), "" | "default")).then(|| look.user.to_string()),
    }
}

fn rows(facts: &FlushFacts, chosen: &[&NodeLook], selection: &Selection, lost: u64) -> Rows {
    let mut would_be_lost = vec![Span::new(count_keys(lost), Tone::Strong)];
    if selection.database.is_none() {
        // What one database takes of it no server tells.
        would_be_lost.push(memory(chosen));
    }
    let mut rows = vec![
        ("would be lost".to_string(), would_be_lost),
        row("connection", [Span::new(facts.connection.as_str(), unverified(facts))]),
    ];
    for look in chosen {
        let databases: Vec<String> = look.keys.iter().map(|(n, keys)| format!("db{n} {keys}")).collect();
        let keys = if selection.database.is_none() && look.keys.len() > 1 {
            databases.join(", ")
        } else {
            count_keys(keys(look, selection.database))
        };
        let via = if look.via == look.node { String::new() } else { format!(" through {}", look.via) };
        let numbers = format!("  {}  {}  {}", bytes(look.memory), count(clients(look), "client"), hit_rate(look));
        // Who we are is said once, unless the server takes us for somebody else.
        let known = look.user.is_empty() || look.user == "default" || facts.connection.contains(look.user.as_str());
        let user = if known { String::new() } else { format!("  as {}", look.user) };
        rows.push(row(&id(look), [keys.into(), Span::new(format!("{numbers}{user}{via}"), Tone::Dim)]));
    }
    if !facts.cache.is_memcached() {
        let last = match &facts.snapshots {
            Err(fault) => fault_span(fault),
            Ok(known) => match known.iter().find(|snapshot| snapshot.status == "available") {
                Some(last) => Span::from(last.name.as_str()),
                None => Span::new("none", Tone::Degraded),
            },
        };
        rows.push(row("last snapshot", [last, Span::new("  S takes one first", Tone::Dim)]));
    }
    rows
}

fn count_keys(n: u64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "key")
}

fn clients(look: &NodeLook) -> usize {
    usize::try_from(look.clients).unwrap_or(usize::MAX)
}

fn unverified(facts: &FlushFacts) -> Tone {
    if facts.connection.contains("not verified") { Tone::Degraded } else { Tone::Plain }
}

fn memory(chosen: &[&NodeLook]) -> Span {
    Span::new(format!("  {}", bytes(chosen.iter().map(|look| look.memory).sum())), Tone::Dim)
}

fn hit_rate(look: &NodeLook) -> String {
    // Counters of a server are its own business: none of them may overflow here.
    let (hits, all) = (u128::from(look.hits), u128::from(look.hits) + u128::from(look.misses));
    match all {
        0 => "never asked".to_string(),
        all => format!("hit rate {} %", hits * 100 / all),
    }
}

/// Bytes in the unit that fits.
fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{} KiB", n / 1024),
        1_048_576..1_073_741_824 => format!("{} MiB", n / 1_048_576),
        _ => format!("{:.1} GiB", n as f64 / 1_073_741_824.0),
    }
}

fn warnings(facts: &FlushFacts, chosen: &[&NodeLook], selection: &Selection, lost: u64) -> Warnings {
    let cache = &facts.cache;
    let mut warnings = Warnings::default();
    let saving = chosen.iter().any(|look| look.saving) || cache.status == "snapshotting";
    let making = facts.snapshots.iter().flatten().any(|snapshot| snapshot.status == "creating");
    let text = "a snapshot is being taken: FLUSHALL aborts it; wait until it is available";
    warnings.add_if(!cache.is_memcached() && (saving || making), Tone::Down, text);
    warnings.extend([stampede(facts, lost)]);
    for look in chosen {
        if let MayFlush::Unknown(why) = &look.may_flush {
            warnings
                .add(Tone::Unknown, format!("{}: whether it may be flushed is not known: {why}", sentence_id(look)));
        }
    }
    let text = "SYNC: each server answers nobody until all is freed; ASYNC does not stop it";
    warnings.add_if(selection.mode == Mode::Sync && !cache.is_memcached(), Tone::Degraded, text);
    let text = "the server's certificate is not verified: it may be another server";
    warnings.add_if(unverified(facts) == Tone::Degraded, Tone::Degraded, text);
    let text = "one after the other; after a break the rest is not sent, and the journal tells which were";
    warnings.add_if(chosen.len() > 1, Tone::Plain, text);
    warnings
}

/// Who is asked for what is not in the cache any more.
fn stampede(facts: &FlushFacts, lost: u64) -> (Tone, String) {
    if lost == 0 {
        return (Tone::Plain, "there are no keys now; what comes before it is sent is lost too".to_string());
    }
    let are = if lost == 1 { "is" } else { "are" };
    let text = format!("{} {are} missed at once: what was held is asked of the databases", count_keys(lost));
    match &facts.databases {
        Err(fault) => (Tone::Degraded, format!("{text} (not known how they are: {fault})")),
        Ok(all) if all.is_empty() => (Tone::Degraded, text),
        Ok(all) => {
            let ill: Vec<String> = (all.iter())
                .filter(|(_, status)| *status != "available")
                .map(|(name, status)| format!("{name} is {status}"))
                .collect();
            if ill.is_empty() {
                (Tone::Degraded, format!("{text} ({} available)", count(all.len(), "database")))
            } else {
                (Tone::Down, format!("{text}, and {}", ill.join(", ")))
            }
        }
    }
}

fn undo(facts: &FlushFacts) -> String {
    if facts.cache.is_memcached() {
        "cannot be undone; it fills again from its source".to_string()
    } else {
        "cannot be undone; a snapshot is restored into a new cache only".to_string()
    }
}

/// What is left of what was to be flushed there; `None` where nothing was.
fn left(intent: &Intent, look: &NodeLook) -> Option<u64> {
    let flush = intent.calls.iter().filter_map(Call::meant::<Flush>).find(|flush| flush.node == look.node)?;
    Some(keys(look, flush.database))
}
