//! All alarms, those that ring, and one with its history.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_cloudwatch::types::{AlarmType, ScanBy, StateValue};

use super::shape;
use super::{client, client_of};
use crate::aws::cloudfront::home;
use crate::aws::events::newest_first;
use crate::aws::paging::{ALL as ALL_PAGES, items};
use crate::aws::prelude::*;
use crate::aws::shape::date;
use crate::aws::tags::{KnownTags, Tags, admits};
use crate::domain::alarm::{Alarm, AlarmDetail, AlarmEntry, List};
use crate::domain::ops::cloudwatch::{DESCRIBE_ALARM_HISTORY, DESCRIBE_ALARMS, LIST_TAGS_FOR_RESOURCE};
use crate::kinds::alarms::related_resource::belongs;
use crate::kinds::alarms::timeline;

/// The most of a page, and the most names of a request (API model).
const PAGE: i32 = 100;
/// Pages of the history of all alarms that are read at most at once.
const PAGES: usize = 10;
/// Entries of a history that are read.
const ENTRIES: i32 = 50;

/// What is asked of DescribeAlarms.
#[derive(Clone, Copy, Default)]
struct ReadKey<'a> {
    /// In CloudFront's home Region.
    at_home: bool,
    types: &'a [AlarmType],
    /// Only those that ring.
    ringing: bool,
    names: &'a [String],
}

impl<'a> ReadKey<'a> {
    /// One of the lists.
    fn list(list: List) -> Self {
        let (types, at_home): (&[AlarmType], bool) = match list {
            List::Metric => (&[AlarmType::MetricAlarm], false),
            List::Composite => (&[AlarmType::CompositeAlarm], false),
            List::Log => (&[AlarmType::LogAlarm], false),
            List::Global => (&[AlarmType::MetricAlarm], true),
        };
        ReadKey { types, at_home, ..ReadKey::default() }
    }
}

/// Of all types: without them AWS tells metric alarms alone.
const ALL: &[AlarmType] = &[AlarmType::MetricAlarm, AlarmType::CompositeAlarm, AlarmType::LogAlarm];

/// Whether CloudFront's alarms are in another Region than the environment.
fn has_global(session: &Session) -> bool {
    home(&session.region) != session.region
}

fn lists(session: &Session) -> Vec<List> {
    let mut lists = vec![List::Metric, List::Composite, List::Log];
    lists.extend(has_global(session).then_some(List::Global));
    lists
}

fn alarms_of(told: &DescribeAlarmsOutput, at_home: bool) -> impl Iterator<Item = Alarm> {
    let metric = told.metric_alarms().iter().map(shape::metric);
    let all = metric
        .chain(told.composite_alarms().iter().map(shape::composite))
        .chain(told.log_alarms().iter().map(shape::log));
    // What else is watched there belongs to another Region's environment.
    let of_cloudfront = |alarm: &Alarm| alarm.watched.metrics().iter().any(|metric| metric.is_global());
    all.filter(move |alarm| !at_home || of_cloudfront(alarm)).map(move |alarm| match at_home {
        true => Alarm { part: List::Global.part().into(), ..alarm },
        false => alarm,
    })
}

/// Every page of what is asked.
async fn read(session: &Session, asked: ReadKey<'_>, urgency: Urgency) -> Result<Vec<Alarm>, Fault> {
    let client = &client_of(session, asked.at_home);
    items(ALL_PAGES, |token| async move {
        let request = client.describe_alarms().set_alarm_types(Some(asked.types.to_vec())).max_records(PAGE);
        let request = request.set_state_value(asked.ringing.then_some(StateValue::Alarm)).set_next_token(token);
        let request = request.set_alarm_names((!asked.names.is_empty()).then(|| asked.names.to_vec()));
        let page = session.ask(DESCRIBE_ALARMS, urgency, request.send()).await?;
        Ok((alarms_of(&page, asked.at_home).collect(), page.next_token))
    })
    .await
}

