//! What taking a snapshot has in common for databases and caches: its id, why it cannot be taken, and how it is
//! followed until it is available.

use super::action::prelude::*;
use crate::domain::cache::CacheSnapshot;
use crate::domain::database;
use crate::domain::fault::Fault;
use crate::domain::text::Text;

pub const HELP: &str = "Takes a snapshot (database or cache), and follows it until it is available.";

/// What AWS calls ready, of a snapshot and of what it is taken of.
pub const AVAILABLE: &str = "available";

/// A snapshot that is not in the list so long after it was taken has been deleted, in seconds.
const SHOWS_WITHIN: i64 = 120;

/// A snapshot as its service lists it.
pub trait Snapshot {
    fn id(&self) -> &Text;
    fn status(&self) -> &str;
    /// Its size with the unit, or "".
    fn size(&self) -> String;
}

impl Snapshot for database::Snapshot {
    fn id(&self) -> &Text {
        &self.id
    }

    fn status(&self) -> &str {
        &self.status
    }

    fn size(&self) -> String {
        self.size.map_or(String::new(), |size| format!(", {size} GiB"))
    }
}

impl Snapshot for CacheSnapshot {
    fn id(&self) -> &Text {
        &self.name
    }

    fn status(&self) -> &str {
        &self.status
    }

    fn size(&self) -> String {
        if self.size.is_empty() { String::new() } else { format!(" {}", self.size) }
    }
}

/// What AWS tells of the snapshots of a resource.
pub type Listed<S> = Result<Vec<S>, Fault>;

/// `<name>-mw-<UTC to the second>`: unique, valid whatever the name is, and ours.
pub fn generated(name: &str, now: Timestamp, longest: usize) -> String {
    let tail = now.strftime("mw-%Y%m%d%H%M%S").to_string();
    let room = longest.saturating_sub(tail.len() + 1);
    let mut head = String::new();
    for c in name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-') {
        let fits = match head.chars().last() {
            None => c.is_ascii_alphabetic(),
            Some(last) => head.len() < room && !(c == '-' && last == '-'),
        };
        if fits {
            head.push(c);
        }
    }
    match head.trim_end_matches('-') {
        "" => tail,
        head => format!("{head}-{tail}"),
    }
}

/// The rules of an id that RDS and ElastiCache share (RDS API reference).
///
/// # Errors
/// Which one is broken.
pub fn valid(id: &str, longest: usize) -> Result<(), String> {
    if let Some(c) = id.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
        return Err(format!("only letters, digits and hyphens: {c:?} is none"));
    }
    if !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err("it must begin with a letter".into());
    }
    if id.ends_with('-') || id.contains("--") {
        return Err("no hyphen at the end and no two in a row".into());
    }
    if id.len() > longest {
        return Err(format!("at most {longest} characters: it has {}", id.len()));
    }
    Ok(())
}

/// # Errors
/// Why none of this id can be taken of what has this status.
pub fn guard<S: Snapshot>(is_ready: bool, status: &str, listed: &Listed<S>, id: &str) -> Result<(), String> {
    if !is_ready {
        return Err(format!("it is {status}: AWS takes a snapshot only of what is available"));
    }
    find(listed, id).map_or(Ok(()), |_| Err(format!("there is a snapshot {id} already")))
}

/// The snapshot of that id. RDS stores those of clusters in lower case.
fn find<'a, S: Snapshot>(listed: &'a Listed<S>, id: &str) -> Option<&'a S> {
    listed.iter().flatten().find(|snapshot| snapshot.id().eq_ignore_ascii_case(id))
}

/// How far the snapshot of that id is. The evidence is what AWS said since it was sent; `moving` tells how far it
/// is while it is taken, by the seconds since then.
pub fn progress<S: Snapshot>(
    (intent, id): (&Intent, Option<String>),
    listed: &Listed<S>,
    evidence: Vec<String>,
    now: Timestamp,
    moving: impl FnOnce(&S, i64) -> Progress,
) -> Progress {
    let since = seconds_since(intent.at, now);
    let Some(snapshot) = id.and_then(|id| find(listed, &id)) else {
        return match listed {
            Err(fault) => Progress::waiting(format!("its progress is not known: {fault}")),
            Ok(_) if since < SHOWS_WITHIN => Progress::waiting("AWS does not list it yet"),
            Ok(_) => Progress::ended(Verdict::Lost, "it is not in the list: somebody deleted it"),
        };
    };
    match snapshot.status() {
        AVAILABLE => Progress::ended(Verdict::Done, format!("{} is available{}", snapshot.id(), snapshot.size())),
        "failed" => {
            let line = evidence.first().cloned().unwrap_or_else(|| "AWS says only that it failed".to_string());
            Progress { evidence, ..Progress::ended(Verdict::Failed, line) }
        }
        // A flush aborts the snapshot of a cache under way.
        "deleting" => Progress::ended(Verdict::Superseded, "it is being deleted"),
        _ => moving(snapshot, since),
    }
}

/// A snapshot of that id tells that it was taken.
pub fn applied<S: Snapshot>(id: Option<String>, listed: &Listed<S>) -> Applied {
    match (id.and_then(|id| find(listed, &id)), listed) {
        (Some(snapshot), _) => Applied::yes(snapshot.id().clone()),
        (None, Ok(_)) => Applied::No,
        (None, Err(_)) => Applied::CannotTell,
    }
}
