//! The commands of a query over events.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use super::parse::{Command, Figure, Key, Operand, Test};
use crate::domain::Timestamp;
use crate::domain::insights::Rows;
use crate::domain::log::LogEvent;
use crate::logs::fields;

/// A row on its way: an event, or a line of a `stats`, with what was found besides.
struct Record<'a> {
    /// With the account that it is of.
    event: Option<(&'a LogEvent, &'a str)>,
    found: Vec<(String, String)>,
}

impl<'a> Record<'a> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some((_, value)) = self.found.iter().rev().find(|(found, _)| found == name) {
            return Some(Cow::Borrowed(value));
        }
        let (event, account) = self.event?;
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

    fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.parse().ok()
    }

    fn passes(&self, test: &Test) -> bool {
        match test {
            Test::Present(field) => self.get(field).is_some(),
            Test::Like(field, pattern) => self.get(field).is_some_and(|value| pattern.is_match(&value)),
            Test::Compare(field, comparison, other) => {
                let other = match other {
                    Operand::Field(name) => self.get(name),
                    Operand::Literal(text) => Some(Cow::Borrowed(&**text)),
                };
                let (Some(one), Some(other)) = (self.get(field), other) else { return *comparison == "!=" };
                let order = compare(Some(&one), Some(&other));
                match *comparison {
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

    fn key(&self, key: &Key) -> Option<String> {
        match key {
            Key::Field(name) => self.get(name).map(Cow::into_owned),
            Key::Bin(ms) => self.event.map(|(event, _)| written(event.at.div_euclid(*ms) * ms)),
        }
    }
}

/// As Insights writes times.
fn written(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or("?".to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string())
}

/// Numbers by their size, all else by its letters; what is not there comes first.
fn compare(a: Option<&str>, b: Option<&str>) -> Ordering {
    if let (Some(Ok(a)), Some(Ok(b))) = (a.map(str::parse::<f64>), b.map(str::parse::<f64>)) {
        return a.total_cmp(&b);
    }
    a.cmp(&b)
}

/// The rows of a query over events, and how many events its filters let through.
pub fn run(pipeline: &[Command], events: &[LogEvent], account: &str, limit: usize) -> (Rows, u64) {
    let record = |event| Record { event: Some((event, account)), found: vec![] };
    let mut records: Vec<Record> = events.iter().map(record).collect();
    let mut matched = records.len();
    let mut shown: Vec<String> = Vec::new();
    for command in pipeline {
        match command {
            Command::Filter(any) => {
                records.retain(|record| any.iter().any(|all| all.iter().all(|test| record.passes(test))));
                if records.first().is_none_or(|record| record.event.is_some()) {
                    matched = records.len();
                }
            }
            Command::Fields(names) => shown.extend(names.iter().cloned()),
            Command::Parse(field, pattern) => {
                for record in &mut records {
                    let text = record.get(field).unwrap_or_default();
                    let Some(groups) = pattern.captures(&text) else { continue };
                    let names = pattern.capture_names().flatten();
                    let found =
                        names.filter_map(|name| Some((name.to_string(), groups.name(name)?.as_str().to_string())));
                    let found: Vec<_> = found.collect();
                    record.found.extend(found);
                }
                if shown.is_empty() {
                    shown = plain();
                }
                shown.extend(pattern.capture_names().flatten().map(str::to_string));
            }
            Command::Stats { figures, by } => {
                records = grouped(&records, figures, by);
                shown = by.iter().map(|(_, name)| name).chain(figures.iter().map(|(_, name)| name)).cloned().collect();
            }
            Command::Sort(names) => records.sort_by(|a, b| {
                let orders = names.iter().map(|(name, descending)| {
                    let order = compare(a.get(name).as_deref(), b.get(name).as_deref());
                    if *descending { order.reverse() } else { order }
                });
                orders.fold(Ordering::Equal, Ordering::then)
            }),
            Command::Limit(most) => records.truncate(*most),
        }
    }
    records.truncate(limit);
    if shown.is_empty() {
        shown = plain();
    }
    shown.push("@ptr".to_string());
    let row = |record: &Record| -> Vec<(String, String)> {
        shown.iter().filter_map(|name| Some((name.clone(), record.get(name)?.into_owned()))).collect()
    };
    (Rows::of(records.iter().map(row)), matched as u64)
}

/// What is shown until somebody says it.
fn plain() -> Vec<String> {
    vec!["@timestamp".to_string(), "@message".to_string()]
}

/// A row for each group, in the order in which the groups come up; one at least where nothing is grouped by.
fn grouped<'a>(records: &[Record], figures: &[(Figure, String)], by: &[(Key, String)]) -> Vec<Record<'a>> {
    let mut places: HashMap<Vec<Option<String>>, usize> = HashMap::new();
    let mut groups: Vec<(Vec<Option<String>>, Vec<&Record>)> = Vec::new();
    for record in records {
        let key: Vec<Option<String>> = by.iter().map(|(key, _)| record.key(key)).collect();
        let place = *places.entry(key.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((key, Vec::new()));
        }
        groups[place].1.push(record);
    }
    if by.is_empty() && groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let line = |(key, records): (Vec<Option<String>>, Vec<&Record>)| {
        let keys = by.iter().zip(key).filter_map(|((_, name), value)| Some((name.clone(), value?)));
        let figures = figures.iter().filter_map(|(of, name)| Some((name.clone(), figure(of, &records)?)));
        Record { event: None, found: keys.chain(figures).collect() }
    };
    groups.into_iter().map(line).collect()
}

fn figure(figure: &Figure, records: &[&Record]) -> Option<String> {
    match figure {
        Figure::Count(None) => Some(records.len().to_string()),
        Figure::Count(Some(field)) => Some(records.iter().filter(|r| r.get(field).is_some()).count().to_string()),
        Figure::Of(field, function) => {
            let numbers: Vec<f64> = records.iter().filter_map(|record| record.number(field)).collect();
            (!numbers.is_empty()).then(|| ((function(&numbers) * 10_000.0).round() / 10_000.0).to_string())
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
        let pipeline = pipeline(query).unwrap_or_else(|wrong| panic!("{query}: {wrong:?}"));
        let (rows, _) = run(&pipeline, &events(), "12", 1000);
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
            ("filter @message like \"GET\" and @logStream != 'b' | stats count(*) as n by @logStream", "a,2"),
            ("filter level = \"error\" or ms > 50 | fields ms", "40\n100"),
            ("fields ms, level | filter ms <= 40 | sort ms desc", "40,error\n8,info"),
            ("filter ispresent(user.id) | fields user.id", "u7"),
            (
                "stats count(*) as n, count(ms), sum(ms), avg(ms), min(ms), max(ms) by @logStream | sort n asc, @logStream desc",
                "b,3,3,148,49.3333,8,100\na,3,0,-,-,-,-",
            ),
            ("stats count(*) by bin(5m) | sort `bin(5m)` desc", "2026-11-21 10:05:00.000,1\n2026-11-21 10:00:00.000,5"),
            ("fields took | parse @message /(?<took>[0-9]+)ms/ | filter ispresent(took) | sort took", "9\n30\n30"),
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
            ("filter ms in [8, 40]", "expected =", (10, 12)),
            ("limit many", "expected a number", (6, 10)),
            ("stats median(ms)", "function `median`", (6, 12)),
            ("stats count(*) by bin(soon)", "span of time", (22, 26)),
            ("parse @message \"* *\" as a", "expected a /pattern/", (15, 20)),
            ("parse @message /([0-9]+)/", "needs a name", (15, 25)),
            ("fields @message limit 5", "unexpected `limit`", (16, 21)),
            ("fields @message |", "expected a command", (17, 18)),
            ("", "expected a command", (0, 1)),
        ] {
            let wrong = pipeline(query).err().unwrap();
            assert!(wrong.said.contains(said), "{query}: {wrong:?}");
            assert_eq!(wrong.at, at, "{query}");
        }
    }
}
