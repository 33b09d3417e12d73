//! Application Auto Scaling: between which bounds it keeps a service, and by what policies.

use aws_sdk_applicationautoscaling::types::{ScalableDimension, ScalingPolicy, ServiceNamespace};

use super::budget::Urgency;
use super::op::{DESCRIBE_SCALABLE_TARGETS, DESCRIBE_SCALING_POLICIES};
use super::session::Session;
use crate::domain::fault::Fault;
use crate::domain::service::{ScalingBounds, Service};
use crate::domain::text::Text;

/// The bounds over a service's desired count; `Ok(None)` when it has none.
pub async fn bounds(session: &Session, service: &Service) -> Result<Option<ScalingBounds>, Fault> {
    let resource = format!("service/{}/{}", service.cluster, service.name);
    let targets = session
        .autoscaling
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_ids(&resource)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .send();
    let targets = session.ask(DESCRIBE_SCALABLE_TARGETS, Urgency::Now, targets).await?;
    let Some(target) = targets.scalable_targets().first() else { return Ok(None) };
    let policies = session
        .autoscaling
        .describe_scaling_policies()
        .service_namespace(ServiceNamespace::Ecs)
        .resource_id(&resource)
        .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
        .send();
    let policies = session.ask(DESCRIBE_SCALING_POLICIES, Urgency::Now, policies).await?;
    let count = |n: i32| u32::try_from(n).unwrap_or(0);
    let suspended = target.suspended_state();
    Ok(Some(ScalingBounds {
        min: count(target.min_capacity()),
        max: count(target.max_capacity()),
        suspended_in: suspended.and_then(|s| s.dynamic_scaling_in_suspended()).unwrap_or(false),
        suspended_out: suspended.and_then(|s| s.dynamic_scaling_out_suspended()).unwrap_or(false),
        policies: policies.scaling_policies().iter().map(|p| Text::new(words(p))).collect(),
    }))
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
