//! Bodies that are ours and not the SDK's. ECS takes JSON with the members of the API model, as a [`Call`] has
//! them: what a plan showed and the journal keeps is what is sent.
//!
//! [`Call`]: crate::domain::call::Call

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

use crate::domain::debug_as;
use crate::domain::requests::Request;

/// Puts a body in the place of the one that the SDK wrote.
pub struct Body(pub String);

impl Body {
    /// All members of a request and no others.
    pub fn of(request: &impl Request) -> Self {
        Self(Value::Object(request.call().input).to_string())
    }
}

// Without what is in it: there may be values of an environment.
debug_as!(Body, |_it| "Body");

#[dyn_dispatch_hint]
impl Intercept for Body {
    fn name(&self) -> &'static str {
        "midwatch raw request"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.headers_mut().insert("content-length", self.0.len().to_string());
        *request.body_mut() = SdkBody::from(self.0.as_str());
        Ok(())
    }
}
