//! All services of an estate, and the names that AWS gives them.

use std::collections::BTreeMap;

use crate::demo::prelude::*;

use super::model::{Service, Task};

/// What an estate has of services.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    /// By cluster and name.
    pub services: BTreeMap<(String, String), Service>,
    pub clusters: Vec<String>,
    /// When the bad deployment begins by itself.
    pub bad_deploy: Option<Timestamp>,
    /// When autoscaling wanted more of a service than the max that it had, newest last.
    pub refused: Vec<(String, Timestamp, u32)>,
}

impl Fleet {
    /// The service of this family.
    pub fn of_family_mut(&mut self, what: &str) -> Option<&mut Service> {
        self.services.values_mut().find(|service| family(&service.name) == what)
    }

    /// When a service was refused more tasks, and at which max.
    pub fn refused(&self, service: &str) -> impl Iterator<Item = (Timestamp, u32)> {
        self.refused.iter().filter(move |(name, ..)| name == service).map(|(_, at, max)| (*at, *max))
    }
}

impl Estate {
    pub fn ecs(&self) -> &Fleet {
        self.state()
    }

    pub fn ecs_mut(&mut self) -> &mut Fleet {
        self.state_mut()
    }

    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.ecs().services.values()
    }

    /// The service of this family.
    pub fn of_family(&self, what: &str) -> Option<&Service> {
        self.services().find(|service| family(&service.name) == what)
    }

    pub fn of_family_mut(&mut self, what: &str) -> Option<&mut Service> {
        self.ecs_mut().of_family_mut(what)
    }

    /// The tasks of a family that run now.
    pub fn running(&self, what: &str, now: Timestamp) -> impl Iterator<Item = &Task> {
        let tasks = self.of_family(what).into_iter().flat_map(|service| &service.tasks);
        tasks.filter(move |task| task.is_running(now))
    }
}

impl Place {
    pub fn repository(&self, service: &Service) -> String {
        format!("{}.dkr.ecr.{}.amazonaws.com/harbour/{}", self.account, self.region, family(&service.name))
    }

    /// The ARN of a service deployment (`service-deployment`) or of a service revision.
    pub fn deployment_arn(&self, service: &Service, what: &str, id: &str) -> Text {
        let id = id.trim_start_matches("ecs-svc/");
        self.arn("ecs", &format!("{what}/{}/{}/{id}", service.cluster, service.name)).0
    }

    pub fn task_definition_arn(&self, service: &Service, revision: u32) -> Text {
        self.arn("ecs", &format!("task-definition/{}:{revision}", family(&service.name))).0
    }

    /// The ARN of the target group of a service; `None` where nothing is sent to it.
    pub fn target_group(&self, service: &str) -> Option<Text> {
        let is_balanced = BALANCED.contains(&family(service));
        is_balanced.then(|| self.arn("elasticloadbalancing", &target_group(service)).0)
    }
}

/// The tail of the ARN of the load balancer that an account has, as CloudWatch's dimensions have it.
pub const BALANCER: &str = "app/harbour-public/50dc6c495c0c9188";

/// Services that it sends to.
const BALANCED: [&str; 5] = ["booking-api", "web", "gateway", "search", "payments"];

/// The tail of a target group's ARN, as CloudWatch's dimensions have it.
pub fn target_group(service: &str) -> String {
    format!("targetgroup/harbour-{}/6d0ecf831eec9f09", family(service))
}
