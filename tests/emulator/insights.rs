//! Queries of Logs Insights through the real SDK: started once, whatever becomes of the answer, and
//! stopped once when nobody listens any more.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::FutureExt;
use futures_util::stream::BoxStream;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::insights::{InsightsPiece, InsightsQuery, QueryStatus, QueryText, Rows, Statistics};
use midwatch::domain::log::LogSource;
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::resource::ResourceId;
use midwatch::kinds::services::SERVICES;
use midwatch::port::Cloud;
use rustix::process::Signal;
use serde_json::json;

use crate::harness::{Room, ask, good, hurry};
use crate::terminal::Pty;

const GROUP: &str = "/ecs/main";
const START: &str = "logs:StartQuery";
const LOOK: &str = "logs:GetQueryResults";
const STOP: &str = "logs:StopQuery";

/// A room with a hundred lines, every tenth of them an error.
fn room(name: &str) -> Room {
    let room = Room::new(name);
    let word = |n: i64| if n % 10 == 0 { "ERROR" } else { "INFO" };
    let lines: Vec<(i64, String)> = (0..100).map(|n| (60_000 - n * 100, format!("{} line {n}", word(n)))).collect();
    room.write_lines(GROUP, "app/app/1", &lines);
    room
}

fn query_over(sources: Vec<LogSource>, text: &str) -> InsightsQuery {
    let now = jiff::Timestamp::now().as_second();
    InsightsQuery { run: 1, sources, text: QueryText::new(text), from: now - 3600, to: now }
}

fn query(text: &str) -> Query {
    Query::Insights(query_over(vec![LogSource::Group(GROUP.into())], text))
}

/// What a query told.
#[derive(Default)]
struct Told {
    groups: Vec<String>,
    /// Each status once, in order.
    statuses: Vec<QueryStatus>,
    statistics: Statistics,
    /// How many rows each telling of rows had.
    sizes: Vec<usize>,
    rows: Rows,
    trouble: Vec<Fault>,
    malformed: Option<(Fault, Option<(usize, usize)>)>,
    faults: Vec<Fault>,
}

impl Told {
    fn take(&mut self, piece: Result<Answer, Fault>) {
        match piece {
            Ok(Answer::Insights(InsightsPiece::Groups(groups))) => {
                self.groups = groups.iter().map(ToString::to_string).collect();
            }
            Ok(Answer::Insights(InsightsPiece::Progress(status, statistics))) => {
                if self.statuses.last() != Some(&status) {
                    self.statuses.push(status);
                }
                self.statistics = statistics;
            }
            Ok(Answer::Insights(InsightsPiece::Rows(rows))) => {
                self.sizes.push(rows.rows.len());
                self.rows = rows;
            }
            Ok(Answer::Insights(InsightsPiece::Trouble(fault))) => self.trouble.push(fault),
            Ok(Answer::Insights(InsightsPiece::Malformed { fault, at })) => self.malformed = Some((fault, at)),
            Ok(other) => panic!("unexpected {other:?}"),
            Err(fault) => self.faults.push(fault),
        }
    }
}

async fn all_of(stream: BoxStream<'static, Result<Answer, Fault>>) -> Told {
    let mut told = Told::default();
    let all = stream.collect::<Vec<_>>();
    for piece in tokio::time::timeout(Duration::from_secs(60), all).await.expect("a query ends") {
        told.take(piece);
    }
    told
}

/// Reads until it is so.
async fn until(stream: &mut BoxStream<'static, Result<Answer, Fault>>, met: impl Fn(&Told) -> bool) -> Told {
    let mut told = Told::default();
    let reading = async {
        while !met(&told) {
            told.take(stream.next().await.expect("it runs still"));
        }
    };
    tokio::time::timeout(Duration::from_secs(60), reading).await.expect("it is told in time");
    told
}

#[tokio::test]
async fn a_query_tells_its_rows_while_it_runs_and_ends_by_itself() {
    let room = room("insights");
    let aws = room.aws();
    let text = "fields @timestamp, @message | filter @message like /ERROR/ | sort @timestamp desc";
    let asked = query_over(vec![LogSource::Group(GROUP.into())], text);
    let told = all_of(aws.read(&good(), Query::Insights(asked.clone()))).await;
    assert_eq!(told.groups, [GROUP]);
    assert_eq!(told.statuses, [QueryStatus::Scheduled, QueryStatus::Running, QueryStatus::Complete]);
    assert_eq!(told.sizes, [5, 10], "the rows so far, then all");
    let columns: Vec<&str> = told.rows.columns.iter().map(|name| &**name).collect();
    assert_eq!(columns, ["@timestamp", "@message"], "what nobody can read is left out");
    let newest = told.rows.rows[0][1].as_ref().unwrap().as_str();
    assert_eq!(newest, "ERROR line 90");
    assert_eq!((told.statistics.scanned, told.statistics.matched), (100, 10));
    assert!(told.statistics.bytes > 100 * 26, "{:?}", told.statistics);
    assert!(told.faults.is_empty() && told.trouble.is_empty());
    assert_eq!(room.count(START), 1);
    let body = &room.bodies(START)[0];
    assert_eq!(
        (&body["startTime"], &body["endTime"]),
        (&json!(asked.from), &json!(asked.to)),
        "seconds, unlike all else"
    );
    assert_eq!((&body["queryString"], &body["limit"]), (&json!(text), &json!(1000)));
    aws.tidy().await;
    assert_eq!(room.count(STOP), 0, "it has ended");
}

