//! The operation table: every operation that midwatch sends or names, whether it reads or changes,
//! and the quota that it draws on. The allow-list on the wire, the policy, the budget and `:api`
//! follow from these rows. A new service adds its rows here and nothing else.

use std::fmt;

/// What an operation does to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Access {
    /// It changes nothing of anybody's (access level of the service authorization reference; a query of
    /// Insights is a read there too).
    Read,
    /// Sent through the plan of an action alone, once.
    Change,
    /// Never sent: a permission that another operation needs, or a line for a person to run.
    Unsent,
}

/// An API operation by the names of AWS's service authorization reference: the IAM prefix of the
/// service (`ecs`, `application-autoscaling`) and the operation (`UpdateService`). Only the rows of
/// this table exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Op {
    pub service: &'static str,
    pub name: &'static str,
    pub access: Access,
    /// `None` for what is not sent to an API of AWS.
    pub family: Option<Family>,
}

impl Op {
    /// Whether IAM permits it; what is sent to a cache itself is permitted there.
    pub fn is_iam(&self) -> bool {
        is_iam(self.service)
    }
}

/// Whether operations of this service are permitted by IAM.
pub(super) fn is_iam(service: &str) -> bool {
    !matches!(service, "redis" | "memcached")
}

impl fmt::Display for Op {
    /// The IAM action, `ecs:UpdateService`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

/// How many requests of a family AWS takes from an account in a Region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quota {
    /// At once, and sustained per second.
    Published {
        burst: f64,
        sustained: f64,
        /// Regions with other numbers.
        regions: &'static [(&'static str, f64, f64)],
        /// The page that says so.
        source: &'static str,
    },
    /// AWS publishes nothing.
    Unpublished {
        /// What we send at once at most: what a detail view asks when it is opened.
        at_once: f64,
    },
}

impl Quota {
    /// Burst and sustained requests per second in a Region, where they are published.
    pub fn of(&self, region: &str) -> Option<(f64, f64)> {
        match self {
            Self::Published { burst, sustained, regions, .. } => {
                let other = regions.iter().find(|(name, ..)| *name == region);
                Some(other.map_or((*burst, *sustained), |(_, burst, sustained)| (*burst, *sustained)))
            }
            Self::Unpublished { .. } => None,
        }
    }
}

const fn published(burst: f64, sustained: f64, source: &'static str) -> Quota {
    Quota::Published { burst, sustained, regions: &[], source }
}

const fn unpublished(at_once: f64) -> Quota {
    Quota::Unpublished { at_once }
}

macro_rules! families {
    ($($family:ident, $word:literal, $quota:expr;)*) => {
        /// Operations that AWS counts against one quota of an account and Region, in the order of `:api`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Family { $($family,)* }

        impl Family {
            /// For people.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$family => $word,)* }
            }

            pub const fn quota(self) -> Quota {
                match self { $(Self::$family => $quota,)* }
            }
        }
    };
}

/// The quotas of ECS.
const ECS: &str = "Amazon ECS API Reference, Request throttling";
/// Those of CloudWatch.
const CLOUDWATCH: &str = "Amazon CloudWatch User Guide, CloudWatch service quotas";
/// Those of its logs.
const LOGS: &str = "Amazon CloudWatch Logs User Guide, CloudWatch Logs quotas";

