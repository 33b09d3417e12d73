//! Elastic Load Balancing: which balancers send to a target group, how it checks its targets, and what
//! the checks say.

use aws_sdk_elasticloadbalancingv2::types as sdk;
use futures_util::future::join_all;

use crate::aws::prelude::*;
use crate::domain::ops::elb::{DESCRIBE_TARGET_GROUPS, DESCRIBE_TARGET_HEALTH};
use crate::domain::query::GroupPiece;
use crate::domain::target_health::{GroupSettings, HealthCheck, Target, TargetState};

/// Target groups of a request: the API names no limit of its own, and those of its siblings are 20.
const BATCH: usize = 20;

sdk_client!(aws_sdk_elasticloadbalancingv2, "Elastic Load Balancing v2", "elasticloadbalancing");

pub fn register(registry: &mut Registry) {
    registry.balancers = Some(|cx, groups| Box::pin(balancers(cx, groups)));
    registry.targets = Some(|cx, groups| Box::pin(targets(cx, groups)));
}

/// The balancers and settings of these target groups; each group is told as it comes, or why it does not.
async fn balancers(cx: &ReadContext, groups: &[Text]) -> Result<(), Fault> {
    let each = groups.chunks(BATCH).map(|batch| async move {
        match describe(&cx.session, batch).await {
            // One that was deleted meanwhile makes the whole request fail.
            Err(fault) if fault.kind == FaultKind::NotFound && batch.len() > 1 => {
                let alone = batch.iter().map(|group| async move {
                    let group = std::slice::from_ref(group);
                    emit_groups(cx, group, describe(&cx.session, group).await).await;
                });
                join_all(alone).await;
            }
            told => emit_groups(cx, batch, told).await,
        }
    });
    join_all(each).await;
    Ok(())
}

async fn emit_groups(cx: &ReadContext, groups: &[Text], told: Result<Vec<sdk::TargetGroup>, Fault>) {
    match told {
        Ok(told) => {
            let named = |group: &sdk::TargetGroup| Some(Text::new(group.target_group_arn()?));
            let with = told.iter().filter_map(|group| Some((named(group)?, group)));
            cx.emit(Answer::Groups(GroupPiece::Balancers(
                with.clone().map(|(arn, group)| (arn, ends(group))).collect(),
            )))
            .await;
            cx.emit(Answer::Groups(GroupPiece::Settings(with.map(|(arn, group)| (arn, settings(group))).collect())))
                .await;
        }
        Err(fault) => cx.emit(Answer::Groups(GroupPiece::Failed { groups: groups.to_vec(), fault })).await,
    }
}

async fn describe(session: &Session, groups: &[Text]) -> Result<Vec<sdk::TargetGroup>, Fault> {
    let arns = groups.iter().map(ToString::to_string).collect();
    let request = client(session).describe_target_groups().set_target_group_arns(Some(arns)).send();
    let told = session.ask(DESCRIBE_TARGET_GROUPS, Urgency::Now, request).await?;
    Ok(told.target_groups.unwrap_or_default())
}

/// CloudWatch names a balancer by the end of its ARN (ELB guide, "CloudWatch metrics").
fn ends(group: &sdk::TargetGroup) -> Vec<Text> {
    let ends = group.load_balancer_arns().iter().filter_map(|arn| arn.split_once(":loadbalancer/"));
    ends.map(|(_, end)| Text::new(end)).collect()
}

fn port(port: Option<i32>) -> Option<u16> {
    port.and_then(|port| u16::try_from(port).ok())
}

fn settings(group: &sdk::TargetGroup) -> GroupSettings {
    let number = |value: Option<i32>| count(value.unwrap_or(0));
    // gRPC has codes of its own.
    let codes = group.matcher().and_then(|matcher| matcher.http_code().or_else(|| matcher.grpc_code()));
    GroupSettings {
        protocol: text(group.protocol().map(|protocol| protocol.as_str())),
        port: port(group.port()),
        target_type: text(group.target_type().map(|kind| kind.as_str())),
        check: HealthCheck {
            enabled: group.health_check_enabled().unwrap_or(true),
            protocol: text(group.health_check_protocol().map(|protocol| protocol.as_str())),
            port: text(group.health_check_port()),
            path: text(group.health_check_path()),
            matcher: text(codes),
            interval: number(group.health_check_interval_seconds()),
            timeout: number(group.health_check_timeout_seconds()),
            healthy: number(group.healthy_threshold_count()),
            unhealthy: number(group.unhealthy_threshold_count()),
        },
    }
}

/// The targets of these target groups: the API takes one group a request, and each is told as it comes.
async fn targets(cx: &ReadContext, groups: &[Text]) -> Result<(), Fault> {
    let each = groups.iter().map(|group| async move {
        let request = client(&cx.session).describe_target_health().target_group_arn(group.as_str()).send();
        let told = cx.session.ask(DESCRIBE_TARGET_HEALTH, Urgency::Now, request).await;
        let told = told.map(|told| told.target_health_descriptions().iter().map(target).collect());
        cx.emit(Answer::Groups(GroupPiece::Targets(group.clone(), told))).await;
    });
    join_all(each).await;
    Ok(())
}

fn target(told: &sdk::TargetHealthDescription) -> Target {
    let (target, health) = (told.target(), told.target_health());
    Target {
        id: text(target.and_then(|target| target.id())),
        port: port(target.and_then(|target| target.port())),
        zone: text(target.and_then(|target| target.availability_zone())),
        state: TargetState::of(health.and_then(|health| health.state()).map_or("", |state| state.as_str())),
        reason: text(health.and_then(|health| health.reason()).map(|reason| reason.as_str())),
        description: text(health.and_then(|health| health.description())),
    }
}
