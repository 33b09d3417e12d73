//! The adapter to AWS. Nothing of the SDK leaves this module.
//!
//! A read goes `read` → session → service → budget → guard → wire. A change goes `change` → the
//! rules that need no network → identity → `guard::Permission` → one request.

mod answer_sink;
mod budget;
mod change;
mod client;
mod credentials;
mod ecr;
mod events;
mod fault;
mod guard;
mod keyspace;
mod listing;
mod paging;
mod prelude;
mod process;
mod profiles;
mod registry;
mod session;
mod shape;
mod skew;
mod tags;
mod typed_map;
mod usage;

/// The services that are asked for something: each registers its reads.
macro_rules! services {
    ($($service:ident),* $(,)?) => {
        $(mod $service;)*

        fn registry() -> Registry {
            let mut registry = Registry::default();
            $($service::register(&mut registry);)*
            registry
        }
    };
}

services! {
    autoscaling,
    cloudfront,
    cloudtrail,
    cloudwatch,
    ecs,
    elasticache,
    flush,
    logs,
    rds,
    sqs,
    ssm,
    target_health,
}

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join};
use futures_util::stream::BoxStream;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use self::answer_sink::{AnswerSink, stream_answers};
use self::change::Sending;
use self::flush::Unlocked;
use self::guard::Permission;
use self::logs::insights::OrphanedQueries;
pub use self::profiles::Files;
use self::registry::{ReadContext, Registry};
use self::session::{Key, Session, Shared};
use self::ssm::PendingSessions;
use self::ssm::forward::OrphanedPrograms;
use self::typed_map::TypedMap;
use crate::domain::api_usage::ApiUsage;
use crate::domain::cache::Secret;
use crate::domain::environment::{Identity, Profile};
use crate::domain::prelude::*;
use crate::domain::ssm::Program;
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
    /// Outlives the session: what services keep there never changes.
    lasting: Arc<TypedMap>,
}

struct Inner {
    shared: Arc<Shared>,
    registry: Registry,
    slots: Mutex<HashMap<Key, Slot>>,
}

/// AWS, as the console sees it.
#[derive(Clone)]
pub struct Aws(Arc<Inner>);

impl Aws {
    /// Costs nothing: files, clients and certificates are loaded at first use.
    pub fn new(options: Options) -> Self {
        Self(Arc::new(Inner { shared: Arc::new(Shared::new(options)), registry: registry(), slots: Mutex::default() }))
    }

    /// The environment's session, opened if need be.
    async fn session(&self, key: &Key) -> Result<Arc<Session>, Fault> {
        let (cell, lasting) = {
            let mut slots = self.0.slots.lock();
            let slot = slots.entry(key.clone()).or_default();
            (Arc::clone(&slot.session), Arc::clone(&slot.lasting))
        };
        let open = || async { Session::open(key, Arc::clone(&self.0.shared), lasting).await.map(Arc::new) };
        cell.get_or_try_init(open).await.cloned()
    }

    fn options(&self) -> &Options {
        &self.0.shared.options
    }

    /// What a service keeps for the whole program.
    fn state<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.0.shared.state.state()
    }

    async fn answer(self, env: Environment, query: Query, sink: AnswerSink) {
        let session = match self.session(&Key::of(&env)).await {
            Ok(session) => session,
            Err(fault) => return sink.fail(fault).await,
        };
        let inner = Arc::clone(&self.0);
        let cx = ReadContext { aws: self, env, session, sink };
        if let Err(fault) = inner.registry.answer(&cx, &query).await {
            cx.fail(fault).await;
        }
    }

    /// Guards a change, then sends it.
    async fn send(&self, env: &Environment, call: &Call) -> Result<Outcome, Fault> {
        // Rules that hold whoever we are need no request: the pinned identity stands in.
        let anybody = Identity { account: env.account.clone().unwrap_or_default(), arn: Default::default() };
        let (op, change) = self.0.registry.changes.prepare(call)?;
        Permission::grant(env, &anybody, op, call)?;
        let session = self.session(&Key::of(env)).await?;
        // A pin is checked against who we are now, not against who we were when we began.
        let identity = match env.account {
            Some(_) => session.ask_identity().await?,
            None => session.identity().await?,
        };
        let permission = Permission::grant(env, &identity, op, call)?;
        change(Sending { aws: self, env, session: &session, permission }).await
    }
}

impl Cloud for Aws {
    fn profiles(&self) -> BoxFuture<'_, Result<Vec<Profile>, Fault>> {
        async { Ok(profiles::list(&self.options().files.load().await?)) }.boxed()
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
        async move {
            let (queries, programs) = (aws.state::<OrphanedQueries>(), aws.state::<OrphanedPrograms>());
            join(queries.tidy(), programs.tidy()).await;
        }
        .boxed()
    }

    fn take_session(&self, started: &str) -> Option<Program> {
        self.state::<PendingSessions>().take(started).map(|(program, _)| program)
    }

    fn meter(&self) -> CallCounter {
        self.0.shared.counters.meter()
    }

    fn api_usage(&self, env: &Environment) -> Vec<ApiUsage> {
        let slots = self.0.slots.lock();
        let session = slots.get(&Key::of(env)).and_then(|slot| slot.session.get());
        session.map_or_else(Vec::new, |session| session.api_usage())
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn unlock(&self, env: &Environment, id: &ResourceId, secret: Secret) {
        self.state::<Unlocked>().put(env, id, secret);
    }

    fn forget_credentials(&self, env: &Environment) {
        if let Some(slot) = self.0.slots.lock().get_mut(&Key::of(env)) {
            slot.session = Arc::default();
        }
    }
}
