//! The adapter to AWS. Nothing of the SDK leaves this module.
//!
//! A read goes `read` → session → service → budget → guard → wire. A change goes `change` → the
//! rules that need no network → identity → `guard::Permission` → one request.

mod answer_sink;
mod autoscaling;
mod budget;
mod change;
mod cloudfront;
mod cloudtrail;
mod cloudwatch;
mod credentials;
mod ecr;
mod ecs;
mod elasticache;
mod events;
mod fault;
mod flush;
mod guard;
mod keyspace;
mod logs;
mod process;
mod profiles;
mod rds;
mod session;
mod shape;
mod skew;
mod ssm;
mod target_health;
mod usage;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join};
use futures_util::stream::BoxStream;
use tokio::sync::OnceCell;

use self::answer_sink::{AnswerSink, stream_answers};
use self::change::Change;
use self::cloudfront::list::Batches;
use self::ecs::definitions::Definitions;
use self::flush::{ConnectionOptions, Unlocked};
use self::guard::Permission;
use self::keyspace::NodeTimeouts;
pub use self::profiles::Files;
use self::session::{Key, Session, Shared};
use crate::domain::Timestamp;
use crate::domain::api_usage::ApiUsage;
use crate::domain::cache::Secret;
use crate::domain::call::Call;
use crate::domain::environment::{Environment, Identity, Profile};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::Outcome;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::{FactsId, ResourceId};
use crate::domain::ssm::Program;
use crate::domain::timeline::TimelineSource;
use crate::kinds::alarms::ALARMS;
use crate::kinds::caches::CACHES;
use crate::kinds::databases::DATABASES;
use crate::kinds::distributions::DISTRIBUTIONS;
use crate::kinds::services::SERVICES;
use crate::kinds::{self, caches, databases, services};
use crate::port::{CallCounter, Cloud};

/// How long a request may take, and how often a read is tried. Changes have the same time and one
/// attempt.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the first byte of the answer.
    pub read: Duration,
    /// One attempt.
    pub attempt: Duration,
    /// The whole request with its credentials and retries.
    pub operation: Duration,
    /// Attempts of a read.
    pub attempts: u32,
    /// Before the first retry; it doubles, with jitter.
    pub backoff: Duration,
}

/// What can be set from outside.
#[derive(Clone, Debug)]
pub struct Options {
    pub files: Files,
    /// One endpoint for every service, over all other settings. `None` leaves it to
    /// AWS_ENDPOINT_URL, the per-service ones and the profiles.
    pub endpoint_url: Option<String>,
    pub patience: Timeouts,
    /// How long a `credential_process` may take; shorter than a request, so that its own error
    /// is told.
    pub process_patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            files: Files::default(),
            endpoint_url: None,
            patience: Timeouts::default(),
            process_patience: Duration::from_secs(12),
        }
    }
}

/// A session that is opened at first use; an attempt that failed is made again.
#[derive(Default)]
struct Slot {
    session: Arc<OnceCell<Arc<Session>>>,
    /// Outlives the session: what it remembers never changes.
    definitions: Arc<Definitions>,
    batches: Arc<Batches>,
}

struct Inner {
    shared: Arc<Shared>,
    slots: Mutex<HashMap<Key, Slot>>,
    unlocked: Unlocked,
    /// Queries of Insights that run and that nobody reads any more.
    orphaned_queries: logs::insights::OrphanedQueries,
    /// Sessions that nobody speaks with yet.
    pending_sessions: ssm::PendingSessions,
    /// Programs of forwarded ports that were told to end.
    orphaned_programs: ssm::forward::OrphanedPrograms,
    open_forwards: ssm::OpenForwards,
}

/// AWS, as the console sees it.
#[derive(Clone)]
pub struct Aws(Arc<Inner>);

