//! One environment's way to AWS: its clients, credentials, budget and what never changes. Made
//! once, at first use, and kept.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_sts::config::SharedAsyncSleep;
use aws_sdk_sts::config::retry::RetryPartition;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::service_config::ServiceConfigKey;
use parking_lot::Mutex;

use super::budget::{Budget, Budgets, Urgency};
use super::client::{ClientConfig, Place, SdkClient, sdk_client};
use super::cloudfront;
use super::credentials::{Login, of_chain, of_profile};
use super::guard::{Counters, Guard, Pass, Permission};
use super::typed_map::TypedMap;
use super::usage::Tally;
use super::{Options, Timeouts, fault};
use crate::domain::api_usage::{ApiUsage, Lately};
use crate::domain::environment::Identity;
use crate::domain::ops::sts::GET_CALLER_IDENTITY;
use crate::domain::prelude::*;
use crate::kinds;

/// A request that waits shorter for the budget is not told as held back.
const HELD: Duration = Duration::from_millis(100);

/// Which session an environment needs: another profile or region under the same name is another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    environment: String,
    pub profile: Option<String>,
    pub region: Option<String>,
}

impl Key {
    pub fn of(env: &Environment) -> Self {
        let owned = |text: &Option<crate::domain::text::Text>| text.as_ref().map(|text| text.to_string());
        Self { environment: env.name.to_string(), profile: owned(&env.profile), region: owned(&env.region) }
    }
}

/// What all sessions share.
#[derive(Debug)]
pub struct Shared {
    pub options: Options,
    pub counters: Arc<Counters>,
    pub budgets: Budgets,
    /// What services keep for the whole program.
    pub state: TypedMap,
    /// One connection pool and one load of the root certificates for all clients.
    http: std::sync::OnceLock<SharedHttpClient>,
}

impl Shared {
    pub fn new(options: Options) -> Self {
        Self {
            options,
            counters: Arc::default(),
            budgets: Budgets::default(),
            state: TypedMap::default(),
            http: std::sync::OnceLock::new(),
        }
    }

    fn http(&self) -> SharedHttpClient {
        self.http.get_or_init(http_client).clone()
    }
}

/// The SDK's default client as one that can be shared; HTTPS_PROXY and its like are honoured.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        connector(settings, components.and_then(|components| components.sleep_impl()))
    })
}

fn connector(settings: Option<&HttpConnectorSettings>, sleep: Option<SharedAsyncSleep>) -> Connector {
    let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
    connector.set_connector_settings(settings.cloned());
    connector.set_sleep_impl(sleep);
    connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build()
}

/// See the module.
pub struct Session {
    pub region: String,
    /// Of the AWS files; empty for the credentials of the surroundings.
    pub profile: String,
    pub login: Login,
    /// By their [`Place`].
    clients: [TypedMap; 2],
    state: TypedMap,
    lasting: Arc<TypedMap>,
    tally: Arc<Tally>,
    shared: Arc<Shared>,
    partition: String,
    sdk: SdkConfig,
    budget: Mutex<Arc<Budget>>,
    identity: Mutex<Option<Identity>>,
}

sdk_client!(aws_sdk_sts, "STS", "sts");

fn retries(patience: &Timeouts) -> RetryConfig {
    RetryConfig::standard().with_max_attempts(patience.attempts).with_initial_backoff(patience.backoff)
}

fn timeouts(patience: &Timeouts) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(patience.connect)
        .read_timeout(patience.read)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.operation)
        .build()
}

