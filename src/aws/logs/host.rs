//! Where StartLiveTail goes. The SDK puts `stream-` before the host of whatever endpoint there is;
//! before an endpoint of one's own that makes a name which nobody knows.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Takes the prefix away again, except at AWS's own endpoint, which is `stream-logs.REGION…`
/// (Amazon CloudWatch Logs endpoints and quotas).
#[derive(Debug)]
pub struct FixHost;

fn fixed(uri: &str) -> Option<String> {
    let (scheme, host) = uri.split_once("://stream-")?;
    (!host.starts_with("logs.") && !host.starts_with("logs-fips.")).then(|| format!("{scheme}://{host}"))
}

#[dyn_dispatch_hint]
impl Intercept for FixHost {
    fn name(&self) -> &'static str {
        "midwatch host"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Some(uri) = fixed(request.uri()) {
            request.set_uri(uri)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endpoints_of_ones_own_lose_the_prefix() {
        for (uri, is) in [
            ("http://stream-127.0.0.1:5055/in/room/", Some("http://127.0.0.1:5055/in/room/")),
            ("https://stream-localstack.test/", Some("https://localstack.test/")),
            ("https://stream-logs.us-east-1.amazonaws.com/", None),
            ("https://stream-logs-fips.us-east-1.amazonaws.com/", None),
            ("http://127.0.0.1:5055/", None),
        ] {
            assert_eq!(fixed(uri).as_deref(), is, "{uri}");
        }
    }
}
