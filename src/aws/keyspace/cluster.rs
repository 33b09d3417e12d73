//! The primaries of a cluster, as one of its nodes tells them.

use ::redis::{Value, cmd};

use super::failure::Failure;
use super::redis::{Session, text};
use super::{NodeTimeouts, Target};
use crate::domain::cache::Endpoint;
use crate::domain::fault::{Fault, FaultKind};

/// Where the keys of a range of slots are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Primary {
    /// The slots, `0-5460`; several ranges are joined by `+`: shards are chosen in a list with commas.
    pub shard: String,
    pub address: Endpoint,
}

/// The primaries in the order of their slots; `None` when the server is no cluster. CLUSTER SHARDS
/// came with 7.0, CLUSTER SLOTS left it.
pub async fn primaries(target: &Target, t: NodeTimeouts) -> Result<Option<Vec<Primary>>, Fault> {
    let mut session = Session::open(target, t).await?;
    let mut denied = None;
    for (word, read) in [("SHARDS", of_shards as fn(&Value, &Target) -> _), ("SLOTS", of_slots)] {
        let asked = session.context("CLUSTER");
        match session.ask(cmd("CLUSTER").arg(word)).await {
            Ok(answer) => return read(&answer, target).and_then(joined).map(Some),
            Err(Failure::Server { text, .. }) if text.contains("cluster support disabled") => return Ok(None),
            // An older server, or a user who may not.
            Err(failure) if failure.is_answer() => denied = Some(failure.fault(asked)),
            Err(failure) => return Err(failure.fault(asked)),
        }
    }
    Err(denied.unwrap_or_else(|| fault("it tells no shards")))
}

/// Slots from, to, and where they are written.
type Range = (i64, i64, Endpoint);

/// A flat list of names and values: each shard has `slots` and `nodes`.
fn of_shards(answer: &Value, target: &Target) -> Result<Vec<Range>, Fault> {
    let mut ranges = Vec::new();
    for shard in list(answer) {
        let slots: Vec<i64> = member(shard, "slots").map(list).unwrap_or_default().iter().filter_map(number).collect();
        // A node without slots has no keys: new, or a primary that was failed over.
        if slots.is_empty() {
            continue;
        }
        let nodes = member(shard, "nodes").map(list).unwrap_or_default();
        let says = |node: &Value, name: &str, word: &str| member(node, name).and_then(text).as_deref() == Some(word);
        // A primary that is gone stays in the list beside its successor; alone it must be told too.
        let primary = (nodes.iter().filter(|node| says(node, "role", "master")))
            .max_by_key(|node| says(node, "health", "online"))
            .ok_or_else(|| fault(format!("slots {}-… have no primary: a failover may be under way", slots[0])))?;
        let port = |name| member(primary, name).and_then(number);
        let (plain, tls) = (port("port"), port("tls-port"));
        let port = if target.tls.is_some() { tls.or(plain) } else { plain.or(tls) };
        let hosts = ["endpoint", "hostname", "ip"].into_iter().filter_map(|name| text(member(primary, name)?));
        let address = endpoint(hosts, port, target)?;
        ranges.extend(slots.chunks_exact(2).map(|pair| (pair[0], pair[1], address.clone())));
    }
    Ok(ranges)
}

/// Each range has its first and last slot, then its nodes, the primary first: host, port, id, names.
fn of_slots(answer: &Value, target: &Target) -> Result<Vec<Range>, Fault> {
    let range = |item: &Value| match list(item) {
        [from, to, primary, ..] => {
            let (from, to) = number(from).zip(number(to)).ok_or_else(|| fault("a range without slots"))?;
            let host = list(primary).first().and_then(text);
            let address = endpoint(host.into_iter(), list(primary).get(1).and_then(number), target)?;
            Ok((from, to, address))
        }
        _ => Err(fault("a range of slots without a primary")),
    };
    list(answer).iter().map(range).collect()
}

fn joined(mut ranges: Vec<Range>) -> Result<Vec<Primary>, Fault> {
    ranges.sort_by_key(|(from, ..)| *from);
    let mut primaries: Vec<Primary> = Vec::new();
    for (from, to, address) in ranges {
        let slots = format!("{from}-{to}");
        match primaries.iter_mut().find(|primary| primary.address == address) {
            Some(primary) => primary.shard = format!("{}+{slots}", primary.shard),
            None => primaries.push(Primary { shard: slots, address }),
        }
    }
    if primaries.is_empty() { Err(fault("it is a cluster, but has no slots")) } else { Ok(primaries) }
}

/// A host that the node does not know is the one that was connected to.
fn endpoint(hosts: impl Iterator<Item = String>, port: Option<i64>, target: &Target) -> Result<Endpoint, Fault> {
    let host = hosts.into_iter().find(|host| !matches!(host.as_str(), "" | "?"));
    let port = port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let port = port.ok_or_else(|| fault("a primary without a port"))?;
    Ok(Endpoint::new(host.as_deref().unwrap_or(&target.address.host), port))
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    list(value).chunks_exact(2).find(|pair| text(&pair[0]).as_deref() == Some(name)).map(|pair| &pair[1])
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        _ => &[],
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn fault(message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Other, "redis", message.into())
}