families! {
    EcsServices,           "ECS services",            published(100.0, 20.0, ECS);
    EcsServiceUpdates,     "ECS service updates",     published(50.0, 5.0, ECS);
    EcsTasks,              "ECS tasks",               published(100.0, 20.0, ECS);
    EcsTaskActions,        "ECS task actions",        published(100.0, 40.0, ECS);
    EcsClusters,           "ECS clusters",            published(50.0, 20.0, ECS);
    EcsTaskDefinitions,    "ECS task definitions",    published(50.0, 20.0, ECS);
    EcsServiceDeployments, "ECS deployments",         published(50.0, 20.0, ECS);
    EcsServiceRevisions,   "ECS revisions",           published(50.0, 20.0, ECS);
    Autoscaling,           "autoscaling",             unpublished(10.0);
    Ecr,                   "ECR",                     unpublished(10.0);
    Rds,                   "RDS",                     published(300.0, 12.0, "Amazon RDS User Guide, API request throttling");
    ElastiCache,           "ElastiCache",             unpublished(10.0);
    // The detail of a distribution asks for the paths of its last twenty invalidations, once.
    CloudFront,            "CloudFront",              unpublished(30.0);
    // Where the page names no number for a Region it is 10.
    FilterLogEvents,       "logs: FilterLogEvents",   Quota::Published {
        burst: 10.0, sustained: 10.0, regions: &[("us-east-1", 25.0, 25.0), ("eu-central-1", 5.0, 5.0)], source: LOGS,
    };
    LiveTail,              "logs: StartLiveTail",     published(5.0, 5.0, LOGS);
    Logs,                  "logs: DescribeLogGroups", published(10.0, 10.0, LOGS);
    // Ten a second each for StartQuery and GetQueryResults, here as one.
    Insights,              "logs: Insights",          published(10.0, 10.0, LOGS);
    Alarms,                "alarms",                  published(9.0, 9.0, CLOUDWATCH);
    AlarmHistory,          "alarm history",           published(20.0, 20.0, CLOUDWATCH);
    Metrics,               "metrics: GetMetricData",  published(500.0, 500.0, CLOUDWATCH);
    Balancing,             "load balancers",          published(40.0, 10.0, "Elastic Load Balancing API Reference, Throttling");
    CloudTrail,            "CloudTrail",              published(2.0, 2.0, "AWS CloudTrail API Reference, LookupEvents");
    Sqs,                   "SQS",                     unpublished(10.0);
    Sts,                   "STS",                     unpublished(10.0);
}

macro_rules! family {
    () => {
        None
    };
    ($family:ident) => {
        Some(Family::$family)
    };
}

