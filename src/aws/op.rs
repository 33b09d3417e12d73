//! The operations that this adapter sends, by the names of IAM, and which quota each one draws on.

use crate::domain::call::Op;
pub use crate::kinds::IDENTITY;
pub use crate::kinds::services::{
    CONTINUE_SERVICE_DEPLOYMENT, ECS_RUN_TASK, ECS_STOP_TASK, REGISTER_TASK_DEFINITION, STOP_SERVICE_DEPLOYMENT,
    UPDATE_SERVICE,
};

pub const LIST_CLUSTERS: Op = Op::new("ecs", "ListClusters");
pub const LIST_SERVICES: Op = Op::new("ecs", "ListServices");
pub const DESCRIBE_SERVICES: Op = Op::new("ecs", "DescribeServices");
pub const DESCRIBE_TASK_DEFINITION: Op = Op::new("ecs", "DescribeTaskDefinition");
pub const LIST_TASK_DEFINITIONS: Op = Op::new("ecs", "ListTaskDefinitions");
pub const LIST_SERVICE_DEPLOYMENTS: Op = Op::new("ecs", "ListServiceDeployments");
pub const DESCRIBE_SERVICE_DEPLOYMENTS: Op = Op::new("ecs", "DescribeServiceDeployments");
pub const DESCRIBE_SERVICE_REVISIONS: Op = Op::new("ecs", "DescribeServiceRevisions");
pub const LIST_TASKS: Op = Op::new("ecs", "ListTasks");
pub const DESCRIBE_TASKS: Op = Op::new("ecs", "DescribeTasks");
pub const DESCRIBE_SCALABLE_TARGETS: Op = Op::new("application-autoscaling", "DescribeScalableTargets");
pub const DESCRIBE_SCALING_POLICIES: Op = Op::new("application-autoscaling", "DescribeScalingPolicies");
pub const DESCRIBE_REPOSITORIES: Op = Op::new("ecr", "DescribeRepositories");
pub const DESCRIBE_IMAGES: Op = Op::new("ecr", "DescribeImages");

pub const DESCRIBE_DB_INSTANCES: Op = Op::new("rds", "DescribeDBInstances");
pub const DESCRIBE_DB_CLUSTERS: Op = Op::new("rds", "DescribeDBClusters");
pub const DESCRIBE_DB_SNAPSHOTS: Op = Op::new("rds", "DescribeDBSnapshots");
pub const DESCRIBE_DB_CLUSTER_SNAPSHOTS: Op = Op::new("rds", "DescribeDBClusterSnapshots");
pub const DESCRIBE_DB_EVENTS: Op = Op::new("rds", "DescribeEvents");
pub const DESCRIBE_PENDING_MAINTENANCE: Op = Op::new("rds", "DescribePendingMaintenanceActions");
pub const DESCRIBE_REPLICATION_GROUPS: Op = Op::new("elasticache", "DescribeReplicationGroups");
pub const DESCRIBE_CACHE_CLUSTERS: Op = Op::new("elasticache", "DescribeCacheClusters");
pub const DESCRIBE_SERVERLESS_CACHES: Op = Op::new("elasticache", "DescribeServerlessCaches");
pub const DESCRIBE_CACHE_SNAPSHOTS: Op = Op::new("elasticache", "DescribeSnapshots");
pub const DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS: Op = Op::new("elasticache", "DescribeServerlessCacheSnapshots");
pub const DESCRIBE_CACHE_EVENTS: Op = Op::new("elasticache", "DescribeEvents");
pub const DESCRIBE_USER_GROUPS: Op = Op::new("elasticache", "DescribeUserGroups");
pub const DESCRIBE_USERS: Op = Op::new("elasticache", "DescribeUsers");
pub const LIST_CACHE_TAGS: Op = Op::new("elasticache", "ListTagsForResource");
pub const LIST_DISTRIBUTIONS: Op = Op::new("cloudfront", "ListDistributions");
pub const GET_DISTRIBUTION: Op = Op::new("cloudfront", "GetDistribution");
pub const LIST_INVALIDATIONS: Op = Op::new("cloudfront", "ListInvalidations");
pub const GET_INVALIDATION: Op = Op::new("cloudfront", "GetInvalidation");
pub const LIST_DISTRIBUTION_TAGS: Op = Op::new("cloudfront", "ListTagsForResource");

