//! What can be asked of a cloud, and what comes back. A question is data, so it can be derived
//! from the state, compared, shared between panes and cancelled.

use std::sync::Arc;

use crate::domain::prelude::*;

use super::environment::Identity;
use super::insights::{InsightsPiece, InsightsQuery};
use super::log::LogPiece;
use super::metric::{Reading, Window};
use super::record::What;
use super::revision::Revision;
use super::scaling::ScalingActivity;
use super::service::TaskDefinitionRef;
use super::ssm::ForwardPiece;
use super::target_health::{GroupSettings, Target};

/// A read. Equal queries of one environment are one request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// Who we are (STS).
    Identity,
    /// Every resource of a kind: first which parts and ids exist, then the resources as they come.
    List(KindId),
    /// Only these again (those in view, those that move).
    Some(KindId, Vec<ResourceId>),
    /// Which of a kind are wrong now, where AWS tells that without the whole list, and what has
    /// become of these that were.
    Wrong(KindId, Vec<ResourceId>),
    /// What the detail view shows of one resource beyond its row.
    Detail(FactsId, ResourceId),
    /// What ended lately in a part of a kind's list and AWS soon forgets, to be recorded. What was told
    /// once need not be told again.
    Endings(KindId, Text),
    /// A revision of a task definition with all its fields.
    Revision(TaskDefinitionRef),
    /// Lines of logs: the newest at once, then what comes, without an end. `live`: by Live Tail,
    /// which costs, as far as AWS grants it; else by polling.
    Tail { sources: Vec<LogSource>, live: bool },
    /// Lines from before a moment (milliseconds since the epoch).
    History(Vec<LogSource>, i64),
    /// A query of CloudWatch Logs Insights: reading it starts it, and leaving it stops it.
    Insights(InsightsQuery),
    /// Points of metrics in one window.
    Metrics(Vec<Metric>, Window),
    /// What a source of the timeline tells of a stretch of time.
    Events(TimelineSource, TimeRange),
    /// The port of a session that was started: reading it opens the port, and leaving it closes it.
    Forward(Text),
    /// Which load balancers send to these target groups (ARNs): metrics are by both; and how the groups
    /// check their targets.
    Balancers(Vec<Text>),
    /// The health of the targets of these target groups (ARNs): one request each.
    Targets(Vec<Text>),
    /// What autoscaling did lately, and what it wanted and could not: of one `service/CLUSTER/NAME`, or
    /// the newest of all.
    Activities(Option<Text>),
    /// What a plan, or the watch over what was done, must know afresh.
    Facts(FactsId, ResourceId),
}

/// One piece of the answer to a [`Query`]; a list arrives in many.
#[derive(Clone, Debug)]
pub enum Answer {
    Identity(Identity),
    Listing(ListingPiece),
    /// These were asked for and do not exist any more.
    Gone(Vec<ResourceId>),
    Facts(Facts),
    Metrics(Vec<Reading>),
    /// What happened in a stretch of time, whole from this moment on: what is older of it was more than
    /// is read at once.
    Events {
        told: Vec<TimelineEvent>,
        from: Timestamp,
    },
    /// What was seen of resources.
    Seen(Vec<(ResourceId, What)>),
    Revision(Arc<Revision>),
    Groups(GroupPiece),
    /// Newest first.
    Activities(Vec<ScalingActivity>),
    Logs(LogPiece),
    Insights(InsightsPiece),
    Forward(ForwardPiece),
}

/// One piece of a list.
#[derive(Clone, Debug)]
pub enum ListingPiece {
    /// The parts that exist; others have vanished, with all in them.
    Parts(Vec<Text>),
    /// The ids that exist in a part; others of the part have vanished.
    Roster { part: Text, ids: Vec<ResourceId> },
    /// Resources as they are now.
    Items(Vec<Object>),
    /// A part could not be read; the others may have been. What was known of it stays.
    PartFailed { part: Text, fault: Fault },
}

/// One piece of what is known of target groups.
#[derive(Clone, Debug)]
pub enum GroupPiece {
    /// Target group and the ends of the ARNs of its balancers, `app/web/50dc6c495c0c9188`.
    Balancers(Vec<(Text, Vec<Text>)>),
    Settings(Vec<(Text, GroupSettings)>),
    /// Neither balancers nor settings of these target groups could be read; the others may have been.
    Failed {
        groups: Vec<Text>,
        fault: Fault,
    },
    /// The targets of one group, by its ARN; each group fails on its own.
    Targets(Text, Result<Vec<Target>, Fault>),
}

impl Answer {
    /// What a piece says could not be read, while the others may have been.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Listing(ListingPiece::PartFailed { fault, .. }) | Self::Groups(GroupPiece::Failed { fault, .. }) => {
                Some(fault)
            }
            _ => None,
        }
    }
}
