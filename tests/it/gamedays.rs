//! Game days: each incident comes to its symptoms, is not mended by what does not mend it, and is mended by
//! what does; then the debrief tells how it went.

use midwatch::app::msg::Msg;
use midwatch::app::views::dispatch::looked_at;
use midwatch::domain::alarm::{Alarm, AlarmState};
use midwatch::domain::debrief::Debrief;
use midwatch::domain::log::{LogPiece, LogSource};
use midwatch::domain::metric::{Metric, Range, Window};
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::resource::cast;
use midwatch::domain::service::Service;
use midwatch::kinds::alarms::ALARMS;
use midwatch::kinds::services::SERVICES;
use midwatch::port::Cloud;

use crate::drive::Console;

const BACKFILL: &str = "harbour-backfill-production";

fn play(day: &str) -> Console {
    Console::staging((120, 40), day)
}

/// Lets so many seconds pass, looking now and then, and hears of the day.
fn leap(console: &mut Console, seconds: u64) {
    for _ in 0..seconds.div_ceil(15) {
        console.demo.advance(std::time::Duration::from_secs(15));
        console.read();
    }
    hear(console);
}

/// Hears of the day as it goes now, and lets it know what is looked at.
fn hear(console: &mut Console) {
    let told = console.demo.debrief(&console.state.environments[0], &looked_at(&console.state));
    console.tell(Msg::Debrief(told));
}

fn debrief(console: &Console) -> &Debrief {
    console.state.debrief.as_ref().expect("the day has begun")
}

/// Goes to a resource of a pane.
fn at<'a>(console: &'a mut Console, pane: &str, name: &str) -> &'a mut Console {
    console.keys("esc esc").keys(pane).select(name)
}

/// What was just sent did not mend it: it is as bad as before, or nearly so.
#[track_caller]
fn mends_not(console: &mut Console, calls: usize) {
    assert_eq!(console.calls.len(), calls, "it was not sent:\n{}", console.screen());
    leap(console, 75);
    let debrief = debrief(console);
    let last = debrief.tried.last().unwrap();
    assert_eq!(debrief.mended, None, "{last:?}");
    assert!(last.after.unwrap() >= 30, "{last:?}");
}

/// What was just sent mends it, within so many seconds.
#[track_caller]
fn mends(console: &mut Console, seconds: u64, calls: usize) {
    assert_eq!(console.calls.len(), calls, "it was not sent:\n{}", console.screen());
    console.keys("esc esc");
    leap(console, seconds);
    let debrief = debrief(console);
    assert!(debrief.mended.is_some(), "{debrief:#?}");
    console.shows("Debrief: ");
    console.shows("What was tried");
}

/// The value of a metric about a minute ago.
fn metric(console: &Console, namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
    let metric = Metric::new(namespace, name, "Average", dimensions);
    let env = console.state.environments[0].clone();
    let told = console.asked_of_the_demo(&env, Query::Metrics(vec![metric], Window::newest(Range::M15)));
    let Some(Ok(Answer::Metrics(readings))) = told.into_iter().next() else { panic!("no metrics") };
    let series = readings[0].series.as_ref().unwrap().clone();
    let newest = series.points.last().filter(|(at, _)| console.now().as_second() - at.as_second() < 150);
    newest.map(|(_, value)| *value)
}

/// Targets that fail their health checks.
fn unhealthy(console: &Console, service: &str) -> Option<f64> {
    let group = format!("targetgroup/harbour-{service}/6d0ecf831eec9f09");
    let dimensions = [("LoadBalancer", "app/harbour-public/50dc6c495c0c9188"), ("TargetGroup", &*group)];
    metric(console, "AWS/ApplicationELB", "UnHealthyHostCount", &dimensions)
}

fn lines(console: &Console, group: &str) -> String {
    let env = console.state.environments[0].clone();
    let moment = console.now().as_millisecond();
    let told = console.asked_of_the_demo(&env, Query::History(vec![LogSource::Group(group.into())], moment));
    let pieces = told.into_iter().filter_map(|answer| match answer {
        Ok(Answer::Logs(LogPiece::Events(events))) => Some(events),
        _ => None,
    });
    pieces.flatten().map(|event| format!("{}\n", event.line.as_raw())).collect()
}

fn rings(console: &Console, name: &str) -> bool {
    let listing = console.state.store().unwrap().listing(ALARMS);
    let row = listing.rows().find(|row| row.object.name() == name).expect("an alarm of this name");
    cast::<Alarm>(&*row.object).unwrap().state == AlarmState::Alarm
}

fn findings(console: &Console) -> String {
    let store = console.state.store().unwrap();
    let told =
        store.triage.all().map(|(finding, _)| format!("{} {}: {}\n", finding.rule, finding.name, finding.found.what));
    told.collect()
}

