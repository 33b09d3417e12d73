//! CloudWatch's answers as the domain's types.

use aws_sdk_cloudwatch::types as sdk;

use crate::aws::prelude::*;
use crate::domain::alarm::{Alarm, AlarmEntry, AlarmState, Condition, List, Watched};

fn state(told: Option<&sdk::StateValue>) -> AlarmState {
    AlarmState::parse(told.map_or("", |state| state.as_str()))
}

fn texts(told: &[String]) -> Vec<Text> {
    told.iter().map(Text::from).collect()
}

/// What the three types have alike, each with methods of its own.
macro_rules! alarm {
    ($told:ident, $list:expr, $watched:expr) => {
        Alarm {
            id: ResourceId(text($told.alarm_arn())),
            name: text($told.alarm_name()),
            part: $list.part().into(),
            state: state($told.state_value()),
            since: moment($told.state_transitioned_timestamp().or($told.state_updated_timestamp())),
            reason: text($told.state_reason()),
            description: text($told.alarm_description()),
            watched: $watched,
            evaluation: Text::default(),
            actions_enabled: $told.actions_enabled().unwrap_or(true),
            actions: texts($told.alarm_actions()),
            suppressor: Text::default(),
            suppressed: Text::default(),
        }
    };
}

pub fn metric(told: &sdk::MetricAlarm) -> Alarm {
    let evaluation = text(told.evaluation_state().map(|state| state.as_str()));
    Alarm { evaluation, ..alarm!(told, List::Metric, watched(told)) }
}

pub fn composite(told: &sdk::CompositeAlarm) -> Alarm {
    let suppressor = told.actions_suppressor().unwrap_or_default();
    Alarm {
        // By name or by ARN (API model).
        suppressor: suppressor.split_once(":alarm:").map_or(suppressor, |(_, name)| name).into(),
        suppressed: text(told.actions_suppressed_by().map(|by| by.as_str())),
        ..alarm!(told, List::Composite, Watched::Rule(text(told.alarm_rule())))
    }
}

pub fn log(told: &sdk::LogAlarm) -> Alarm {
    let query = told.scheduled_query_configuration();
    let all = told.query_results_to_evaluate().map_or(0, count);
    let condition = Condition {
        comparison: text(told.comparison_operator().map(|operator| operator.as_str())),
        threshold: told.threshold(),
        period: 0,
        datapoints: (told.query_results_to_alarm().map_or(all, count), all),
        missing: text(told.treat_missing_data()),
    };
    let evaluation = text(told.evaluation_state().map(|state| state.as_str()));
    let watched = Watched::Query(text(query.and_then(|query| query.query_string())), condition);
    Alarm { evaluation, ..alarm!(told, List::Log, watched) }
}

fn dimensions(told: &[sdk::Dimension]) -> Vec<(Text, Text)> {
    let mut dimensions: Vec<_> = told.iter().map(|d| (text(d.name()), text(d.value()))).collect();
    dimensions.sort();
    dimensions
}

/// A metric of its own, one of a list, or an expression over several.
fn watched(told: &sdk::MetricAlarm) -> Watched {
    let all = told.evaluation_periods().map_or(0, count);
    let period = |own: Option<i32>| own.or(told.period()).map_or(0, count);
    let condition = |own: Option<i32>| Condition {
        comparison: text(told.comparison_operator().map(|operator| operator.as_str())),
        threshold: told.threshold(),
        period: period(own),
        // Without the first all of them must breach (API model, MetricAlarm$DatapointsToAlarm).
        datapoints: (told.datapoints_to_alarm().map_or(all, count), all),
        missing: text(Some(told.treat_missing_data().unwrap_or("missing"))),
    };
    let queries = told.metrics();
    if queries.is_empty() {
        let stat = told.statistic().map(|stat| stat.as_str()).or(told.extended_statistic());
        let metric = Metric {
            namespace: text(told.namespace()),
            name: text(told.metric_name()),
            dimensions: dimensions(told.dimensions()),
            stat: text(stat),
        };
        return Watched::Metric(metric, condition(None));
    }
    let of_query = |query: &sdk::MetricDataQuery| {
        let stat = query.metric_stat()?;
        let metric = stat.metric()?;
        Some(Metric {
            namespace: text(metric.namespace()),
            name: text(metric.metric_name()),
            dimensions: dimensions(metric.dimensions()),
            stat: text(stat.stat()),
        })
    };
    let mut metrics: Vec<Metric> = queries.iter().filter_map(of_query).collect();
    let step = queries.iter().find_map(|query| query.metric_stat()?.period().or(query.period()));
    let expressions: Vec<&sdk::MetricDataQuery> = queries.iter().filter(|query| query.expression().is_some()).collect();
    // A band around a metric is an expression too, and no value of its own.
    let is_band =
        |query: &sdk::MetricDataQuery| told.threshold_metric_id().is_some() && query.id() == told.threshold_metric_id();
    if metrics.len() == 1 && expressions.iter().all(|query| is_band(query)) {
        return Watched::Metric(metrics.swap_remove(0), condition(step));
    }
    let returned = expressions.iter().find(|query| query.return_data() == Some(true) && !is_band(query));
    let said = returned
        .or(expressions.first())
        .map_or("", |query| query.label().filter(|label| !label.is_empty()).or(query.expression()).unwrap_or_default());
    Watched::Expression(said.into(), metrics, condition(step))
}

pub fn entry(told: &sdk::AlarmHistoryItem) -> AlarmEntry {
    AlarmEntry {
        at: moment(told.timestamp()),
        kind: text(told.history_item_type().map(|kind| kind.as_str())),
        summary: text(told.history_summary()),
    }
}