#[tokio::test]
async fn the_groups_of_a_service_are_those_of_its_task_definition() {
    let room = Room::with("insights-service", &[("main", 1)]);
    room.write_lines(GROUP, "app/app/1", &[(2_000, "one".into()), (1_000, "two".into())]);
    let id = ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/main/main-svc-0000", room.account).into());
    let sources = vec![LogSource::Resource(SERVICES, id), LogSource::Group(GROUP.into())];
    let told =
        all_of(room.aws().read(&good(), Query::Insights(query_over(sources, "fields @message | limit 1")))).await;
    assert_eq!((told.groups, told.rows.rows.len()), (vec![GROUP.to_string()], 1));
    let body = &room.bodies(START)[0];
    assert_eq!((&body["logGroupNames"], &body["limit"]), (&json!([GROUP]), &json!(10_000)), "its own limit counts");
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_not_sent_again() {
    for kind in ["drop", "truncate", "error500"] {
        let room = room(&format!("insights-lost-{kind}"));
        room.fault(json!({ "operation": START, "kind": kind, "times": 1 }));
        let told = all_of(room.aws().read(&good(), query("fields @message"))).await;
        assert_eq!(room.count(START), 1, "{kind}: the first may run already");
        let [fault] = &told.faults[..] else { panic!("{kind}: {:?}", told.faults) };
        assert!(fault.remedy.contains("may have been started"), "{kind}: {fault:?}");
        assert_eq!((told.trouble.len(), room.count(LOOK)), (0, 0), "{kind}");
    }
}

#[tokio::test]
async fn a_start_that_aws_puts_off_is_told_and_sent_again() {
    hurry(10);
    for (kind, said) in [("full", "Too many"), ("throttle", "Rate exceeded")] {
        let room = room(&format!("insights-{kind}"));
        room.fault(json!({ "operation": START, "kind": kind, "times": 2 }));
        let told = all_of(room.aws().read(&good(), query("fields @message"))).await;
        assert_eq!((told.trouble.len(), room.count(START)), (2, 3), "{kind}: each time with a word about it");
        assert!(told.trouble[0].message.contains(said), "{kind}: {:?}", told.trouble[0]);
        assert_eq!((told.statuses.last(), told.rows.rows.len()), (Some(&QueryStatus::Complete), 100), "{kind}");
    }
}

#[tokio::test]
async fn a_query_that_is_left_is_stopped_once() {
    hurry(10);
    let room = room("insights-left");
    room.looks(1_000_000);
    let aws = room.aws();
    let mut stream = aws.read(&good(), query("fields @message"));
    until(&mut stream, |told| told.statuses.contains(&QueryStatus::Running)).await;
    assert_eq!(room.count(STOP), 0);
    drop(stream);
    aws.tidy().await;
    aws.tidy().await;
    assert_eq!((room.count(START), room.count(STOP)), (1, 1));
    assert_eq!(room.bodies(STOP)[0]["queryId"], room.bodies(LOOK)[0]["queryId"]);
    let looks = room.count(LOOK);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(room.count(LOOK), looks, "nobody looks at it any more");
}

#[tokio::test]
async fn a_query_that_is_left_while_it_starts_is_stopped_too() {
    let room = room("insights-left-early");
    room.fault(json!({ "operation": START, "kind": "delay", "seconds": 1, "times": 1 }));
    let aws = room.aws();
    let mut stream = aws.read(&good(), query("fields @message"));
    until(&mut stream, |told| !told.groups.is_empty()).await;
    while room.count(START) == 0 {
        assert!(stream.next().now_or_never().is_none(), "nothing to tell yet");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(stream);
    aws.tidy().await;
    assert_eq!((room.count(START), room.count(STOP), room.count(LOOK)), (1, 1, 0));
}

#[tokio::test]
async fn a_look_that_fails_is_told_and_done_again() {
    hurry(10);
    let room = room("insights-looks");
    // The SDK asks three times by itself.
    room.fault(json!({ "operation": LOOK, "kind": "error500", "times": 4 }));
    let told = all_of(room.aws().read(&good(), query("fields @message"))).await;
    assert_eq!((told.trouble.len(), told.faults.len(), told.rows.rows.len()), (1, 0, 100));
    assert_eq!(room.count(START), 1);
}

#[tokio::test]
async fn a_query_that_cannot_be_read_names_its_place() {
    let room = room("insights-malformed");
    let aws = room.aws();
    let told = all_of(aws.read(&good(), query("fields @message | patern @message"))).await;
    let (fault, at) = told.malformed.expect("it is told");
    assert_eq!((fault.kind, at), (FaultKind::Invalid, Some((18, 24))));
    assert!(fault.message.contains("unexpected symbol found patern"), "{}", fault.message);
    aws.tidy().await;
    assert_eq!((room.count(START), room.count(LOOK), room.count(STOP)), (1, 0, 0));
}

#[tokio::test]
async fn a_denied_query_names_its_permission() {
    for operation in [START, LOOK] {
        let room = room(&format!("insights-denied-{}", operation.split_once(':').unwrap().1));
        room.fault(json!({ "operation": operation, "kind": "deny" }));
        let aws = room.aws();
        let told = all_of(aws.read(&good(), query("fields @message"))).await;
        let [Fault { kind: FaultKind::Denied { action, .. }, .. }] = &told.faults[..] else {
            panic!("{operation}: {:?}", told.faults)
        };
        assert_eq!(*action, *operation);
        aws.tidy().await;
        assert_eq!(room.count(STOP), u64::from(operation == LOOK), "what runs and cannot be looked at is stopped");
    }
}

#[tokio::test]
async fn more_groups_than_a_query_may_search_are_refused_before_sending() {
    let room = Room::new("insights-many");
    let groups = |n: usize| (0..n).map(|n| LogSource::Group(format!("/ecs/{n:02}").into())).collect::<Vec<_>>();
    let aws = room.aws();
    for (sources, said) in [(groups(60), "50 groups at most"), (vec![], "no group to search")] {
        let told = all_of(aws.read(&good(), Query::Insights(query_over(sources, "fields @message")))).await;
        assert_eq!(told.faults.len(), 1);
        assert!(told.faults[0].message.contains(said), "{:?}", told.faults);
    }
    assert_eq!(room.count(START), 0);
    let told = all_of(aws.read(&good(), Query::Insights(query_over(groups(50), "fields @message")))).await;
    assert_eq!(told.faults[0].kind, FaultKind::NotFound, "fifty are sent, though here there are none");
    assert_eq!(room.bodies(START)[0]["logGroupNames"].as_array().map(Vec::len), Some(50));
}

#[tokio::test]
async fn a_query_is_no_change_and_runs_where_nothing_may_be_changed() {
    let room = room("insights-read-only");
    let mut env = good();
    env.read_only = true;
    let pieces = ask(&room.aws(), &env, query("fields @message")).await;
    assert!(pieces.iter().all(Result::is_ok));
}

/// The console on a service whose query does not end by itself, with the query running.
fn running(name: &str) -> (Room, Pty) {
    let room = Room::with(name, &[("main", 1)]);
    room.write_lines(GROUP, "app/app/1", &[(2_000, "one line".into()), (1_000, "another line".into())]);
    room.looks(1_000_000);
    room.write("config", &format!("[profile shop-dev]\nregion = us-east-1\nendpoint_url = {}\n", room.url()));
    room.write("credentials", "[shop-dev]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    let file = |name: &str| room.home.join(name).to_string_lossy().into_owned();
    let (config, credentials) = (file("config"), file("credentials"));
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    let mut pty = Pty::start_with(&["shop-dev"], &variables, (120, 40));
    pty.wait("main-svc-0000");
    pty.send("i");
    pty.wait("not run yet");
    pty.send("\r");
    pty.wait("running");
    assert_eq!((room.count(START), room.count(STOP)), (1, 0));
    (room, pty)
}

#[test]
fn escape_stops_the_query_that_runs() {
    let (room, mut pty) = running("insights-escape");
    pty.send("\x1b");
    pty.wait("cancelled");
    pty.until(|_| room.count(STOP) == 1, "the request");
    pty.send("\x1b");
    pty.wait("1 Environments");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    assert_eq!((room.count(START), room.count(STOP)), (1, 1));
}

#[test]
fn leaving_stops_the_query_that_runs() {
    let (room, mut pty) = running("insights-quit");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
    assert_eq!((room.count(START), room.count(STOP)), (1, 1));
    let (room, mut pty) = running("insights-term");
    pty.signal(Signal::TERM);
    assert_eq!(pty.exit(), 143);
    assert_eq!((room.count(START), room.count(STOP)), (1, 1));
}
