//! What single lines of tasks say.

use std::ops::RangeInclusive;

use crate::demo::prelude::*;

use super::super::logs::clock;
use super::model::{OneOff, Service};

/// The last words of a task that cannot start.
pub const LAST: &str = "FATAL cannot go on: configuration key BOOKING_LEDGER_URL is missing\n    at Boot.configure (boot.js:41:11)\n    at Boot.run (boot.js:12:5)\n    at main (index.js:3:1)";

const PATHS: [&str; 6] = ["/bookings", "/bookings/{n}", "/sailings", "/health", "/quotes", "/passengers/{n}"];

/// Lines of the flood in a millisecond: 50,000 in a second.
const FLOOD: i64 = 50;

/// The numbers of the lines of a millisecond of the flood, counted from its beginning. The first
/// line of all has 1.
pub fn flood(millisecond: i64) -> RangeInclusive<i64> {
    millisecond * FLOOD + 1..=(millisecond + 1) * FLOOD
}

/// The line of the flood that has this number.
pub fn flooded(n: i64, at: i64) -> String {
    let path = PATHS[(n % 6) as usize].replace("{n}", &(n % 90_000).to_string());
    let (took, level) = (n * 7 % 240 + 3, if n % 997 == 0 { "ERROR" } else { "INFO " });
    let at = Timestamp::from_millisecond(at).unwrap_or_default();
    let (second, ms) = (at.as_second().rem_euclid(60), at.subsec_millisecond());
    // A calendar for each of so many lines would cost more than all the rest.
    format!("{second:02}.{ms:03} {level} n={n} GET {path} 200 {took}ms worker={} trace={:08x}", n % 64, n * 2_654_435)
}

/// What a command writes: that it begins, a line a second, and how it ends. Each with its moment in
/// milliseconds; none before a moment at which it was stopped.
pub fn command(one_off: &OneOff) -> Vec<(i64, String)> {
    let OneOff { task, command, .. } = one_off;
    let (Some(runs), Some((ends, stop))) = (task.runs_at, &task.ends) else { return Vec::new() };
    let (runs, ends) = (runs.as_millisecond(), ends.as_millisecond());
    let line = |at, text: String| (at, format!("{} {text}", clock(at, "%H:%M:%S%.3f")));
    let mut lines = vec![line(runs + 40, format!("INFO  begins: {}", command.join(" ")))];
    let steps = (ends - runs) / 1000;
    lines.extend((1..steps).map(|n| line(runs + n * 1000, format!("INFO  step {n} of {} done", steps - 1))));
    lines.push(match stop.exit {
        Some(0) => line(ends - 1, "INFO  all done".to_string()),
        code => line(ends - 1, format!("ERROR gives up with {}", code.unwrap_or_default())),
    });
    let until = task.stopped.as_ref().map_or(ends, |stop| stop.at.as_millisecond());
    lines.retain(|(at, _)| *at < until);
    lines
}

/// A line of a service.
pub fn service(service: &Service, at: i64, random: u64, bad: bool) -> String {
    let time = clock(at, "%H:%M:%S%.3f");
    let path = PATHS[(random / 11 % 6) as usize].replace("{n}", &(random % 90_000).to_string());
    let (took, trace) = (random / 13 % 240 + 3, random & 0xffff_ffff);
    if bad {
        return match random / 3 % 6 {
            0 => format!("{time} ERROR connection pool exhausted after {}ms (20 of 20 in use)", random % 9000 + 1000),
            1 => format!(
                r#"{{"level":"error","msg":"ledger request failed","status":503,"path":"{path}","traceId":"{trace:08x}"}}"#
            ),
            2 => format!(
                "{time} ERROR unhandled: TypeError: ledger is undefined\n    at charge (ledger.js:88:17)\n    at book (booking.js:201:9)"
            ),
            3 => format!("{time} WARN  retrying ledger call, attempt {} of 5", random % 5 + 1),
            _ => format!("{time} INFO  GET {path} 502 {took}ms trace={trace:08x}"),
        };
    }
    if let Some(odd) = odd(&time, random) {
        return odd;
    }
    match (family(&service.name), random % 23) {
        (_, 0) => format!("{time} WARN  slow query took {}ms: select * from sailings where departs_at > $1", took * 9),
        ("worker" | "ingest" | "scheduler" | "notifier", 1..=12) => {
            format!(r#"{{"level":30,"msg":"job done","queue":"mail","job":{},"ms":{took}}}"#, random % 100_000)
        }
        (_, 1) => format!("{time} ERROR upstream timetable timed out after 2000ms trace={trace:08x}"),
        (_, 2..=5) => format!("level=info msg=\"cache hit\" key=sailing:{} ms={}", random % 4000, took % 9),
        (_, 6) => format!("{time} DEBUG session {trace:08x} renewed"),
        _ => format!("{time} INFO  GET {path} 200 {took}ms trace={trace:08x}"),
    }
}

/// What is hard to show, as real lines are now and then.
fn odd(time: &str, random: u64) -> Option<String> {
    let n = random % 100_000;
    Some(match random / 17 % 301 {
        0 => format!("\u{1b}[2m{time}\u{1b}[0m \u{1b}[32mINFO\u{1b}[0m  \u{1b}[1mrouter\u{1b}[0m: {n} routes loaded"),
        1 => format!("{time} INFO  fares\tadult {}\tchild {}\tcar {}", n % 90, n % 45, n % 300),
        2 => format!("{time} INFO  passenger {n} boards at 神戸港 (Kōbe) 🚢"),
        3 => format!("{time} DEBUG manifest {}", format!("{{\"seat\":{n},\"deck\":{}}},", n % 9).repeat(600)),
        4 => format!("{time} INFO  connected to postgres://booking:h4rbour-{n}@booking.cluster:5432/booking"),
        5 => format!("{time} INFO  import 40%\r{time} INFO  import 100%, {n} rows"),
        _ => return None,
    })
}