impl Aws {
    /// Costs nothing: files, clients and certificates are loaded at first use.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner {
            shared: Arc::new(Shared::new(options)),
            slots: Mutex::default(),
            unlocked: Unlocked::default(),
            orphaned_queries: logs::insights::OrphanedQueries::default(),
            pending_sessions: ssm::PendingSessions::default(),
            orphaned_programs: ssm::forward::OrphanedPrograms::default(),
            open_forwards: ssm::OpenForwards::default(),
        }))
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Slot>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The environment's session, opened if need be.
    async fn session(&self, key: &Key) -> Result<Arc<Session>, Fault> {
        let (cell, definitions, batches) = {
            let mut slots = self.slots();
            let slot = slots.entry(key.clone()).or_default();
            (Arc::clone(&slot.session), Arc::clone(&slot.definitions), Arc::clone(&slot.batches))
        };
        let open =
            || async { Session::open(key, Arc::clone(&self.0.shared), definitions, batches).await.map(Arc::new) };
        cell.get_or_try_init(open).await.cloned()
    }

    async fn answer(&self, env: Environment, query: Query, sink: AnswerSink) {
        let (scope, key) = (&env.scope, Key::of(&env));
        let session = match self.session(&key).await {
            Ok(session) => session,
            Err(fault) => return sink.fail(fault).await,
        };
        match query {
            Query::Identity => match session.ask_identity().await {
                Ok(identity) => sink.emit(Answer::Identity(identity)).await,
                Err(fault) => sink.fail(fault).await,
            },
            Query::List(SERVICES) => boxed(|| ecs::list::all(&session, scope, &sink)).await,
            Query::Some(SERVICES, ids) => boxed(|| ecs::list::some(&session, &ids, &sink)).await,
            Query::Detail(set, id) | Query::Facts(set, id) => {
                boxed(|| self.facts(&session, &env, set, &id, &sink)).await
            }
            Query::Endings(SERVICES, cluster) => boxed(|| ecs::endings::of(&session, scope, &cluster, &sink)).await,
            Query::Forward(started) => {
                boxed(|| {
                    ssm::forward::hold(
                        &self.0.pending_sessions,
                        &self.0.orphaned_programs,
                        &self.0.open_forwards,
                        &started,
                        &sink,
                    )
                })
                .await;
            }
            Query::List(DATABASES) => boxed(|| rds::list::all(&session, scope, &sink)).await,
            Query::Some(DATABASES, ids) => boxed(|| rds::list::some(&session, &ids, &sink)).await,
            Query::List(CACHES) => boxed(|| elasticache::list::all(&session, scope, &sink)).await,
            Query::Some(CACHES, ids) => boxed(|| elasticache::list::some(&session, &ids, &sink)).await,
            Query::List(DISTRIBUTIONS) => boxed(|| cloudfront::list::all(&session, scope, &sink)).await,
            Query::Some(DISTRIBUTIONS, ids) => boxed(|| cloudfront::list::some(&session, &ids, &sink)).await,
            Query::Revision(reference) => match boxed(|| ecs::revision::read(&session, &reference)).await {
                Ok(revision) => sink.emit(Answer::Revision(revision)).await,
                Err(fault) => sink.fail(fault).await,
            },
            // It outlives the session: after a login it goes on with the next one.
            Query::Tail { sources, live } => boxed(|| logs::tail::follow(self, &key, &sources, live, &sink)).await,
            Query::Insights(query) => {
                boxed(|| logs::insights::run(&session, &self.0.orphaned_queries, &query, &sink)).await
            }
            Query::History(sources, moment) => boxed(|| logs::history::before(&session, &sources, moment, &sink)).await,
            Query::List(ALARMS) => boxed(|| cloudwatch::alarms::all(&session, scope, &sink)).await,
            Query::Some(ALARMS, ids) => boxed(|| cloudwatch::alarms::some(&session, &ids, &sink)).await,
            Query::Wrong(ALARMS, ids) => boxed(|| cloudwatch::alarms::wrong(&session, scope, &ids, &sink)).await,
            Query::Metrics(metrics, window) => {
                boxed(|| cloudwatch::metrics::read(&session, &metrics, window, &sink)).await
            }
            Query::Balancers(groups) => boxed(|| target_health::balancers(&session, &groups, &sink)).await,
            Query::Targets(groups) => boxed(|| target_health::targets(&session, &groups, &sink)).await,
            Query::Activities(of) => boxed(|| autoscaling::activities(&session, of.as_ref(), &sink)).await,
            Query::Events(TimelineSource::Rds, asked) => boxed(|| rds::events::of(&session, asked, &sink)).await,
            Query::Events(TimelineSource::ElastiCache, asked) => {
                boxed(|| elasticache::events::of(&session, asked, &sink)).await;
            }
            Query::Events(TimelineSource::Alarms, asked) => {
                boxed(|| cloudwatch::history::of(&session, asked, &sink)).await
            }
            Query::Events(TimelineSource::CloudTrail, asked) => boxed(|| cloudtrail::of(&session, asked, &sink)).await,
            Query::Events(source, _) => sink.fail(unknown("source", source.word())).await,
            Query::List(kind) | Query::Some(kind, _) | Query::Wrong(kind, _) | Query::Endings(kind, _) => {
                sink.fail(unknown("kind", kind.0)).await;
            }
        }
    }

    /// A set of facts about one resource.
    async fn facts(&self, session: &Session, env: &Environment, set: FactsId, id: &ResourceId, sink: &AnswerSink) {
        const SERVICE: FactsId = SERVICES.detail();
        const DATABASE: FactsId = DATABASES.detail();
        const CACHE: FactsId = CACHES.detail();
        const DISTRIBUTION: FactsId = DISTRIBUTIONS.detail();
        const ALARM: FactsId = ALARMS.detail();
        const SERVICE_SESSIONS: FactsId = kinds::ssm::session_facts(SERVICES);
        const DATABASE_SESSIONS: FactsId = kinds::ssm::session_facts(DATABASES);
        const CACHE_SESSIONS: FactsId = kinds::ssm::session_facts(CACHES);
        let scope = &env.scope;
        match set {
            SERVICE => boxed(|| ecs::detail::detail(session, id, sink)).await,
            services::FACTS => boxed(|| ecs::detail::facts(session, id, false, sink)).await,
            services::FACTS_WITH_IMAGES => boxed(|| ecs::detail::facts(session, id, true, sink)).await,
            services::DEPLOY_IMAGE_FACTS => boxed(|| ecs::image::facts(session, id, sink)).await,
            services::ROLLBACK_FACTS => boxed(|| ecs::history::facts(session, id, sink)).await,
            services::TASK_FACTS => boxed(|| ecs::one_off::facts(session, id, false, sink)).await,
            services::RUN_FACTS => boxed(|| ecs::one_off::facts(session, id, true, sink)).await,
            SERVICE_SESSIONS => boxed(|| ssm::facts::of_service(session, id, sink)).await,
            DATABASE_SESSIONS => boxed(|| ssm::facts::of_database(session, scope, id, sink)).await,
            CACHE_SESSIONS => boxed(|| ssm::facts::of_cache(session, scope, id, sink)).await,
            DATABASE => boxed(|| rds::detail::detail(session, id, sink)).await,
            databases::FACTS => boxed(|| rds::detail::facts(session, id, sink)).await,
            CACHE => boxed(|| elasticache::detail::detail(session, id, sink)).await,
            caches::FLUSH_FACTS => {
                let ways = self.ways(env);
                boxed(|| flush::facts(session, &ways, id, sink)).await;
            }
            DISTRIBUTION => boxed(|| cloudfront::list::detail(session, id, sink)).await,
            ALARM => boxed(|| cloudwatch::alarms::detail(session, id, sink)).await,
            FactsId { kind, name } => sink.fail(unknown("set of facts", &format!("{} {name}", kind.0))).await,
        }
    }

    /// Guards a change, then sends it.
    async fn send(&self, env: &Environment, call: &Call) -> Result<Outcome, Fault> {
        // Rules that hold whoever we are need no request: the pinned identity stands in.
        let anybody = Identity { account: env.account.clone().unwrap_or_default(), arn: Default::default() };
        let (op, change) = Change::of(call)?;
        Permission::grant(env, &anybody, op, call)?;
        let session = self.session(&Key::of(env)).await?;
        // A pin is checked against who we are now, not against who we were when we began.
        let identity = match env.account {
            Some(_) => session.ask_identity().await?,
            None => session.identity().await?,
        };
        let permission = Permission::grant(env, &identity, op, call)?;
        let ways = self.ways(env);
        Ok(boxed(|| change.send(&session, permission, &ways, &self.0.pending_sessions)).await)
    }

    fn ways<'a>(&'a self, env: &'a Environment) -> ConnectionOptions<'a> {
        let Options { patience, process_patience, .. } = &self.0.shared.options;
        let times = NodeTimeouts { connect: patience.connect, answer: patience.read };
        ConnectionOptions {
            env,
            unlocked: &self.0.unlocked,
            open_forwards: &self.0.open_forwards,
            times,
            process_patience: *process_patience,
        }
    }
}