#[test]
fn a_bad_deployment_is_mended_by_going_back_and_by_the_image_that_was_mended() {
    let mut console = play("bad-deploy");
    leap(&mut console, 60);
    assert!(findings(&console).starts_with("bad-deploy harbour-booking-api-production"), "{}", findings(&console));
    let api = "harbour-booking-api-production";
    at(&mut console, "2", api).keys("d y");
    mends_not(&mut console, 1);
    assert!(rings(&console, "harbour-booking-api-production-5xx"));
    at(&mut console, "2", api).keys("K enter y");
    mends_not(&mut console, 2);
    at(&mut console, "2", api).keys("b enter y");
    mends(&mut console, 150, 3);
    console.shows("Revision 42 of booking-api was deployed");
    let mut console = play("bad-deploy");
    leap(&mut console, 60);
    at(&mut console, "2", api).keys("D ctrl-u").type_in("42.1").keys("enter y");
    mends(&mut console, 150, 2);
}

#[test]
fn a_stampede_ends_when_fewer_ask_and_by_nothing_else() {
    let mut console = play("cache-stampede");
    leap(&mut console, 150);
    let cache = [("CacheClusterId", "harbour-web-production-001")];
    let database = [("DBInstanceIdentifier", "harbour-booking-production-1")];
    assert!(metric(&console, "AWS/ElastiCache", "CacheHitRate", &cache).unwrap() < 5.0);
    assert!(metric(&console, "AWS/RDS", "DatabaseConnections", &database).unwrap() > 490.0);
    assert!(metric(&console, "AWS/RDS", "CPUUtilization", &database).unwrap() > 95.0);
    assert!(rings(&console, "harbour-web-production-5xx"));
    assert_eq!(unhealthy(&console, "web"), Some(0.0), "they wait, and are well");
    assert!(lines(&console, "/ecs/harbour-web-production").contains("remaining connection slots"));
    let logs = lines(&console, "/aws/rds/cluster/harbour-booking-production/postgresql");
    assert!(logs.contains("remaining connection slots"), "{logs}");
    at(&mut console, "2", "harbour-web-production").keys("s up enter y");
    mends_not(&mut console, 1);
    at(&mut console, "3", "harbour-booking-production-1")
        .keys("B")
        .type_in("harbour-booking-production-1")
        .keys("enter");
    mends_not(&mut console, 2);
    at(&mut console, "4", "harbour-web-production")
        .keys("F enter enter")
        .type_in("harbour-web-production")
        .keys("enter");
    mends_not(&mut console, 3);
    at(&mut console, "2", "harbour-web-production").keys("s ctrl-u 2 enter y");
    mends(&mut console, 150, 4);
    assert!(metric(&console, "AWS/ElastiCache", "CacheHitRate", &cache).unwrap() > 40.0);
}

#[test]
fn storage_is_given_back_when_the_job_that_takes_it_ends() {
    let mut console = play("db-storage");
    leap(&mut console, 120);
    let database = [("DBInstanceIdentifier", "harbour-payments-production")];
    let before = metric(&console, "AWS/RDS", "FreeStorageSpace", &database).unwrap();
    let log = "/aws/rds/instance/harbour-payments-production/postgresql";
    let logs = lines(&console, log);
    assert!(logs.contains("backfill@harbour") && logs.contains("pgsql_tmp"), "{logs}");
    at(&mut console, "3", "harbour-payments-production")
        .keys("B enter")
        .type_in("harbour-payments-production")
        .keys("enter");
    assert_eq!(console.calls.len(), 1, "{}", console.screen());
    leap(&mut console, 240);
    assert_eq!(debrief(&console).mended, None);
    assert!(metric(&console, "AWS/RDS", "FreeStorageSpace", &database).unwrap() < before / 8.0);
    console.keys("esc esc 3");
    console.shows("storage-full");
    assert!(findings(&console).contains("storage-full harbour-payments-production"), "{}", findings(&console));
    assert!(lines(&console, log).contains("No space left on device"));
    leap(&mut console, 120);
    assert!(rings(&console, "harbour-payments-production-storage"));
    at(&mut console, "2", BACKFILL).keys("K enter y");
    mends_not(&mut console, 2);
    at(&mut console, "2", BACKFILL).keys("s ctrl-u 0 enter").type_in(BACKFILL).keys("enter");
    mends(&mut console, 150, 3);
    console.keys("esc 3");
    console.shows_not("storage-full");
    // Who acts before it is full has no error at all.
    let mut console = play("db-storage");
    leap(&mut console, 60);
    at(&mut console, "2", BACKFILL).keys("s ctrl-u 0 enter").type_in(BACKFILL).keys("enter");
    mends(&mut console, 60, 1);
    assert_eq!(debrief(&console).tried[0].before, 0);
}

