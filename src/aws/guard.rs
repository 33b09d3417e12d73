//! The last gate before the wire: an interceptor on every client. It lets reads of the allow-list
//! pass, and one change that holds a [`Permission`]; everything else ends here, unsent.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::client::ServiceName;
use super::fault;
use super::skew::Skew;
use super::usage::Tally;
use crate::aws::prelude::*;
use crate::domain::api_usage::Lately;
use crate::domain::environment::Identity;
use crate::domain::ops::{self, Family};
use crate::kinds;
use crate::port::{CallCounter, may_change};

/// Requests counted where they are sent, attempts one by one.
#[derive(Debug, Default)]
pub struct Counters {
    calls: AtomicU64,
    throttled: AtomicU64,
    /// Of our clock, by what the answers say.
    pub skew: Skew,
}

impl Counters {
    /// A request that goes out without a client of the SDK.
    pub fn count(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub fn meter(&self) -> CallCounter {
        CallCounter { calls: self.calls.load(Ordering::Relaxed), throttled: self.throttled.load(Ordering::Relaxed) }
    }
}

/// The right to send one change once. Only [`Permission::grant`] makes one, so no code path
/// reaches a change without [`may_change`].
#[derive(Clone, Debug)]
pub struct Permission {
    op: Op,
    spent: Arc<AtomicBool>,
}

impl Permission {
    /// # Errors
    /// The rule that forbids the call: read-only, the pin, or no action declares the operation.
    pub fn grant(env: &Environment, identity: &Identity, op: Op, call: &Call) -> Result<Self, Fault> {
        may_change(env, identity, call)?;
        if !call.is(op) || !kinds::changes().contains(&op) {
            let what = format!("{}:{}", call.service, call.operation);
            return Err(Fault::refused(what, "no action of midwatch sends this operation"));
        }
        Ok(Self { op, spent: Arc::default() })
    }

    /// Whether the request reached the point of being sent. While this is false nothing has left
    /// the machine, whatever the error says.
    pub fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Acquire)
    }

    /// Spends it, for what is not sent through the SDK. `false`: it was spent before.
    pub fn spend(&self) -> bool {
        !self.spent.swap(true, Ordering::AcqRel)
    }
}

/// What the gate lets through.
#[derive(Debug)]
pub enum Pass {
    /// The operations that some kind or action declares as reads.
    Reads(Vec<Op>),
    /// One read that no kind declares.
    Only(Op),
    Change(Permission),
}

/// The interceptor; see the module.
#[derive(Debug)]
pub struct Guard {
    service: ServiceName,
    pass: Pass,
    counters: Arc<Counters>,
    tally: Arc<Tally>,
}

impl Guard {
    pub fn new(service: ServiceName, pass: Pass, counters: Arc<Counters>, tally: Arc<Tally>) -> Self {
        Self { service, pass, counters, tally }
    }

    /// `service` as the SDK says it: a client of another service than the one declared passes nothing.
    fn admits(&self, service: &str, operation: &str) -> bool {
        let is = |op: &Op| service == self.service.sdk && op.service == self.service.iam && op.name == operation;
        match &self.pass {
            Pass::Reads(ops) => ops.iter().any(is),
            Pass::Only(op) => is(op),
            Pass::Change(permission) => is(&permission.op),
        }
    }

    /// Which quota the request under way draws on.
    fn family(&self, cfg: &ConfigBag) -> Option<Family> {
        ops::find(self.service.iam, cfg.load::<Metadata>()?.name())?.family
    }
}

/// The refusal, found again in the SDK's error by its type.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotAllowed(String);

