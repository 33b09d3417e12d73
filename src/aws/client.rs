//! How a session makes the SDK's clients: each service declares its own, and all have the same settings,
//! retries and guard.

use aws_config::SdkConfig;
use aws_sdk_sts::config::retry::RetryPartition;

use super::guard::Guard;

/// A service as the SDK calls it (`sdkId` of the API model), and as IAM and the table of operations do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceName {
    pub sdk: &'static str,
    pub iam: &'static str,
}

/// Which Region a client signs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The environment's.
    Environment,
    /// CloudFront's home, where its metrics and alarms are too.
    Home,
}

/// What a client is made of.
pub struct ClientConfig {
    pub sdk: SdkConfig,
    /// The SDK's retry quota is global by service and Region unless partitioned: a throttled environment
    /// must not use up the retries of another.
    pub partition: RetryPartition,
    pub guard: Guard,
}

/// A client of the SDK; see [`sdk_client`].
pub trait SdkClient: Clone + Send + Sync + 'static {
    const SERVICE: ServiceName;
    /// Where it is asked, unless somebody says otherwise.
    const PLACE: Place = Place::Environment;

    fn build(config: ClientConfig) -> Self;
}

/// Declares the client of the service that a module is about, by the SDK's crate, its name of the service and
/// IAM's, with what else intercepts its requests; and `client`, which gives it. `impl …` leaves that out.
macro_rules! sdk_client {
    ($sdk_crate:ident, $($declared:tt)*) => {
        sdk_client!(impl $sdk_crate, $($declared)*);

        /// The client for reads.
        pub fn client(session: &$crate::aws::session::Session) -> $sdk_crate::Client {
            session.client()
        }
    };
    (impl $sdk_crate:ident, $sdk:literal, $iam:literal $(, at $place:ident)? $(, with $interceptor:expr)?) => {
        impl $crate::aws::client::SdkClient for $sdk_crate::Client {
            const SERVICE: $crate::aws::client::ServiceName =
                $crate::aws::client::ServiceName { sdk: $sdk, iam: $iam };
            $(const PLACE: $crate::aws::client::Place = $crate::aws::client::Place::$place;)?

            fn build(config: $crate::aws::client::ClientConfig) -> Self {
                let builder = $sdk_crate::config::Builder::from(&config.sdk)
                    .retry_partition(config.partition)
                    .interceptor(config.guard)
                    $(.interceptor($interceptor))?;
                Self::from_conf(builder.build())
            }
        }
    };
}

pub(super) use sdk_client;