pub const FILTER_LOG_EVENTS: Op = Op::new("logs", "FilterLogEvents");
pub const DESCRIBE_LOG_GROUPS: Op = Op::new("logs", "DescribeLogGroups");
pub const START_LIVE_TAIL: Op = Op::new("logs", "StartLiveTail");
pub const START_QUERY: Op = Op::new("logs", "StartQuery");
pub const GET_QUERY_RESULTS: Op = Op::new("logs", "GetQueryResults");
pub const STOP_QUERY: Op = Op::new("logs", "StopQuery");

pub const DESCRIBE_ALARMS: Op = Op::new("cloudwatch", "DescribeAlarms");
pub const DESCRIBE_ALARM_HISTORY: Op = Op::new("cloudwatch", "DescribeAlarmHistory");
pub const LIST_ALARM_TAGS: Op = Op::new("cloudwatch", "ListTagsForResource");
pub const GET_METRIC_DATA: Op = Op::new("cloudwatch", "GetMetricData");
pub const DESCRIBE_TARGET_GROUPS: Op = Op::new("elasticloadbalancing", "DescribeTargetGroups");
pub const DESCRIBE_TARGET_HEALTH: Op = Op::new("elasticloadbalancing", "DescribeTargetHealth");
pub const DESCRIBE_SCALING_ACTIVITIES: Op = Op::new("application-autoscaling", "DescribeScalingActivities");
pub const LOOKUP_EVENTS: Op = Op::new("cloudtrail", "LookupEvents");

/// Read only where the operator configured a secret for a cache; no policy asks for it.
pub const GET_SECRET_VALUE: Op = Op::new("secretsmanager", "GetSecretValue");

/// Every read that is sent. The kinds must declare each of them, or the guard refuses it.
#[cfg(test)]
pub const READS: &[Op] = &[
    IDENTITY,
    LIST_CLUSTERS,
    LIST_SERVICES,
    DESCRIBE_SERVICES,
    DESCRIBE_TASK_DEFINITION,
    LIST_TASK_DEFINITIONS,
    LIST_SERVICE_DEPLOYMENTS,
    DESCRIBE_SERVICE_DEPLOYMENTS,
    DESCRIBE_SERVICE_REVISIONS,
    LIST_TASKS,
    DESCRIBE_TASKS,
    DESCRIBE_SCALABLE_TARGETS,
    DESCRIBE_SCALING_POLICIES,
    DESCRIBE_REPOSITORIES,
    DESCRIBE_IMAGES,
    DESCRIBE_DB_INSTANCES,
    DESCRIBE_DB_CLUSTERS,
    DESCRIBE_DB_SNAPSHOTS,
    DESCRIBE_DB_CLUSTER_SNAPSHOTS,
    DESCRIBE_DB_EVENTS,
    DESCRIBE_PENDING_MAINTENANCE,
    DESCRIBE_REPLICATION_GROUPS,
    DESCRIBE_CACHE_CLUSTERS,
    DESCRIBE_SERVERLESS_CACHES,
    DESCRIBE_CACHE_SNAPSHOTS,
    DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS,
    DESCRIBE_CACHE_EVENTS,
    DESCRIBE_USER_GROUPS,
    DESCRIBE_USERS,
    LIST_CACHE_TAGS,
    LIST_DISTRIBUTIONS,
    GET_DISTRIBUTION,
    LIST_INVALIDATIONS,
    GET_INVALIDATION,
    LIST_DISTRIBUTION_TAGS,
    FILTER_LOG_EVENTS,
    DESCRIBE_LOG_GROUPS,
    START_LIVE_TAIL,
    START_QUERY,
    GET_QUERY_RESULTS,
    STOP_QUERY,
    DESCRIBE_ALARMS,
    DESCRIBE_ALARM_HISTORY,
    LIST_ALARM_TAGS,
    GET_METRIC_DATA,
    DESCRIBE_TARGET_GROUPS,
    DESCRIBE_TARGET_HEALTH,
    DESCRIBE_SCALING_ACTIVITIES,
    LOOKUP_EVENTS,
];

