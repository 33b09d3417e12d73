//! What databases write to their logs.

use super::super::logs::{DELAY, Head, clock, invalid, missing, pick};
use super::{DENIED, LOAD, TAKEN};
use crate::demo::prelude::*;
use crate::domain::database::{Database, DatabaseRole, Form};

/// Instances write; those of a cluster to the cluster's group.
pub fn streams<'a>(estate: &'a Estate, row: &'a Database) -> Vec<Stream<'a>> {
    let names: Vec<Text> = match &row.role {
        DatabaseRole::Member { .. } => vec![],
        DatabaseRole::Cluster { members } => members.iter().map(|member| member.name.clone()).collect(),
        DatabaseRole::Alone | DatabaseRole::Replica { .. } => vec![row.name.clone()],
    };
    let (memory, name) = (&estate.memory, row.name.as_str());
    // Where a game day takes the storage it says how much.
    let full_since = estate.databases().full_since(&row.name).filter(|_| !memory.knows(TAKEN, name));
    let full_since = full_since.map(Timestamp::as_millisecond);
    let ill = move |at: i64| {
        let level = |strain| memory.level(strain, name, at.div_euclid(1000));
        let taken = level(TAKEN);
        if full_since.is_some_and(|since| since <= at) || taken >= 1.0 {
            Ill::Full
        } else if taken > 0.0 {
            Ill::Spills
        } else if level(DENIED) > 0.0 {
            Ill::Denies
        } else if level(LOAD) >= 0.9 {
            Ill::Crowded
        } else {
            Ill::Not
        }
    };
    let groups = groups_of(row);
    let heads = groups
        .iter()
        .flat_map(|group| names.iter().map(|name| Head { group: group.clone(), name: format!("{name}.0").into() }));
    let stream = |head| {
        Stream::new(head, DELAY, move |head, span, events| {
            head.seconds(span, 3, events, |at, random| postgres(at, random, ill(at)));
        })
    };
    heads.map(stream).collect()
}

/// A group for each log that it exports (RDS user guide, "Publishing database logs to CloudWatch
/// Logs").
fn groups_of(row: &Database) -> Vec<Text> {
    let form = if row.form == Form::Cluster { "cluster" } else { "instance" };
    row.log_exports.iter().map(|kind| format!("/aws/rds/{form}/{}/{kind}", row.name).into()).collect()
}

/// Where a database writes: a member of a cluster to streams of the cluster's groups.
///
/// # Errors
/// There is no such database, or it exports no log.
pub fn sources(rows: &[Database], id: &ResourceId) -> Result<Vec<LogSource>, Fault> {
    let gone = || missing("the database does not exist any more");
    let row = rows.iter().find(|row| row.id == *id).ok_or_else(gone)?;
    let (of, member) = match &row.role {
        DatabaseRole::Member { cluster, .. } => {
            let of = rows.iter().find(|row| row.form == Form::Cluster && row.name == *cluster).ok_or_else(gone)?;
            (of, Some(row.name.clone()))
        }
        _ => (row, None),
    };
    let groups = groups_of(of);
    if groups.is_empty() {
        return Err(invalid(format!("{} exports no log to CloudWatch Logs", of.name)).with_remedy(format!(
            "aws rds modify-db-instance --db-instance-identifier {} --cloudwatch-logs-export-configuration \
             '{{\"EnableLogTypes\":[\"error\"]}}'",
            of.name
        )));
    }
    let source = |group| match &member {
        Some(member) => LogSource::Streams { group, prefix: member.clone() },
        None => LogSource::Group(group),
    };
    Ok(groups.into_iter().map(source).collect())
}

const STATEMENTS: [&str; 4] = [
    "SELECT * FROM sailings WHERE departs_at > $1 ORDER BY departs_at",
    "UPDATE bookings SET state = $1 WHERE id = $2",
    "SELECT count(*) FROM passengers p JOIN bookings b ON b.id = p.booking_id",
    "INSERT INTO bookings (sailing_id, passenger_id, fare) VALUES ($1, $2, $3)",
];

/// What a database suffers from, as its log tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ill {
    Not,
    /// There is no room on its disk.
    Full,
    /// Temporary files of one job take it.
    Spills,
    /// No connection is left.
    Crowded,
    /// The password is another than clients have.
    Denies,
}

/// A line of PostgreSQL with the prefix of RDS, `%t:%r:%u@%d:[%p]:` (RDS user guide, "Parameters
/// that affect logging behavior").
fn postgres(at: i64, random: u64, ill: Ill) -> String {
    let (client, port, process) = (random / 3 % 240 + 4, random / 5 % 20_000 + 40_000, random / 7 % 30_000 + 400);
    let time = clock(at, "%Y-%m-%d %H:%M:%S UTC");
    let said = format!("{time}:10.0.3.{client}({port}):app@harbour:[{process}]:");
    let own = format!("{time}::@:[{process}]:");
    let statement = pick(&STATEMENTS, random / 11);
    match random % 12 {
        0..=4 if ill == Ill::Denies => format!(
            "{said}FATAL:  password authentication failed for user \"app\"\n{said}DETAIL:  Connection matched file \"/rdsdbdata/config/pg_hba.conf\" line 13"
        ),
        0..=4 if ill == Ill::Crowded => {
            format!("{said}FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute")
        }
        0..=4 if ill == Ill::Spills => {
            let said = said.replace("app@", "backfill@");
            let size = random / 13 % 900_000_000 + 1_000_000_000;
            format!(
                "{said}LOG:  temporary file: path \"base/pgsql_tmp/pgsql_tmp{process}.{}\", size {size}\n{said}STATEMENT:  SELECT * FROM charges c JOIN ledger l ON l.charge_id = c.id ORDER BY l.written_at, c.id",
                random % 40
            )
        }
        0..=4 if ill == Ill::Full => format!(
            "{said}ERROR:  could not extend file \"base/16401/2619{}\": No space left on device\n{said}HINT:  Check free disk space.\n{said}STATEMENT:  {statement}",
            random % 10
        ),
        0 | 1 => format!("{said}LOG:  connection authorized: user=app database=harbour SSL enabled (protocol=TLSv1.3)"),
        2 => format!("{said}LOG:  disconnection: session time: 0:0{}:12.{:03}", random % 10, random % 1000),
        3..=6 => format!(
            "{said}LOG:  duration: {}.{:03} ms  execute <unnamed>: {statement}",
            random / 13 % 4000 + 500,
            random % 1000
        ),
        7 => format!("{own}LOG:  checkpoint complete: wrote {} buffers ({}.4%)", random % 9000, random % 40),
        8 => format!(
            "{said}ERROR:  duplicate key value violates unique constraint \"bookings_pkey\"\n{said}DETAIL:  Key (id)=({}) already exists.",
            random % 90_000
        ),
        9 => format!("{own}LOG:  automatic vacuum of table \"harbour.public.bookings\": index scans: {}", random % 3),
        _ => format!("{said}LOG:  connection received: host=10.0.3.{client} port={port}"),
    }
}