/// The SDK's settings for an environment. Endpoints stay the SDK's business: AWS_ENDPOINT_URL, the
/// per-service ones and the profile's are read by it.
async fn settings(key: &Key, shared: &Shared) -> Result<(SdkConfig, Login), Fault> {
    let Options { files, endpoint_url, patience, process_patience, .. } = &shared.options;
    let set = files.load().await?;
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .profile_files(files.with_overlay(None))
        .http_client(shared.http())
        .retry_config(retries(patience))
        .timeout_config(timeouts(patience));
    if let Ok(name) = AppName::new("midwatch") {
        loader = loader.app_name(name);
    }
    if let Some(region) = &key.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(profile) = &key.profile {
        if set.get_profile(profile).is_none() {
            let message = format!("there is no profile {profile:?} in the AWS files");
            let remedy = "`aws configure list-profiles` lists them";
            return Err(Fault::new(FaultKind::Invalid, "profile", message).with_remedy(remedy));
        }
        loader = loader.profile_name(profile);
    }
    let sdk = loader.load().await;
    // What the providers of credentials use for requests of their own (STS, SSO).
    let conf = ProviderConfig::without_region()
        .with_region(sdk.region().cloned())
        .with_use_fips(sdk.use_fips())
        .with_use_dual_stack(sdk.use_dual_stack())
        .with_http_client(shared.http())
        .with_retry_config(retries(patience))
        .with_timeout_config(timeouts(patience));
    let (provider, login) = match &key.profile {
        Some(profile) => {
            let provider = of_profile(&set, files, profile, &conf, *process_patience);
            (Some(provider), Login::of(&set, profile))
        }
        None => (of_chain(&set, files, &conf, *process_patience), Login::Chain),
    };
    let sdk = match provider {
        Some(provider) => sdk.into_builder().credentials_provider(provider).build(),
        None => sdk,
    };
    Ok((sdk, login))
}

impl Session {
    /// Opens a session. `lasting` outlives it: what services keep there never changes.
    ///
    /// # Errors
    /// The AWS files cannot be read, there is no such profile, or no region.
    pub async fn open(key: &Key, shared: Arc<Shared>, lasting: Arc<TypedMap>) -> Result<Self, Fault> {
        let (sdk, login) = settings(key, &shared).await?;
        let Some(region) = sdk.region().map(ToString::to_string).filter(|region| !region.is_empty()) else {
            return Err(Fault::new(FaultKind::Invalid, "region", "no region").with_remedy(fault::NO_REGION));
        };
        let owner = format!("profile {}", key.profile.as_deref().unwrap_or_default());
        let budget = shared.budgets.of(&owner, &region, None);
        Ok(Self {
            partition: format!("{}/{owner}/{region}", key.environment),
            region,
            profile: key.profile.clone().unwrap_or_default(),
            login,
            clients: Default::default(),
            state: TypedMap::default(),
            lasting,
            tally: Arc::default(),
            sdk,
            budget: Mutex::new(budget),
            identity: Mutex::new(None),
            shared,
        })
    }

    /// The client of a service for reads, made at first use.
    pub fn client<C: SdkClient>(&self) -> C {
        self.client_at(C::PLACE)
    }

    /// The same in another place than the service's own.
    pub fn client_at<C: SdkClient>(&self, place: Place) -> C {
        self.clients[place as usize].get_or_insert_with(|| self.build(place, Pass::Reads(kinds::reads())))
    }

    /// A client that makes one kind of read and can do nothing else.
    pub fn client_for_only<C: SdkClient>(&self, op: Op) -> C {
        self.build(C::PLACE, Pass::Only(op))
    }

    /// A client that sends the one permitted change, with one attempt and no more.
    pub fn client_for_change<C: SdkClient>(&self, permission: Permission) -> C {
        self.build(C::PLACE, Pass::Change(permission))
    }

    fn build<C: SdkClient>(&self, place: Place, pass: Pass) -> C {
        let (mut sdk, mut partition) = (self.sdk.to_builder(), C::SERVICE.iam);
        if place == Place::Home {
            sdk = sdk.region(Region::new(cloudfront::home(&self.region)));
        }
        if let Pass::Change(_) = pass {
            (sdk, partition) = (sdk.retry_config(RetryConfig::disabled()), "change");
        }
        C::build(ClientConfig {
            sdk: sdk.build(),
            partition: RetryPartition::new(format!("{}/{partition}", self.partition)),
            guard: Guard::new(C::SERVICE, pass, Arc::clone(&self.shared.counters), Arc::clone(&self.tally)),
        })
    }