/// Puts a future in a place of its own. The SDK's are large, and a debug build keeps room on the stack for
/// each that a function makes: all reads in one would take more than a thread has.
fn boxed<F: Future>(make: impl FnOnce() -> F) -> Pin<Box<F>> {
    Box::pin(make())
}

fn unknown(what: &str, id: &str) -> Fault {
    Fault::new(FaultKind::Invalid, id, format!("AWS is not asked for this {what}"))
}

impl Cloud for Aws {
    fn profiles(&self) -> BoxFuture<'_, Result<Vec<Profile>, Fault>> {
        async { Ok(profiles::list(&self.0.shared.options.files.load().await?)) }.boxed()
    }

    fn read(&self, env: &Environment, query: Query) -> BoxStream<'static, Result<Answer, Fault>> {
        let (aws, env) = (self.clone(), env.clone());
        stream_answers(|sink| async move { aws.answer(env, query, sink).await })
    }

    fn change(&self, env: &Environment, call: Call) -> BoxFuture<'static, Outcome> {
        let (aws, env) = (self.clone(), env.clone());
        async move { aws.send(&env, &call).await.unwrap_or_else(|fault| Outcome::Refused { fault }) }.boxed()
    }

    fn tidy(&self) -> BoxFuture<'static, ()> {
        let aws = self.clone();
        async move { join(aws.0.orphaned_queries.tidy(), aws.0.orphaned_programs.tidy()).await }.map(drop).boxed()
    }

    fn take_session(&self, started: &str) -> Option<Program> {
        self.0.pending_sessions.take(started).map(|(program, _)| program)
    }

    fn meter(&self) -> CallCounter {
        self.0.shared.counters.meter()
    }

    fn api_usage(&self, env: &Environment) -> Vec<ApiUsage> {
        let slots = self.slots();
        let session = slots.get(&Key::of(env)).and_then(|slot| slot.session.get());
        session.map_or_else(Vec::new, |session| session.api_usage())
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn unlock(&self, env: &Environment, id: &ResourceId, secret: Secret) {
        self.0.unlocked.put(env, id, secret);
    }

    fn forget_credentials(&self, env: &Environment) {
        if let Some(slot) = self.slots().get_mut(&Key::of(env)) {
            slot.session = Arc::default();
        }
    }
}
