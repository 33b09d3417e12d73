//! The commands of a query over events.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::parse::{Aggregate, Command, Operand, Pipeline, Test};
use crate::domain::Timestamp;
use crate::domain::insights::Rows;
use crate::domain::log::LogEvent;
use crate::logs::fields;

/// A row on its way: an event, or a line of a `stats`, with what was parsed out of it.
#[derive(Clone)]
struct Record<'a> {
    event: Option<&'a LogEvent>,
    found: Vec<(String, String)>,
}

impl<'a> Record<'a> {
    fn get(&self, name: &str, account: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.found.iter().rev().find(|(found, _)| found == name) {
            return Some(Cow::Borrowed(value));
        }
        let event = self.event?;
        Some(match name {
            "@timestamp" => Cow::Owned(written(event.at)),
            "@ingestionTime" => Cow::Owned(written(event.ingested)),
            "@message" => Cow::Borrowed(event.line.as_raw()),
            "@logStream" => Cow::Borrowed(&event.stream),
            "@log" => Cow::Owned(format!("{account}:{}", event.group)),
            "@ptr" => Cow::Borrowed(&event.id),
            name => fields::value(event.line.as_raw(), name).filter(|value| !value.is_empty())?,
        })
    }
}

/// As Insights writes times.
fn written(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or("?".to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string())
}

/// The rows of a query over events, and how many events its filters let through.
pub fn run(pipeline: &Pipeline, events: &[LogEvent], account: &str, limit: usize) -> (Rows, u64) {
    let mut records: Vec<Record<'_>> =
        events.iter().map(|event| Record { event: Some(event), found: Vec::new() }).collect();
    let mut matched = records.len();
    // What is shown; `None` until somebody says it.
    let mut shown: Option<Vec<String>> = None;
    for command in pipeline {
        match command {
            Command::Filter(test) => {
                records.retain(|record| passes(test, record, account));
                if records.first().is_none_or(|record| record.event.is_some()) {
                    matched = records.len();
                }
            }
            Command::Fields { all, only } => {
                for record in &mut records {
                    for (operand, name) in all {
                        if !matches!(operand, Operand::Field(field) if field == name)
                            && let Some(value) = value(operand, record, account)
                        {
                            let value = value.into_owned();
                            record.found.push((name.clone(), value));
                        }
                    }
                }
                let names = all.iter().map(|(_, name)| name.clone());
                let before = if *only { None } else { shown.take() };
                shown = Some(before.into_iter().flatten().chain(names).collect());
            }
            Command::Parse { field, pattern, names } => {
                for record in &mut records {
                    let text = record.get(field, account).unwrap_or_default();
                    let Some(groups) = pattern.captures(&text) else { continue };
                    let found = names.iter().enumerate().filter_map(|(i, name)| {
                        let group = groups.name(name).or_else(|| groups.get(i + 1))?;
                        Some((name.clone(), group.as_str().to_string()))
                    });
                    let found: Vec<_> = found.collect();
                    record.found.extend(found);
                }
                shown.get_or_insert_with(|| vec!["@timestamp".into(), "@message".into()]).extend(names.iter().cloned());
            }
            Command::Stats { aggregates, by } => {
                records = grouped(&records, aggregates, by, account);
                let names = by.iter().map(|(_, name)| name).chain(aggregates.iter().map(|(_, name)| name));
                shown = Some(names.cloned().collect());
            }
            Command::Sort(names) => records.sort_by(|a, b| {
                let orders = names.iter().map(|(name, descending)| {
                    let order = compare(a.get(name, account).as_deref(), b.get(name, account).as_deref());
                    if *descending { order.reverse() } else { order }
                });
                orders.fold(Ordering::Equal, Ordering::then)
            }),
            Command::Limit(most) => records.truncate(*most),
            Command::Dedup(names) => {
                let mut seen = HashSet::new();
                records.retain(|record| {
                    let key: Vec<Option<String>> =
                        names.iter().map(|name| record.get(name, account).map(Cow::into_owned)).collect();
                    seen.insert(key)
                });
            }
        }
    }
    records.truncate(limit);
    let shown = shown.unwrap_or_else(|| vec!["@timestamp".into(), "@message".into()]);
    let row = |record: &Record<'_>| -> Vec<(String, String)> {
        let ptr = record.get("@ptr", account).map(|value| ("@ptr".to_string(), value.into_owned()));
        let values = shown.iter().filter_map(|name| Some((name.clone(), record.get(name, account)?.into_owned())));
        values.chain(ptr).collect()
    };
    (Rows::of(records.iter().map(row)), matched as u64)
}

