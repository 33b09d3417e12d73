//! Points of metrics, by GetMetricData: many metrics in one request, each with its own outcome.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;
use futures_util::future::join;

use super::client_of;
use crate::aws::prelude::*;
use crate::domain::metric::{Metric, Reading, Series, Window};
use crate::domain::ops::cloudwatch::GET_METRIC_DATA;

/// Queries of a request at most (API reference, GetMetricData).
const BATCH: usize = 500;

/// Pages of a request at most: 500 metrics of 180 points are one, and no end is none.
const PAGES: usize = 20;

/// What each metric is known by in a request. Ids begin with a lower-case letter.
const ID: &str = "m";

/// All metrics in a window, each batch as it comes.
pub async fn read(cx: &ReadContext, metrics: &[Metric], window: Window) -> Result<(), Fault> {
    let session = &cx.session;
    let now = now(session);
    let (global, regional): (Vec<&Metric>, Vec<&Metric>) = metrics.iter().partition(|metric| metric.is_global());
    let all = |client, metrics: Vec<&'_ Metric>| {
        let metrics: Vec<Metric> = metrics.into_iter().cloned().collect();
        async move {
            for batch in metrics.chunks(BATCH) {
                emit_readings(cx, &client, batch, window, now).await;
            }
        }
    };
    join(all(client_of(session, false), regional), all(client_of(session, true), global)).await;
    Ok(())
}

/// The time at AWS: ours may be off, and the newest points are what matters.
fn now(session: &Session) -> Timestamp {
    let ours = Timestamp::now();
    Timestamp::from_millisecond(ours.as_millisecond() + session.skew()).unwrap_or(ours)
}

async fn emit_readings(
    cx: &ReadContext,
    client: &aws_sdk_cloudwatch::Client,
    metrics: &[Metric],
    window: Window,
    now: Timestamp,
) {
    match readings(&cx.session, client, metrics, window, now).await {
        Ok(readings) => cx.emit(Answer::Metrics(readings)).await,
        Err(fault) => {
            // The others may be read well, so each of these has the fault.
            let failed = |metric: &Metric| Reading { metric: metric.clone(), window, series: Err(fault.clone()) };
            cx.emit(Answer::Metrics(metrics.iter().map(failed).collect())).await;
            if fault.kind == FaultKind::Expired {
                cx.fail(fault).await;
            }
        }
    }
}

/// What was told of one metric on all pages.
#[derive(Debug, Default)]
struct MetricResult {
    points: BTreeMap<i64, f64>,
    status: Option<sdk::StatusCode>,
    messages: Vec<String>,
}

async fn readings(
    session: &Session,
    client: &aws_sdk_cloudwatch::Client,
    metrics: &[Metric],
    window: Window,
    now: Timestamp,
) -> Result<Vec<Reading>, Fault> {
    let period = window.range.period();
    let queries: Vec<sdk::MetricDataQuery> =
        metrics.iter().enumerate().map(|(i, metric)| query(i, metric, period)).collect();
    let (from, to) = window.bounds(now);
    let queries = &queries;
    let read = pages(PAGES, |token| async move {
        let request = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(DateTime::from_secs(from))
            .end_time(DateTime::from_secs(to))
            .scan_by(sdk::ScanBy::TimestampAscending)
            .set_next_token(token)
            .send();
        let mut page = session.ask(GET_METRIC_DATA, Urgency::Now, request).await?;
        let next = page.next_token.take();
        Ok((vec![page], next))
    });
    let read = read.await;
    let is_cut = match read.end {
        End::Failed(fault) => return Err(fault),
        end => end == End::Cut,
    };
    let mut told: Vec<MetricResult> = metrics.iter().map(|_| MetricResult::default()).collect();
    let mut general: Vec<String> = Vec::new();
    for page in &read.items {
        general.extend(page.messages().iter().map(words));
        for result in page.metric_data_results() {
            let place = result.id().and_then(|id| id.strip_prefix(ID)?.parse::<usize>().ok());
            let Some(told) = place.and_then(|place| told.get_mut(place)) else { continue };
            let points = result.timestamps().iter().zip(result.values());
            // What is no number cannot be drawn.
            let points = points.filter(|(_, value)| value.is_finite());
            told.points.extend(points.map(|(at, value)| (at.secs(), *value)));
            told.status = result.status_code().cloned();
            told.messages.extend(result.messages().iter().map(words));
        }
    }
    let readings = metrics.iter().zip(told).flat_map(|(metric, told)| {
        let fault = fault(&told, is_cut, &general);
        let points =
            told.points.iter().filter_map(|(at, value)| Some((moment(Some(&DateTime::from_secs(*at)))?, *value)));
        let series = Series { points: points.collect(), period };
        let reading = |series| Reading { metric: metric.clone(), window, series };
        // A part of the points is better than none, and the fault behind it says that it is a part.
        let is_worth_telling = fault.is_none() || !series.points.is_empty();
        let told = is_worth_telling.then(|| reading(Ok(series)));
        told.into_iter().chain(fault.map(|fault| reading(Err(fault)))).collect::<Vec<_>>()
    });
    Ok(readings.collect())
}

/// One query. It names no unit: with another than the metric's own nothing would be told.
fn query(place: usize, metric: &Metric, period: u32) -> sdk::MetricDataQuery {
    let dimension =
        |(name, value): &(Text, Text)| sdk::Dimension::builder().name(name.as_str()).value(value.as_str()).build();
    let named = sdk::Metric::builder()
        .namespace(metric.namespace.as_str())
        .metric_name(metric.name.as_str())
        .set_dimensions(Some(metric.dimensions.iter().map(dimension).collect()))
        .build();
    let stat = sdk::MetricStat::builder()
        .metric(named)
        .period(i32::try_from(period).unwrap_or(60))
        .stat(metric.stat.as_str())
        .build();
    sdk::MetricDataQuery::builder().id(format!("{ID}{place}")).metric_stat(stat).return_data(true).build()
}

/// Why what was told of a metric is not all of it.
fn fault(told: &MetricResult, is_cut: bool, general: &[String]) -> Option<Fault> {
    let said = told.messages.iter().chain(general).map(String::as_str).collect::<Vec<_>>().join("; ");
    let because = |what: &str| if said.is_empty() { what.to_string() } else { format!("{what}: {said}") };
    let message = match &told.status {
        Some(sdk::StatusCode::InternalError) => because("CloudWatch failed over this metric"),
        Some(sdk::StatusCode::Forbidden) => because("this metric may not be read"),
        Some(sdk::StatusCode::PartialData) => because("only a part of the points was told"),
        _ if is_cut => because("only a part of the points was asked for"),
        None => because("nothing was told of this metric"),
        Some(_) => return None,
    };
    Some(Fault::new(FaultKind::Other, GET_METRIC_DATA.to_string(), message))
}

fn words(message: &sdk::MessageData) -> String {
    match (message.code(), message.value()) {
        (Some(code), Some(value)) => format!("{code}: {value}"),
        (code, value) => code.or(value).unwrap_or_default().to_string(),
    }
}