macro_rules! operations {
    ($($(#[$doc:meta])* $module:ident $service:literal {
        $($(#[$note:meta])* $op:ident = $name:literal, $access:ident $(, $family:ident)?;)*
    })*) => {
        $($(#[$doc])* pub mod $module {
            use super::{Access, Op};
            #[allow(unused_imports)] // Not every service has a quota.
            use super::Family;

            $($(#[$note])* pub const $op: Op = Op {
                service: $service, name: $name, access: Access::$access, family: family!($($family)?),
            };)*
        })*

        /// Every row.
        pub const ALL: &[Op] = &[$($($module::$op,)*)*];
    };
}

operations! {
    sts "sts" {
        /// ReadKey of every environment; needs no permission.
        GET_CALLER_IDENTITY = "GetCallerIdentity", Read, Sts;
    }
    ecs "ecs" {
        LIST_CLUSTERS = "ListClusters", Read, EcsClusters;
        LIST_SERVICES = "ListServices", Read, EcsServices;
        DESCRIBE_SERVICES = "DescribeServices", Read, EcsServices;
        DESCRIBE_TASK_DEFINITION = "DescribeTaskDefinition", Read, EcsTaskDefinitions;
        LIST_TASK_DEFINITIONS = "ListTaskDefinitions", Read, EcsTaskDefinitions;
        LIST_SERVICE_DEPLOYMENTS = "ListServiceDeployments", Read, EcsServiceDeployments;
        DESCRIBE_SERVICE_DEPLOYMENTS = "DescribeServiceDeployments", Read, EcsServiceDeployments;
        DESCRIBE_SERVICE_REVISIONS = "DescribeServiceRevisions", Read, EcsServiceRevisions;
        LIST_TASKS = "ListTasks", Read, EcsTasks;
        DESCRIBE_TASKS = "DescribeTasks", Read, EcsTasks;
        UPDATE_SERVICE = "UpdateService", Change, EcsServiceUpdates;
        REGISTER_TASK_DEFINITION = "RegisterTaskDefinition", Change, EcsTaskDefinitions;
        STOP_SERVICE_DEPLOYMENT = "StopServiceDeployment", Change, EcsServiceDeployments;
        CONTINUE_SERVICE_DEPLOYMENT = "ContinueServiceDeployment", Change, EcsServiceDeployments;
        STOP_TASK = "StopTask", Change, EcsTaskActions;
        RUN_TASK = "RunTask", Change, EcsTaskActions;
        EXECUTE_COMMAND = "ExecuteCommand", Change, EcsTaskActions;
        /// Registering puts the tags of the definition on the new revision.
        TAG_RESOURCE = "TagResource", Unsent;
    }
    autoscaling "application-autoscaling" {
        DESCRIBE_SCALABLE_TARGETS = "DescribeScalableTargets", Read, Autoscaling;
        DESCRIBE_SCALING_POLICIES = "DescribeScalingPolicies", Read, Autoscaling;
        DESCRIBE_SCALING_ACTIVITIES = "DescribeScalingActivities", Read, Autoscaling;
    }
    ecr "ecr" {
        DESCRIBE_REPOSITORIES = "DescribeRepositories", Read, Ecr;
        DESCRIBE_IMAGES = "DescribeImages", Read, Ecr;
    }
    rds "rds" {
        DESCRIBE_DB_INSTANCES = "DescribeDBInstances", Read, Rds;
        DESCRIBE_DB_CLUSTERS = "DescribeDBClusters", Read, Rds;
        DESCRIBE_DB_SNAPSHOTS = "DescribeDBSnapshots", Read, Rds;
        DESCRIBE_DB_CLUSTER_SNAPSHOTS = "DescribeDBClusterSnapshots", Read, Rds;
        DESCRIBE_EVENTS = "DescribeEvents", Read, Rds;
        DESCRIBE_PENDING_MAINTENANCE_ACTIONS = "DescribePendingMaintenanceActions", Read, Rds;
        CREATE_DB_SNAPSHOT = "CreateDBSnapshot", Change, Rds;
        CREATE_DB_CLUSTER_SNAPSHOT = "CreateDBClusterSnapshot", Change, Rds;
        REBOOT_DB_INSTANCE = "RebootDBInstance", Change, Rds;
        FAILOVER_DB_CLUSTER = "FailoverDBCluster", Change, Rds;
        RESTORE_DB_INSTANCE_FROM_DB_SNAPSHOT = "RestoreDBInstanceFromDBSnapshot", Unsent;
        RESTORE_DB_CLUSTER_FROM_SNAPSHOT = "RestoreDBClusterFromSnapshot", Unsent;
        CREATE_DB_INSTANCE = "CreateDBInstance", Unsent;
    }
    elasticache "elasticache" {
        DESCRIBE_REPLICATION_GROUPS = "DescribeReplicationGroups", Read, ElastiCache;
        DESCRIBE_CACHE_CLUSTERS = "DescribeCacheClusters", Read, ElastiCache;
        DESCRIBE_SERVERLESS_CACHES = "DescribeServerlessCaches", Read, ElastiCache;
        DESCRIBE_SNAPSHOTS = "DescribeSnapshots", Read, ElastiCache;
        DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS = "DescribeServerlessCacheSnapshots", Read, ElastiCache;
        DESCRIBE_EVENTS = "DescribeEvents", Read, ElastiCache;
        DESCRIBE_USER_GROUPS = "DescribeUserGroups", Read, ElastiCache;
        DESCRIBE_USERS = "DescribeUsers", Read, ElastiCache;
        LIST_TAGS_FOR_RESOURCE = "ListTagsForResource", Read, ElastiCache;
        CREATE_SNAPSHOT = "CreateSnapshot", Change, ElastiCache;
        CREATE_SERVERLESS_CACHE_SNAPSHOT = "CreateServerlessCacheSnapshot", Change, ElastiCache;
    }
    /// ElastiCache has no API for a flush: it is sent to the cache itself.
    redis "redis" {
        FLUSHALL = "FLUSHALL", Change;
        FLUSHDB = "FLUSHDB", Change;
    }
    memcached "memcached" {
        FLUSH_ALL = "flush_all", Change;
    }
    cloudfront "cloudfront" {
        LIST_DISTRIBUTIONS = "ListDistributions", Read, CloudFront;
        GET_DISTRIBUTION = "GetDistribution", Read, CloudFront;
        LIST_INVALIDATIONS = "ListInvalidations", Read, CloudFront;
        GET_INVALIDATION = "GetInvalidation", Read, CloudFront;
        LIST_TAGS_FOR_RESOURCE = "ListTagsForResource", Read, CloudFront;
        CREATE_INVALIDATION = "CreateInvalidation", Change, CloudFront;
    }
    logs "logs" {
        FILTER_LOG_EVENTS = "FilterLogEvents", Read, FilterLogEvents;
        DESCRIBE_LOG_GROUPS = "DescribeLogGroups", Read, Logs;
        START_LIVE_TAIL = "StartLiveTail", Read, LiveTail;
        START_QUERY = "StartQuery", Read, Insights;
        GET_QUERY_RESULTS = "GetQueryResults", Read, Insights;
        STOP_QUERY = "StopQuery", Read, Insights;
    }
    cloudwatch "cloudwatch" {
        DESCRIBE_ALARMS = "DescribeAlarms", Read, Alarms;
        /// Tags of alarms are asked no faster than the alarms.
        LIST_TAGS_FOR_RESOURCE = "ListTagsForResource", Read, Alarms;
        DESCRIBE_ALARM_HISTORY = "DescribeAlarmHistory", Read, AlarmHistory;
        GET_METRIC_DATA = "GetMetricData", Read, Metrics;
    }
    elb "elasticloadbalancing" {
        DESCRIBE_TARGET_GROUPS = "DescribeTargetGroups", Read, Balancing;
        DESCRIBE_TARGET_HEALTH = "DescribeTargetHealth", Read, Balancing;
    }
    cloudtrail "cloudtrail" {
        LOOKUP_EVENTS = "LookupEvents", Read, CloudTrail;
    }
    secrets "secretsmanager" {
        /// Read only where the operator configured a secret for a cache; no policy asks for it.
        GET_SECRET_VALUE = "GetSecretValue", Read, Sts;
    }
    sqs "sqs" {
        LIST_QUEUES = "ListQueues", Read, Sqs;
        GET_QUEUE_URL = "GetQueueUrl", Read, Sqs;
        GET_QUEUE_ATTRIBUTES = "GetQueueAttributes", Read, Sqs;
        LIST_DEAD_LETTER_SOURCE_QUEUES = "ListDeadLetterSourceQueues", Read, Sqs;
        LIST_QUEUE_TAGS = "ListQueueTags", Read, Sqs;
    }
    ssm "ssm" {
        START_SESSION = "StartSession", Change, Sts;
    }
    iam "iam" {
        PASS_ROLE = "PassRole", Unsent;
    }
}

/// The row of an operation, by the IAM prefix and the name.
pub fn find(service: &str, name: &str) -> Option<Op> {
    ALL.iter().find(|op| op.service == service && op.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_one_row_and_what_is_sent_to_aws_a_family() {
        for op in ALL {
            assert_eq!(ALL.iter().filter(|other| other.to_string() == op.to_string()).count(), 1, "{op}");
            assert_eq!(op.family.is_some(), op.access != Access::Unsent && op.is_iam(), "{op}");
            assert_eq!(find(op.service, op.name), Some(*op));
        }
        assert_eq!(find("ecs", "DeleteService"), None);
    }

    #[test]
    fn quotas_differ_by_region() {
        let quota = Family::FilterLogEvents.quota();
        assert_eq!(quota.of("us-east-1"), Some((25.0, 25.0)));
        assert_eq!(quota.of("eu-west-1"), Some((10.0, 10.0)));
        assert_eq!(Family::Ecr.quota().of("us-east-1"), None);
    }
}