/// Those of the scope. Tags are the alarm's own, so an alarm that autoscaling made, which has none,
/// belongs to no scope of tags.
async fn admitted(session: &Session, scope: &Scope, found: Vec<Alarm>, at_home: bool) -> Result<Vec<Alarm>, Fault> {
    let mut admitted = Vec::new();
    for alarm in found.into_iter().filter(|alarm| belongs(scope, alarm)) {
        if scope.tags.is_empty() {
            admitted.push(alarm);
            continue;
        }
        let tags = tags(session, &alarm, at_home).await?;
        if tags.is_some_and(|tags| admits(scope, &tags)) {
            admitted.push(alarm);
        }
    }
    Ok(admitted)
}

/// None of an alarm that was deleted since the list.
async fn tags(session: &Session, alarm: &Alarm, at_home: bool) -> Result<Option<Tags>, Fault> {
    let known = session.state::<KnownTags>();
    if let Some((tags, true)) = known.get(&alarm.id) {
        return Ok(Some(tags));
    }
    let client = client_of(session, at_home);
    let request = client.list_tags_for_resource().resource_arn(alarm.id.0.as_str()).send();
    let told = session.find(LIST_TAGS_FOR_RESOURCE, Urgency::Sweep, request).await?;
    Ok(told.map(|told| known.put(&alarm.id, told.tags().iter().map(|tag| (tag.key(), tag.value())))))
}

/// Every alarm of the scope.
pub async fn all(cx: &ReadContext) -> Result<(), Fault> {
    let session = &cx.session;
    let lists = lists(session);
    cx.emit_listing(ListingPiece::Parts(lists.iter().map(|list| list.part().into()).collect())).await;
    for list in lists {
        let (part, asked) = (list.part().into(), ReadKey::list(list));
        let found = match read(session, asked, Urgency::Sweep).await {
            Ok(found) => admitted(session, cx.scope(), found, asked.at_home).await,
            Err(fault) => Err(fault),
        };
        cx.emit_part(part, found).await;
    }
    Ok(())
}

/// Alarms of all types, and the lists that could not be read with them. Who may ask it of some alarms only
/// may read no composite one (API reference, DescribeAlarms), and is denied all types at once: then each is
/// asked for alone.
async fn of_all_types(session: &Session, asked: ReadKey<'_>) -> Result<(Vec<Alarm>, Vec<(List, Fault)>), Fault> {
    let of = |list| ReadKey { types: ReadKey::list(list).types, ..asked };
    // Those of CloudFront are of its metrics.
    if asked.at_home {
        return Ok((read(session, of(List::Global), Urgency::Now).await?, vec![]));
    }
    match read(session, ReadKey { types: ALL, ..asked }, Urgency::Now).await {
        Err(fault) if matches!(fault.kind, FaultKind::Denied { .. }) => {}
        told => return Ok((told?, vec![])),
    }
    let mut found = read(session, of(List::Metric), Urgency::Now).await?;
    let mut unread = Vec::new();
    for list in [List::Composite, List::Log] {
        match read(session, of(list), Urgency::Now).await {
            Ok(more) => found.extend(more),
            Err(fault) => unread.push((list, fault)),
        }
    }
    Ok((found, unread))
}

/// What rings in a Region and is of the scope. A list that could not be read is told as such: nothing is
/// known of what rings there.
async fn ringing(cx: &ReadContext, at_home: bool) -> Result<Vec<Alarm>, Fault> {
    let (found, unread) = of_all_types(&cx.session, ReadKey { at_home, ringing: true, ..ReadKey::default() }).await?;
    for (list, fault) in unread {
        cx.emit_listing(ListingPiece::PartFailed { part: list.part().into(), fault }).await;
    }
    admitted(&cx.session, cx.scope(), found, at_home).await
}

/// What rings now, and what has become of those that did: at the calmest a request a Region.
pub async fn wrong(cx: &ReadContext, ids: &[ResourceId]) -> Result<(), Fault> {
    let mut rings = BTreeSet::new();
    let regions: &[bool] = if has_global(&cx.session) { &[false, true] } else { &[false] };
    for at_home in regions {
        // Without it, what became of the others would be a guess.
        let found = ringing(cx, *at_home).await?;
        rings.extend(found.iter().map(|alarm| alarm.id.clone()));
        // That nothing rings is an answer too: an environment that was never open is known by it.
        let found = found.into_iter().map(|alarm| Arc::new(alarm) as Object).collect();
        cx.emit_listing(ListingPiece::Items(found)).await;
    }
    let over: Vec<ResourceId> = ids.iter().filter(|id| !rings.contains(id)).cloned().collect();
    if over.is_empty() { Ok(()) } else { some(cx, &over).await }
}

