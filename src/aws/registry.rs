//! What each service reads, by what is asked, and the changes that it sends: every service registers its
//! own, and a question or a call finds it here. A new kind is one line in the list of services.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::Aws;
use super::answer_sink::AnswerSink;
use super::change::Changes;
use super::session::Session;
use crate::domain::insights::InsightsQuery;
use crate::domain::metric::Window;
use crate::domain::prelude::*;
use crate::domain::revision::Revision;
use crate::domain::scaling::ScalingActivity;
use crate::domain::service::TaskDefinitionRef;

/// What a read has at hand.
pub struct ReadContext {
    pub aws: Aws,
    pub env: Environment,
    pub session: Arc<Session>,
    pub sink: AnswerSink,
}

impl ReadContext {
    pub fn scope(&self) -> &Scope {
        &self.env.scope
    }

    pub async fn emit(&self, answer: Answer) {
        self.sink.emit(answer).await;
    }

    pub async fn fail(&self, fault: Fault) {
        self.sink.fail(fault).await;
    }
}

/// What a read comes to, in a place of its own. The SDK's futures are large, and a debug build keeps room
/// on the stack for each that a function makes: all reads in one would take more than a thread has.
pub type ReadFuture<'a, T> = BoxFuture<'a, Result<T, Fault>>;

/// A read of `T`. What tells its pieces as they come reads `()`, and its fault is what came last.
pub type Read<A, T = ()> = for<'a> fn(&'a ReadContext, &'a A) -> ReadFuture<'a, T>;

/// A read that takes something besides.
pub type ReadWith<A, B> = for<'a> fn(&'a ReadContext, &'a A, B) -> ReadFuture<'a, ()>;

/// Facts about one resource; `None` when it does not exist any more.
pub type FactsRead = Read<ResourceId, Option<Facts>>;

/// What happened in a stretch of time, whole from a moment on.
pub type Events = (Vec<TimelineEvent>, Timestamp);

/// Every read and every change that the services registered.
#[derive(Default)]
pub struct Registry {
    pub changes: Changes,
    /// [`Query::List`] of a kind; the others by the name of their query too.
    pub lists: HashMap<KindId, Read<()>>,
    pub somes: HashMap<KindId, Read<[ResourceId]>>,
    pub wrongs: HashMap<KindId, Read<[ResourceId]>>,
    pub endings: HashMap<KindId, Read<Text>>,
    /// [`Query::Detail`] and [`Query::Facts`] of a set.
    pub facts: HashMap<FactsId, FactsRead>,
    pub events: HashMap<TimelineSource, Read<TimeRange, Events>>,
    pub revision: Option<Read<TaskDefinitionRef, Arc<Revision>>>,
    pub tail: Option<ReadWith<[LogSource], bool>>,
    pub history: Option<ReadWith<[LogSource], i64>>,
    pub insights: Option<Read<InsightsQuery>>,
    pub metrics: Option<ReadWith<[Metric], Window>>,
    pub forward: Option<Read<str>>,
    pub balancers: Option<Read<[Text]>>,
    pub targets: Option<Read<[Text]>>,
    pub activities: Option<Read<Option<Text>, Vec<ScalingActivity>>>,
}

impl Registry {
    /// Answers a question, piece by piece.
    ///
    /// # Errors
    /// Nobody registered for it, or what failed last and was not told as a piece.
    pub async fn answer(&self, cx: &ReadContext, query: &Query) -> Result<(), Fault> {
        match query {
            Query::Identity => cx.emit(Answer::Identity(Box::pin(cx.session.ask_identity()).await?)).await,
            Query::List(kind) => of(&self.lists, kind, kind.0)?(cx, &()).await?,
            Query::Some(kind, ids) => of(&self.somes, kind, kind.0)?(cx, ids).await?,
            Query::Wrong(kind, ids) => of(&self.wrongs, kind, kind.0)?(cx, ids).await?,
            Query::Endings(kind, part) => of(&self.endings, kind, kind.0)?(cx, part).await?,
            Query::Detail(set, id) | Query::Facts(set, id) => {
                let facts = of(&self.facts, set, set.name)?(cx, id).await?;
                cx.emit(facts.map_or_else(|| Answer::Gone(vec![id.clone()]), Answer::Facts)).await;
            }
            Query::Events(source, asked) => {
                let (told, from) = of(&self.events, source, source.word())?(cx, asked).await?;
                cx.emit(Answer::Events { told, from }).await;
            }
            Query::Revision(reference) => {
                cx.emit(Answer::Revision(the(self.revision, "revision")?(cx, reference).await?)).await;
            }
            Query::Tail { sources, live } => the(self.tail, "tail")?(cx, sources, *live).await?,
            Query::History(sources, moment) => the(self.history, "history")?(cx, sources, *moment).await?,
            Query::Insights(query) => the(self.insights, "insights")?(cx, query).await?,
            Query::Metrics(metrics, window) => the(self.metrics, "metrics")?(cx, metrics, *window).await?,
            Query::Forward(session) => the(self.forward, "forward")?(cx, session).await?,
            Query::Balancers(groups) => the(self.balancers, "balancers")?(cx, groups).await?,
            Query::Targets(groups) => the(self.targets, "targets")?(cx, groups).await?,
            Query::Activities(of) => {
                cx.emit(Answer::Activities(the(self.activities, "activities")?(cx, of).await?)).await;
            }
        }
        Ok(())
    }
}

fn of<K: Eq + Hash, R: Copy>(reads: &HashMap<K, R>, key: &K, word: &str) -> Result<R, Fault> {
    the(reads.get(key).copied(), word)
}

fn the<R>(read: Option<R>, word: &str) -> Result<R, Fault> {
    read.ok_or_else(|| Fault::new(FaultKind::Invalid, word, "AWS is not asked for this"))
}