#[dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "midwatch guard"
    }

    // The first hook that knows the operation; no credentials have been asked for yet.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(metadata) = cfg.load::<Metadata>() else {
            return Err(NotAllowed("an operation without a name is not sent".into()).into());
        };
        if self.admits(metadata.service(), metadata.name()) {
            return Ok(());
        }
        let service = self.service.iam;
        Err(NotAllowed(format!("{service}:{} is not on the list of what midwatch may send", metadata.name())).into())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Pass::Change(permission) = &self.pass
            && !permission.spend()
        {
            // Retries are off for changes. This holds even if a setting turns them on again.
            return Err(NotAllowed("a change is sent once".into()).into());
        }
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(family) = self.family(cfg) {
            self.tally.write(family, Lately::sent(1));
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().and_then(|response| response.headers().get("date")) {
            self.counters.skew.record(date, Timestamp::now().as_millisecond());
        }
        // The error is typed by its operation here, so the code is looked for in the answer itself.
        if let Some(response) = context.response()
            && response.status().as_u16() >= 400
            && response.body().bytes().is_some_and(fault::names_a_throttle)
        {
            self.counters.throttled.fetch_add(1, Ordering::Relaxed);
            if let Some(family) = self.family(cfg) {
                self.tally.write(family, Lately::throttled());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECS: ServiceName = ServiceName { sdk: "ECS", iam: "ecs" };
    const STS: ServiceName = ServiceName { sdk: "STS", iam: "sts" };

    fn reads(service: ServiceName) -> Guard {
        Guard::new(service, Pass::Reads(kinds::reads()), Arc::default(), Arc::default())
    }

    #[test]
    fn the_gate_of_reads_lets_no_change_pass() {
        let (ecs, sts) = (reads(ECS), reads(STS));
        assert!(sts.admits("STS", "GetCallerIdentity") && ecs.admits("ECS", "ListClusters"));
        assert!(!ecs.admits("ECS", "UpdateService") && !ecs.admits("ECS", "DeleteService"));
        assert!(!sts.admits("STS", "AssumeRole"));
        for op in kinds::changes() {
            let guard = reads(ServiceName { sdk: "X", iam: op.service });
            assert!(!guard.admits("X", op.name), "{op}");
        }
    }

    #[test]
    fn a_client_of_another_service_passes_nothing() {
        assert!(!reads(ECS).admits("STS", "GetCallerIdentity"));
        assert!(!reads(STS).admits("ECS", "ListClusters") && !reads(ECS).admits("EKS", "ListClusters"));
    }

    use aws_sdk_ecs::config::retry::RetryConfig;
    use aws_sdk_ecs::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;

    /// A wire that answers everything with an error worth a retry, and counts.
    #[derive(Clone, Debug, Default)]
    struct Wire(Arc<AtomicU64>);

    impl HttpConnector for Wire {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            self.0.fetch_add(1, Ordering::Relaxed);
            let body = SdkBody::from(r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
            HttpConnectorFuture::ready(Ok(HttpResponse::new(400.try_into().unwrap(), body)))
        }
    }

    /// A client with this guard and retries switched on.
    fn client(guard: Guard, wire: &Wire) -> aws_sdk_ecs::Client {
        let wire = wire.clone();
        let conf = aws_sdk_ecs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .retry_config(RetryConfig::standard().with_initial_backoff(std::time::Duration::from_millis(1)))
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(wire.clone())))
            .interceptor(guard)
            .build();
        aws_sdk_ecs::Client::from_conf(conf)
    }

    fn permission() -> Permission {
        let env = Environment::of_profile("dev", Some("dev"), None);
        let identity = Identity { account: "1".into(), arn: "arn:x".into() };
        let call = Call::new(ops::ecs::UPDATE_SERVICE, [("cluster", "c".into())]);
        Permission::grant(&env, &identity, ops::ecs::UPDATE_SERVICE, &call).unwrap()
    }

    #[tokio::test]
    async fn a_change_through_a_client_of_reads_never_reaches_the_wire() {
        let (wire, counters) = (Wire::default(), Arc::<Counters>::default());
        let client = client(Guard::new(ECS, Pass::Reads(kinds::reads()), Arc::clone(&counters), Arc::default()), &wire);
        let error = client.delete_service().service("x").send().await.unwrap_err();
        let fault = fault::read(&error).into_fault(ops::ecs::UPDATE_SERVICE, &crate::aws::credentials::Login::Chain);
        assert_eq!(fault.kind, crate::domain::fault::FaultKind::Refused);
        assert!(fault.message.contains("ecs:DeleteService"), "{fault:?}");
        assert!(client.update_service().service("x").send().await.is_err());
        assert_eq!((wire.0.load(Ordering::Relaxed), counters.meter()), (0, CallCounter::default()));
    }

    #[tokio::test]
    async fn a_permission_is_good_for_one_request_whatever_the_retries_say() {
        let (wire, permission) = (Wire::default(), permission());
        let client = client(Guard::new(ECS, Pass::Change(permission.clone()), Arc::default(), Arc::default()), &wire);
        assert!(client.list_clusters().send().await.is_err(), "not even a read");
        assert!(!permission.is_spent());
        assert!(client.update_service().service("x").send().await.is_err());
        assert!(permission.is_spent());
        assert!(client.update_service().service("x").send().await.is_err());
        assert_eq!(wire.0.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn every_attempt_of_a_read_is_counted() {
        let (wire, counters) = (Wire::default(), Arc::<Counters>::default());
        assert!(
            client(Guard::new(ECS, Pass::Reads(kinds::reads()), Arc::clone(&counters), Arc::default()), &wire)
                .list_clusters()
                .send()
                .await
                .is_err()
        );
        assert_eq!(counters.meter(), CallCounter { calls: 3, throttled: 3 });
    }
}