/// These alarms again, by their names.
pub async fn some(cx: &ReadContext, ids: &[ResourceId]) -> Result<(), Fault> {
    let session = &cx.session;
    for at_home in [false, true] {
        let of_region = |id: &&ResourceId| is_at_home(session, id) == at_home;
        let wanted: Vec<&ResourceId> = ids.iter().filter(of_region).collect();
        for ids in wanted.chunks(PAGE as usize) {
            let names: Vec<String> = ids.iter().map(|id| name(id).to_string()).collect();
            match of_all_types(session, ReadKey { at_home, names: &names, ..ReadKey::default() }).await {
                Err(fault) => cx.fail(fault).await,
                Ok((found, unread)) => {
                    let found: Vec<Alarm> = found.into_iter().filter(|alarm| ids.contains(&&alarm.id)).collect();
                    let is_gone = |id: &&&ResourceId| !found.iter().any(|alarm| alarm.id == ***id);
                    let gone: Vec<ResourceId> = ids.iter().filter(is_gone).map(|id| (*id).clone()).collect();
                    cx.emit_items(found).await;
                    match unread.into_iter().next() {
                        _ if gone.is_empty() => {}
                        // It may be of a type that could not be read.
                        Some((_, fault)) => cx.fail(fault).await,
                        None => cx.emit_gone(gone).await,
                    }
                }
            }
        }
    }
    Ok(())
}

/// An alarm's name, which may hold colons: `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`.
fn name(id: &ResourceId) -> &str {
    id.0.splitn(7, ':').nth(6).unwrap_or_default()
}

/// Whether an alarm is in CloudFront's home Region and the environment is not.
fn is_at_home(session: &Session, id: &ResourceId) -> bool {
    has_global(session) && id.0.split(':').nth(3) == Some(home(&session.region))
}

/// One alarm and what happened to it.
pub async fn detail(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let (at_home, names) = (is_at_home(session, id), [name(id).to_string()]);
    let asked = ReadKey { at_home, types: ALL, names: &names, ringing: false };
    let found = read(session, asked, Urgency::Now).await?;
    let Some(alarm) = found.into_iter().find(|alarm| alarm.id == *id) else { return Ok(None) };
    let history = history(session, &alarm, at_home).await;
    Ok(Some(Arc::new(AlarmDetail { alarm, history })))
}

/// The newest entries. Without the types AWS tells the history of metric alarms alone.
async fn history(session: &Session, alarm: &Alarm, at_home: bool) -> Result<Vec<AlarmEntry>, Fault> {
    let client = client_of(session, at_home);
    let request = client.describe_alarm_history().alarm_name(alarm.name.as_str());
    let request = request.set_alarm_types(Some(ALL.to_vec())).scan_by(ScanBy::TimestampDescending);
    let request = request.max_records(ENTRIES).send();
    let told = session.ask(DESCRIBE_ALARM_HISTORY, Urgency::Now, request).await?;
    Ok(told.alarm_history_items().iter().map(shape::entry).collect())
}

/// What became of all alarms of the account and Region in a stretch of time, as far back as the pages reach, in
/// one paged question: one an alarm would be hundreds.
pub async fn history_of_all(cx: &ReadContext, asked: TimeRange) -> Result<Events, Fault> {
    let session = &cx.session;
    let told = pages(PAGES, |token| async move {
        let request = client(session).describe_alarm_history().set_alarm_types(Some(ALL.to_vec()));
        let request = request.start_date(date(asked.from)).set_end_date(asked.to.map(date));
        let request = request.scan_by(ScanBy::TimestampDescending).max_records(PAGE).set_next_token(token);
        let page = session.ask(DESCRIBE_ALARM_HISTORY, Urgency::Now, request.send()).await?;
        let told = page.alarm_history_items().iter().map(|item| {
            let entry = shape::entry(item);
            (entry.at, timeline::entry(&text(item.alarm_name()), &entry))
        });
        Ok((told.collect(), page.next_token))
    });
    newest_first(asked, told.await)
}