fn value<'r>(operand: &'r Operand, record: &'r Record<'_>, account: &str) -> Option<Cow<'r, str>> {
    match operand {
        Operand::Literal(text) => Some(Cow::Borrowed(text)),
        Operand::Field(name) => record.get(name, account),
        Operand::Bin(ms) => record.event.map(|event| Cow::Owned(written(event.at.div_euclid(*ms) * ms))),
    }
}

/// Numbers by their size, all else by its letters; what is not there comes first.
fn compare(a: Option<&str>, b: Option<&str>) -> Ordering {
    if let (Some(Ok(a)), Some(Ok(b))) = (a.map(str::parse::<f64>), b.map(str::parse::<f64>)) {
        return a.total_cmp(&b);
    }
    a.cmp(&b)
}

fn passes(test: &Test, record: &Record<'_>, account: &str) -> bool {
    match test {
        Test::Any(tests) => tests.iter().any(|test| passes(test, record, account)),
        Test::All(tests) => tests.iter().all(|test| passes(test, record, account)),
        Test::Not(test) => !passes(test, record, account),
        Test::Present(field) => record.get(field, account).is_some(),
        Test::Like(operand, pattern) => value(operand, record, account).is_some_and(|value| pattern.is_match(&value)),
        Test::In(operand, values) => value(operand, record, account).is_some_and(|v| values.iter().any(|o| *o == v)),
        Test::Compare(left, mark, right) => {
            let (left, right) = (value(left, record, account), value(right, record, account));
            let (Some(left), Some(right)) = (left, right) else { return *mark == "!=" };
            let order = compare(Some(&left), Some(&right));
            match *mark {
                "=" => order.is_eq(),
                "!=" => order.is_ne(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            }
        }
    }
}

fn grouped<'a>(
    records: &[Record<'_>],
    aggregates: &[(Aggregate, String)],
    by: &[(Operand, String)],
    account: &str,
) -> Vec<Record<'a>> {
    let mut places: HashMap<Vec<Option<String>>, usize> = HashMap::new();
    let mut groups: Vec<(Vec<Option<String>>, Vec<&Record<'_>>)> = Vec::new();
    for record in records {
        let key: Vec<Option<String>> =
            by.iter().map(|(operand, _)| value(operand, record, account).map(Cow::into_owned)).collect();
        let place = *places.entry(key.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push(record);
    }
    if by.is_empty() && groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let line = |(key, records): (Vec<Option<String>>, Vec<&Record<'_>>)| {
        let keys = by.iter().zip(key).filter_map(|((_, name), value)| Some((name.clone(), value?)));
        let figures = aggregates
            .iter()
            .filter_map(|(aggregate, name)| Some((name.clone(), figure(aggregate, &records, account)?)));
        Record { event: None, found: keys.chain(figures).collect() }
    };
    groups.into_iter().map(line).collect()
}

fn figure(aggregate: &Aggregate, records: &[&Record<'_>], account: &str) -> Option<String> {
    let values = |field: &str| records.iter().filter_map(|r| r.get(field, account)).collect::<Vec<_>>();
    let numbers = |field: &str| values(field).iter().filter_map(|v| v.parse::<f64>().ok()).collect::<Vec<_>>();
    // Nothing summed up is a zero below zero, which nobody writes.
    let number = |n: f64| ((n * 10_000.0).round() / 10_000.0 + 0.0).to_string();
    let extreme = |field: &str, last: bool| {
        let mut values = values(field);
        values.sort_by(|a, b| compare(Some(a), Some(b)));
        let value = if last { values.last() } else { values.first() };
        value.map(ToString::to_string)
    };
    match aggregate {
        Aggregate::Count(None) => Some(records.len().to_string()),
        Aggregate::Count(Some(field)) => Some(values(field).len().to_string()),
        Aggregate::Distinct(field) => Some(values(field).into_iter().collect::<BTreeSet<_>>().len().to_string()),
        Aggregate::Sum(field) => Some(number(numbers(field).iter().sum())),
        Aggregate::Avg(field) => {
            let numbers = numbers(field);
            (!numbers.is_empty()).then(|| number(numbers.iter().sum::<f64>() / numbers.len() as f64))
        }
        Aggregate::Min(field) => extreme(field, false),
        Aggregate::Max(field) => extreme(field, true),
        Aggregate::Percentile(field, percent) => {
            let mut numbers = numbers(field);
            numbers.sort_by(f64::total_cmp);
            let rank = (percent / 100.0 * numbers.len() as f64).ceil() as usize;
            numbers.get(rank.saturating_sub(1)).map(|n| number(*n))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::pipeline;
    use super::*;
    use crate::domain::log::RawLine;

    const LINES: [(&str, &str); 6] = [
        ("a", "INFO GET /x 200 30ms"),
        ("a", "ERROR pool exhausted after 9ms"),
        ("b", r#"{"level":"error","ms":40,"user":{"id":"u7"}}"#),
        ("b", r#"{"level":"info","ms":8}"#),
        ("b", "level=info msg=hit ms=100"),
        ("a", "INFO GET /x 200 30ms"),
    ];

    fn events() -> Vec<LogEvent> {
        let event = |(i, (stream, line)): (usize, &(&str, &str))| LogEvent {
            id: i.to_string().into(),
            at: 1_795_255_200_000 + i as i64 * 60_000,
            ingested: 0,
            group: "/ecs/x".into(),
            stream: (*stream).into(),
            line: RawLine::new(*line),
        };
        LINES.iter().enumerate().map(event).collect()
    }

    /// The rows, columns by `,`, a row a line.
    fn told(query: &str) -> String {
        let events = events();
        let (rows, _) = run(&pipeline(query).unwrap_or_else(|wrong| panic!("{query}: {wrong:?}")), &events, "12", 1000);
        let lines = rows
            .rows
            .iter()
            .map(|row| row.iter().map(|v| v.as_ref().map_or("-", |v| v.as_str())).collect::<Vec<_>>().join(","));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn commands_do_what_insights_does() {
        for (query, rows) in [
            ("fields @logStream | limit 2", "a\na"),
            ("filter @message like /GET/ | stats count(*)", "2"),
            ("filter @message like \"GET\" and not @logStream = 'b' | stats count(*) as n by @logStream", "a,2"),
            ("filter @message not like /GET/ | stats count(*)", "4"),
            ("filter level = \"error\" or ms > 50 | display ms", "40\n100"),
            ("filter ms in [8, 40] | sort ms desc | display ms, level", "40,error\n8,info"),
            ("filter ispresent(user.id) | display user.id as who", "u7"),
            (
                "stats count(*) as n, sum(ms), avg(ms), min(ms), max(ms), pct(ms, 50) by @logStream | sort n asc, @logStream desc",
                "b,3,148,49.3333,8,100,40\na,3,0,-,-,-,-",
            ),
            (
                "stats count(*) as n by bin(5m) | sort bin(5m) desc",
                "2026-11-21 10:05:00.000,1\n2026-11-21 10:00:00.000,5",
            ),
            ("stats count_distinct(@logStream) as streams", "2"),
            (
                "parse @message \"* GET * * *ms\" as level, path, status, took | filter status = 200 | display path, took",
                "/x,30\n/x,30",
            ),
            ("parse @message /(?<took>[0-9]+)ms/ | filter ispresent(took) | sort took | display took", "9\n30\n30"),
            ("fields @message | filter level = \"info\" | dedup level | display ms", "8"),
            ("filter @log = \"12:/ecs/x\" and @timestamp >= \"2026-11-21 10:04\" | stats count(*)", "2"),
            ("filter @message = 'nothing' | stats count(*)", "0"),
        ] {
            assert_eq!(told(query), rows, "{query}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_at_its_place() {
        for (query, said, at) in [
            ("feilds @message", "does not know the command `feilds`", (0, 6)),
            ("fields @message | pattern @message", "does not know the command `pattern`", (18, 25)),
            ("filter @message like /(/", "cannot be read", (21, 24)),
            ("filter @message like \"x", "no closing", (21, 22)),
            ("filter level", "expected =", (12, 13)),
            ("limit many", "expected a number", (6, 10)),
            ("stats median(ms)", "function `median`", (6, 12)),
            ("stats count(*) by bin(soon)", "span of time", (22, 26)),
            ("parse @message \"* *\" as a", "2 of `*`, but 1 names", (15, 20)),
            ("fields @message limit 5", "unexpected `limit`", (16, 21)),
            ("fields @message |", "expected a command", (17, 18)),
            ("", "expected a command", (0, 1)),
        ] {
            let wrong = pipeline(query).unwrap_err();
            assert!(wrong.said.contains(said), "{query}: {wrong:?}");
            assert_eq!(wrong.at, at, "{query}");
        }
        assert!(pipeline(&format!("filter {}", "(".repeat(100_000))).is_err());
    }
}