#[test]
fn a_lost_zone_is_left_by_a_failover() {
    let mut console = play("az-loss");
    leap(&mut console, 60);
    let told = findings(&console);
    assert!(told.contains("harbour-booking-api-production"), "{told}");
    leap(&mut console, 90);
    let services = console.state.store().unwrap().listing(SERVICES);
    assert!(services.rows().all(|row| cast::<Service>(&*row.object).unwrap().pending == 0));
    let writer = [("DBInstanceIdentifier", "harbour-booking-production-1")];
    let reader = [("DBInstanceIdentifier", "harbour-booking-production-2")];
    assert_eq!(metric(&console, "AWS/RDS", "CPUUtilization", &writer), None, "nobody reaches it");
    assert!(metric(&console, "AWS/RDS", "CPUUtilization", &reader).is_some());
    assert!(lines(&console, "/ecs/harbour-booking-api-production").contains("ETIMEDOUT"));
    at(&mut console, "3", "harbour-booking-production-1")
        .keys("B")
        .type_in("harbour-booking-production-1")
        .keys("enter");
    mends_not(&mut console, 1);
    at(&mut console, "2", "harbour-booking-api-production").keys("d y");
    mends_not(&mut console, 2);
    at(&mut console, "3", "harbour-booking-production")
        .keys("O enter")
        .type_in("harbour-booking-production")
        .keys("enter");
    mends(&mut console, 120, 3);
    assert_eq!(debrief(&console).acted.as_ref().unwrap().1, "harbour-booking-production-1 rebooted");
}

#[test]
fn a_rotated_secret_reaches_tasks_that_start_anew() {
    let mut console = play("secret-rotation");
    leap(&mut console, 150);
    assert_eq!(unhealthy(&console, "booking-api"), Some(0.0), "their health checks pass");
    assert!(rings(&console, "harbour-booking-api-production-5xx"));
    assert!(lines(&console, "/ecs/harbour-booking-api-production").contains("password authentication failed"));
    at(&mut console, "3", "harbour-booking-production-1")
        .keys("B")
        .type_in("harbour-booking-production-1")
        .keys("enter");
    mends_not(&mut console, 1);
    at(&mut console, "2", "harbour-booking-api-production").keys("s up enter y");
    mends_not(&mut console, 2);
    let [_, more] = &debrief(&console).tried[..] else { panic!() };
    assert!(more.after < Some(more.before), "fewer requests fail: {more:?}");
    at(&mut console, "2", "harbour-booking-api-production").keys("d y");
    mends(&mut console, 150, 3);
}

#[test]
fn the_debrief_counts_from_the_beginning_and_is_the_demos_alone() {
    let mut console = play("az-loss");
    console.keys(":").type_in("debrief").keys("enter");
    console.shows("no incident is practised, or it has not begun");
    leap(&mut console, 45);
    assert_eq!(debrief(&console).seen, None);
    at(&mut console, "3", "harbour-booking-production");
    hear(&mut console);
    assert_eq!(debrief(&console).seen, None, "a cursor rests somewhere from the start");
    console.keys("enter");
    hear(&mut console);
    console.keys("esc");
    leap(&mut console, 15);
    console.keys(":").type_in("debrief").keys("enter");
    console.shows("not mended yet");
    let seen = debrief(&console).seen.clone().unwrap();
    assert_eq!((debrief(&console).acted.clone(), &*seen.1), (None, "harbour-booking-production"));
    let after = seen.0.as_second() - debrief(&console).began.as_second();
    assert!((25..=60).contains(&after), "{after}");
    // Other scenarios have none, and other clouds do not know the word.
    let mut console = Console::start((120, 40), "calm");
    leap(&mut console, 30);
    assert_eq!(console.state.debrief, None);
    console.state.settings.demo = false;
    console.keys(":").type_in("debrief");
    console.shows("nothing of that name");
}

#[test]
fn what_it_is_about_is_seen_where_it_is_told_of() {
    let seen = |keys: &str| {
        let mut console = play("bad-deploy");
        leap(&mut console, 60);
        assert_eq!(debrief(&console).seen, None, "the headline alone is nobody's look");
        at(&mut console, "2", "harbour-booking-api-production").keys(keys);
        hear(&mut console);
        debrief(&console).seen.as_ref().map(|(_, what)| what.to_string())
    };
    for keys in ["w", "l", "=", "d", "enter"] {
        assert_eq!(seen(keys).as_deref(), Some("harbour-booking-api-production"), "{keys}");
    }
    for keys in ["?", "J"] {
        assert_eq!(seen(keys), None, "{keys}");
    }
}