/// Operations that AWS counts against one quota of an account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    EcsServices,
    EcsTasks,
    EcsClusters,
    EcsTaskDefinitions,
    EcsServiceDeployments,
    EcsServiceRevisions,
    Autoscaling,
    Ecr,
    Rds,
    ElastiCache,
    CloudFront,
    FilterLogEvents,
    LiveTail,
    /// DescribeLogGroups.
    Logs,
    Insights,
    /// DescribeAlarms: 9 a second; tags of alarms are asked no faster.
    Alarms,
    /// DescribeAlarmHistory: 20 a second.
    AlarmHistory,
    /// GetMetricData: 500 a second.
    Metrics,
    /// Elastic Load Balancing, its Describe operations.
    Balancing,
    /// LookupEvents: 2 a second.
    CloudTrail,
    Sts,
}

impl Family {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::EcsServices => "ECS services",
            Self::EcsTasks => "ECS tasks",
            Self::EcsClusters => "ECS clusters",
            Self::EcsTaskDefinitions => "ECS task definitions",
            Self::EcsServiceDeployments => "ECS deployments",
            Self::EcsServiceRevisions => "ECS revisions",
            Self::Autoscaling => "autoscaling",
            Self::Ecr => "ECR",
            Self::Rds => "RDS",
            Self::ElastiCache => "ElastiCache",
            Self::CloudFront => "CloudFront",
            Self::FilterLogEvents => "logs: FilterLogEvents",
            Self::LiveTail => "logs: StartLiveTail",
            Self::Logs => "logs: DescribeLogGroups",
            Self::Insights => "logs: Insights",
            Self::Alarms => "alarms",
            Self::AlarmHistory => "alarm history",
            Self::Metrics => "metrics: GetMetricData",
            Self::Balancing => "load balancers",
            Self::CloudTrail => "CloudTrail",
            Self::Sts => "STS",
        }
    }

    pub fn of(op: Op) -> Self {
        Self::named(op.service, op.name)
    }

    /// By the IAM prefix and the operation's name.
    pub fn named(service: &str, operation: &str) -> Self {
        match (service, operation) {
            ("ecs", "ListServices" | "DescribeServices") => Self::EcsServices,
            ("ecs", "ListClusters" | "DescribeClusters") => Self::EcsClusters,
            ("ecs", "DescribeTaskDefinition" | "ListTaskDefinitions" | "RegisterTaskDefinition") => {
                Self::EcsTaskDefinitions
            }
            ("ecs", "ListServiceDeployments" | "DescribeServiceDeployments") => Self::EcsServiceDeployments,
            ("ecs", "DescribeServiceRevisions") => Self::EcsServiceRevisions,
            ("ecs", _) => Self::EcsTasks,
            ("application-autoscaling", _) => Self::Autoscaling,
            ("ecr", _) => Self::Ecr,
            ("rds", _) => Self::Rds,
            ("elasticache", _) => Self::ElastiCache,
            ("cloudfront", _) => Self::CloudFront,
            ("cloudwatch", "DescribeAlarms" | "ListTagsForResource") => Self::Alarms,
            ("cloudwatch", "DescribeAlarmHistory") => Self::AlarmHistory,
            ("cloudwatch", _) => Self::Metrics,
            ("elasticloadbalancing", _) => Self::Balancing,
            ("cloudtrail", _) => Self::CloudTrail,
            ("logs", "FilterLogEvents") => Self::FilterLogEvents,
            ("logs", "StartLiveTail") => Self::LiveTail,
            ("logs", "StartQuery" | "GetQueryResults" | "StopQuery") => Self::Insights,
            ("logs", _) => Self::Logs,
            _ => Self::Sts,
        }
    }
}
