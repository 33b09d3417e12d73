//! Application Auto Scaling: between which bounds it keeps a service, by what policies, and what it did.

use std::cmp::Reverse;

use aws_sdk_applicationautoscaling::types::{
    ScalableDimension, ScalingActivity as SdkActivity, ScalingPolicy, ServiceNamespace,
};

use crate::aws::prelude::*;
use crate::domain::ops::autoscaling::{
    DESCRIBE_SCALABLE_TARGETS, DESCRIBE_SCALING_ACTIVITIES, DESCRIBE_SCALING_POLICIES,
};
use crate::domain::scaling::{NotScaled, PAGE, ScalingActivity};
use crate::domain::service::{ScalingBounds, Service};

sdk_client!(aws_sdk_applicationautoscaling, "Application Auto Scaling", "application-autoscaling");

pub fn register(registry: &mut Registry) {
    registry.activities = Some(|cx, of| Box::pin(activities(cx, of.as_ref())));
}

/// The bounds over a service's desired count; `Ok(None)` when it has none.
pub async fn bounds(session: &Session, service: &Service) -> Result<Option<ScalingBounds>, Fault> {
    let resource = service.scaling_resource();
    let targets = client(session)
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_ids(&resource)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .send();
    let targets = session.ask(DESCRIBE_SCALABLE_TARGETS, Urgency::Now, targets).await?;
    let Some(target) = targets.scalable_targets().first() else { return Ok(None) };
    let policies = client(session)
        .describe_scaling_policies()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(&resource)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .send();
    let policies = session.ask(DESCRIBE_SCALING_POLICIES, Urgency::Now, policies).await;
    let suspended = target.suspended_state();
    Ok(Some(ScalingBounds {
        min: count(target.min_capacity()),
        max: count(target.max_capacity()),
        suspended_in: suspended.and_then(|s| s.dynamic_scaling_in_suspended()).unwrap_or(false),
        suspended_out: suspended.and_then(|s| s.dynamic_scaling_out_suspended()).unwrap_or(false),
        policies: policies.map(|told| told.scaling_policies().iter().map(|p| Text::new(words(p))).collect()),
    }))
}

/// The newest activities of one service, or of all services of the account and Region together: a page,
/// which the API tells newest first. One that was asked for and not done is told only where it is asked for.
async fn activities(cx: &ReadContext, resource: Option<&Text>) -> Result<Vec<ScalingActivity>, Fault> {
    let request = client(&cx.session)
        .describe_scaling_activities()
        .service_namespace(ServiceNamespace::Ecs)
        .set_resource_id(resource.map(ToString::to_string))
        .set_scalable_dimension(resource.map(|_| ScalableDimension::EcsServiceDesiredCount))
        .include_not_scaled_activities(true)
        .max_results(i32::from(PAGE))
        .send();
    let told = cx.session.ask(DESCRIBE_SCALING_ACTIVITIES, Urgency::Now, request).await?;
    let mut activities: Vec<_> = told.scaling_activities().iter().map(activity).collect();
    activities.sort_by_key(|activity| Reverse(activity.started));
    Ok(activities)
}

fn activity(told: &SdkActivity) -> ScalingActivity {
    let reason = |reason: &aws_sdk_applicationautoscaling::types::NotScaledReason| NotScaled {
        code: Text::new(reason.code()),
        min: reason.min_capacity().map(count),
        max: reason.max_capacity().map(count),
        current: reason.current_capacity().map(count),
    };
    ScalingActivity {
        id: Text::new(told.activity_id()),
        resource: Text::new(told.resource_id()),
        description: Text::new(told.description()),
        cause: Text::new(told.cause()),
        started: moment(Some(told.start_time())),
        ended: moment(told.end_time()),
        status: Text::new(told.status_code().as_str()),
        message: text(told.status_message()),
        not_scaled: told.not_scaled_reasons().iter().map(reason).collect(),
    }
}

/// `target tracking: CPU 70 %`, `step scaling: NAME`.
fn words(policy: &ScalingPolicy) -> String {
    let Some(tracking) = policy.target_tracking_scaling_policy_configuration() else {
        let kind = match policy.policy_type().as_str() {
            "StepScaling" => "step scaling",
            "PredictiveScaling" => "predictive scaling",
            other => other,
        };
        return format!("{kind}: {}", policy.policy_name());
    };
    let predefined = tracking.predefined_metric_specification().map(|m| m.predefined_metric_type().as_str());
    let own = tracking.customized_metric_specification().and_then(|m| m.metric_name());
    let target = tracking.target_value();
    let only_out = if tracking.disable_scale_in() == Some(true) { ", scales out only" } else { "" };
    match (predefined, own) {
        (Some("ECSServiceAverageCPUUtilization"), _) => format!("target tracking: CPU {target} %{only_out}"),
        (Some("ECSServiceAverageMemoryUtilization"), _) => format!("target tracking: memory {target} %{only_out}"),
        (Some("ALBRequestCountPerTarget"), _) => format!("target tracking: {target} requests per task{only_out}"),
        (Some(metric), _) | (None, Some(metric)) => format!("target tracking: {metric} {target}{only_out}"),
        (None, None) => format!("target tracking: {}{only_out}", policy.policy_name()),
    }
}
