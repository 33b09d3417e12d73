//! Elastic Load Balancing: which balancers send to a target group.

use futures_util::future::join_all;

use super::budget::Urgency;
use super::op::DESCRIBE_TARGET_GROUPS;
use super::session::Session;
use super::tell::Teller;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::query::Answer;
use crate::domain::text::Text;

/// Target groups of a request: the API names no limit of its own, and those of its siblings are 20.
const BATCH: usize = 20;

/// The balancers of these target groups.
pub async fn balancers(session: &Session, groups: &[Text], teller: &Teller) {
    for batch in groups.chunks(BATCH) {
        let told = match ask(session, batch).await {
            // One that was deleted meanwhile makes the whole request fail.
            Err(fault) if fault.kind == FaultKind::NotFound && batch.len() > 1 => {
                let alone = batch.iter().map(|group| ask(session, std::slice::from_ref(group)));
                Ok(join_all(alone).await.into_iter().flatten().flatten().collect())
            }
            told => told,
        };
        match told {
            Ok(told) => teller.tell(Answer::Balancers(told)).await,
            Err(fault) => return teller.fail(fault).await,
        }
    }
}

async fn ask(session: &Session, groups: &[Text]) -> Result<Vec<(Text, Vec<Text>)>, Fault> {
    let arns = groups.iter().map(ToString::to_string).collect();
    let request = session.balancing.describe_target_groups().set_target_group_arns(Some(arns)).send();
    let told = session.ask(DESCRIBE_TARGET_GROUPS, Urgency::Now, request).await?;
    let group = |group: &aws_sdk_elasticloadbalancingv2::types::TargetGroup| {
        // CloudWatch names a balancer by the end of its ARN (ELB guide, "CloudWatch metrics").
        let ends = group.load_balancer_arns().iter().filter_map(|arn| arn.split_once(":loadbalancer/"));
        Some((Text::new(group.target_group_arn()?), ends.map(|(_, end)| Text::new(end)).collect()))
    };
    Ok(told.target_groups().iter().filter_map(group).collect())
}