    /// What a service remembers while this session lasts.
    pub fn state<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.state.state()
    }

    /// What a service remembers of the environment beyond the session: of what never changes.
    pub fn lasting<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.lasting.state()
    }

    /// Our credentials themselves, for a token made of them.
    ///
    /// # Errors
    /// There are none, or they have expired.
    pub async fn credentials(&self) -> Result<Credentials, Fault> {
        let none = |message: String| Fault::new(FaultKind::Expired, "credentials", message);
        let provider = self.sdk.credentials_provider().ok_or_else(|| none("there are none".into()))?;
        provider.provide_credentials().await.map_err(|error| none(error.to_string()))
    }

    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// The endpoint that somebody set for a service, by its id (`sdkId` of the API model), in the order in
    /// which the SDK's own clients look for it. `None`: AWS's own.
    pub fn own_endpoint(&self, service: &str) -> Option<String> {
        if self.shared.options.endpoint_url.is_none()
            && let Some(loader) = self.sdk.service_config()
            && let Ok(key) =
                ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build()
            && let Some(url) = loader.load_config(key)
        {
            return Some(url);
        }
        self.sdk.endpoint_url().map(str::to_string)
    }

    /// For a request that goes out without a client of the SDK: where it goes through, counted as one.
    pub fn connector(&self) -> Connector {
        self.shared.counters.count();
        let patience = &self.shared.options.patience;
        let settings =
            HttpConnectorSettings::builder().connect_timeout(patience.connect).read_timeout(patience.read).build();
        connector(Some(&settings), self.sdk.sleep_impl())
    }

    /// How far AWS's clock is from ours, in milliseconds.
    pub fn skew(&self) -> i64 {
        self.shared.counters.skew.get()
    }

    pub fn budget(&self) -> Arc<Budget> {
        Arc::clone(&self.budget.lock())
    }

    /// Waits until the budget has room for a request.
    pub async fn wait_for_budget(&self, op: Op, urgency: Urgency) {
        let waited = self.budget().take(op, urgency).await;
        if waited >= HELD
            && let Some(family) = op.family
        {
            self.tally.write(family, Lately::held(waited));
        }
    }

    /// What was asked lately.
    pub fn api_usage(&self) -> Vec<ApiUsage> {
        self.tally.read(&self.budget())
    }

    /// Sends a read when the budget has room for it.
    ///
    /// # Errors
    /// What the SDK told, typed.
    pub async fn ask<T, E>(
        &self,
        op: Op,
        urgency: Urgency,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        self.wait_for_budget(op, urgency).await;
        request.await.map_err(|error| fault::of(op, &error, &self.login))
    }

    /// As [`Session::ask`]; `None` where there is no such thing, or none any more.
    pub async fn find<T, E>(
        &self,
        op: Op,
        urgency: Urgency,
        request: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<Option<T>, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match self.ask(op, urgency, request).await {
            Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
            told => told.map(Some),
        }
    }

    /// Who we are, asked afresh.
    pub async fn ask_identity(&self) -> Result<Identity, Fault> {
        let told = self.ask(GET_CALLER_IDENTITY, Urgency::Now, client(self).get_caller_identity().send()).await?;
        let text = |value: Option<&str>| value.unwrap_or_default().into();
        let identity = Identity { account: text(told.account()), arn: text(told.arn()) };
        if identity.account.is_empty() {
            return Err(Fault::new(FaultKind::Other, GET_CALLER_IDENTITY.to_string(), "STS named no account"));
        }
        let budget = self.budget();
        let budget = self.shared.budgets.of(&identity.account, &self.region, Some(&budget));
        *self.budget.lock() = budget;
        *self.identity.lock() = Some(identity.clone());
        Ok(identity)
    }

    /// Who we are; asked once.
    pub async fn identity(&self) -> Result<Identity, Fault> {
        let known = self.identity.lock().clone();
        match known {
            Some(identity) => Ok(identity),
            None => self.ask_identity().await,
        }
    }
}

/// How long sessions wait, in the default setting.
impl Default for Timeouts {
    /// The SDK's own defaults have no read timeout at all, and a backoff of a second that a
    /// person waits for.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(5),
            attempt: Duration::from_secs(5),
            operation: Duration::from_secs(15),
            attempts: 3,
            backoff: Duration::from_millis(150),
        }
    }
}
