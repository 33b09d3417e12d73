//! The cells of a database's row, its entry in `status --json`, and its page in the web console.

use serde_json::{Value, json};

use super::AVAILABLE;
use crate::domain::database::{Database, DatabaseRole, Form};
use crate::domain::format;
use crate::domain::health::Health;
use crate::kinds::cell::{Cell, Tone};
use crate::kinds::kind::RenderContext;

pub fn name(database: &Database, _: RenderContext) -> Cell {
    Cell::text(database.name.as_str(), Tone::Strong)
}

pub fn status(database: &Database, look: RenderContext) -> Cell {
    let health = look.diagnosis.health;
    Cell::text(database.status.as_str(), if health == Health::Ok { Tone::Dim } else { health.into() })
}

/// What it is among others: `writer`, `reader of x`, `cluster of 3`.
pub fn role_words(database: &Database) -> String {
    match &database.role {
        DatabaseRole::Alone => "instance".to_string(),
        DatabaseRole::Replica { .. } => "replica".to_string(),
        DatabaseRole::Member { writer: Some(true), .. } => "writer".to_string(),
        DatabaseRole::Member { writer: Some(false), .. } => "reader".to_string(),
        DatabaseRole::Member { writer: None, .. } => "member".to_string(),
        DatabaseRole::Cluster { members } => format!("cluster of {}", members.len()),
    }
}

/// What it is while it is well, and how it is while it is not.
pub fn state(database: &Database, look: RenderContext) -> Cell {
    let health = look.diagnosis.health;
    if health == Health::Ok || database.status == AVAILABLE {
        Cell::text(role_words(database), if health.is_wrong() { health.into() } else { Tone::Plain })
    } else {
        Cell::text(database.status.as_str(), health.into())
    }
}

/// `postgres 16.4`; also `docdb` and `neptune`, which RDS lists too.
pub fn engine(database: &Database, _: RenderContext) -> Cell {
    Cell::text(format!("{} {}", database.engine, database.version), Tone::Plain)
}

pub fn class(database: &Database, _: RenderContext) -> Cell {
    if database.class.is_empty() { Cell::nothing() } else { Cell::text(database.class.as_str(), Tone::Plain) }
}

pub fn zone(database: &Database, _: RenderContext) -> Cell {
    match (database.multi_az, database.zone.is_empty()) {
        (true, _) => Cell::text("multi", Tone::Plain),
        (false, true) => Cell::nothing(),
        (false, false) => Cell::text(database.zone.as_str(), Tone::Dim),
    }
}

/// GiB, and up to where it grows by itself.
pub fn storage_words(database: &Database) -> Option<String> {
    let size = database.storage?;
    Some(match database.storage_limit {
        Some(limit) => format!("{size}…{limit} GiB"),
        None => format!("{size} GiB"),
    })
}

pub fn storage(database: &Database, _: RenderContext) -> Cell {
    match (storage_words(database), database.storage) {
        (Some(text), Some(size)) => Cell::number(f64::from(size), text, Tone::Plain),
        _ => Cell::nothing(),
    }
}

pub fn backup(database: &Database, _: RenderContext) -> Cell {
    match database.backup_retention {
        0 => Cell::number(0.0, "none", Tone::Degraded),
        days => Cell::number(f64::from(days), format!("{days} d"), Tone::Dim),
    }
}

/// The database's entry in `status --json`; `health` and `why` are added to every kind's entry.
///
/// | member | type | meaning |
/// |---|---|---|
/// | `name`, `arn` | string | as AWS calls them |
/// | `form` | string | `instance` or `cluster` |
/// | `role` | string | `alone`, `replica`, `writer`, `reader`, `member` (which is not known), `cluster` |
/// | `cluster`, `source` | string | the cluster it belongs to, the instance it replicates; else null |
/// | `members` | list | of a cluster: name and whether it writes |
/// | `engine`, `version`, `class`, `status` | string | as AWS calls them; `class` null for Aurora clusters |
/// | `multi_az` | boolean | |
/// | `storage`, `storage_limit` | number | GiB; null where it grows by itself |
/// | `endpoint` | string | `host:port`; null while there is none |
/// | `backup_retention` | number | days; 0 is none |
/// | `latest_restorable` | string | RFC 3339; null where not told |
/// | `pending` | list | members of modifications that wait |
pub fn json(database: &Database, _: RenderContext) -> Value {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_string());
    let (role, source) = match &database.role {
        DatabaseRole::Alone => ("alone", None),
        DatabaseRole::Replica { of } => ("replica", Some(of)),
        DatabaseRole::Member { writer: Some(true), .. } => ("writer", None),
        DatabaseRole::Member { writer: Some(false), .. } => ("reader", None),
        DatabaseRole::Member { writer: None, .. } => ("member", None),
        DatabaseRole::Cluster { .. } => ("cluster", None),
    };
    let members = database.members().iter().map(|member| json!({ "name": member.name, "writer": member.writer }));
    json!({
        "name": database.name,
        "arn": database.id.0,
        "form": match database.form { Form::Instance => "instance", Form::Cluster => "cluster" },
        "role": role,
        "cluster": database.cluster(),
        "source": source,
        "members": members.collect::<Vec<_>>(),
        "engine": database.engine,
        "version": database.version,
        "class": said(&database.class),
        "status": database.status,
        "multi_az": database.multi_az,
        "storage": database.storage,
        "storage_limit": database.storage_limit,
        "endpoint": database.endpoint,
        "backup_retention": database.backup_retention,
        "latest_restorable": database.latest_restorable.map(|at| at.to_string()),
        "pending": database.pending.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
    })
}

/// The database's page in the AWS web console.
pub fn console_url(database: &Database, region: &str) -> String {
    let is_cluster = database.form == Form::Cluster;
    format!(
        "https://{region}.console.aws.amazon.com/rds/home?region={region}#database:id={};is-cluster={is_cluster}",
        database.name
    )
}

/// How long ago the latest restorable time is: what a restore would lose.
pub fn restorable(database: &Database, look: RenderContext) -> String {
    match database.latest_restorable {
        Some(at) => format!("{}, {} ago", format::moment(at), format::age(at, look.now)),
        None if database.backup_retention == 0 => "no: automated backups are off".to_string(),
        None => "not told".to_string(),
    }
}
