//! StartSession: one request of AWS JSON 1.1. The SDK's crate for Systems Manager has hundreds of
//! operations and costs more to build than ECS; its signer and HTTP client are here already.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;

use super::PendingSessions;
use super::plugin::{self, Granted, Place};
use crate::aws::guard::Permission;
use crate::aws::prelude::*;
use crate::domain::cache::Endpoint;
use crate::domain::ops::ssm::START_SESSION;
use crate::domain::requests::Request;
use crate::domain::requests::ssm::{Parameters, StartSession};

type Answer = Result<HttpResponse, SdkError<ErrorMetadata, HttpResponse>>;

/// Where it leads beyond the container.
fn remote(Parameters { host, port_number: [port], .. }: &Parameters) -> Option<Endpoint> {
    let [host] = host.as_ref()?;
    Some(Endpoint::new(host.as_str(), port.parse().ok()?))
}

impl SendChange for StartSession {
    /// When there is a plugin to speak with what it starts.
    async fn send(self, to: Sending<'_>) -> Sent {
        let session = to.session;
        let plugin = plugin::find(session.options().process_patience).await?;
        let body = Value::Object(self.call().input).to_string();
        let answer = match post(session, &to.permission, body).await {
            Ok(answer) => answer,
            Err(error) => return outcome_of_error(START_SESSION, &error, &to),
        };
        let request_id = answer.headers().get("x-amzn-requestid").map(Text::new).unwrap_or_default();
        let told: Value = serde_json::from_slice(answer.body().bytes().unwrap_or_default()).unwrap_or_default();
        let member = |name: &str| told[name].as_str().filter(|text| !text.is_empty());
        let (Some(id), Some(token), Some(stream)) = (member("SessionId"), member("TokenValue"), member("StreamUrl"))
        else {
            let fault = Fault::new(FaultKind::Other, START_SESSION.to_string(), "AWS told no session");
            return Ok(Outcome::Unknown { fault });
        };
        let endpoint = session.own_endpoint("SSM").unwrap_or_default();
        let place =
            Place { region: &session.region, profile: &session.profile, target: &self.target, endpoint: &endpoint };
        let session_id = Text::new(id);
        let program = plugin::program(&plugin, &Granted { id, token, stream }, &place);
        to.aws.state::<PendingSessions>().put(session_id.clone(), program, remote(&self.parameters));
        Ok(Outcome::Sent(Receipt::of(request_id, Some(session_id))))
    }
}

/// One signed request. An error is what the SDK's own clients would tell.
async fn post(session: &Session, permission: &Permission, body: String) -> Answer {
    let unsent = |why: Box<dyn std::error::Error + Send + Sync>| SdkError::construction_failure(why);
    let credentials = session.credentials().await.map_err(|fault| unsent(fault.to_string().into()))?;
    let url = session.own_endpoint("SSM").unwrap_or_else(|| host(&session.region));
    let url = if url.ends_with('/') { url } else { format!("{url}/") };
    let target = format!("AmazonSSM.{}", START_SESSION.name);
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(&session.region)
        .name("ssm")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|why| unsent(why.into()))?
        .into();
    let signable =
        SignableRequest::new("POST", url.as_str(), headers.into_iter(), SignableBody::Bytes(body.as_bytes()));
    let (instructions, _) =
        signable.and_then(|request| sign(request, &params)).map_err(|why| unsent(why.into()))?.into_parts();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST").map_err(|why| unsent(why.into()))?;
    request.set_uri(url.as_str()).map_err(|why| unsent(why.into()))?;
    for (name, value) in headers.into_iter().chain(instructions.headers()) {
        request.headers_mut().insert(name.to_string(), value.to_string());
    }
    if !permission.spend() {
        return Err(unsent("a change is sent once".into()));
    }
    let call = async {
        let answer = session.connector().call(request).await.map_err(SdkError::dispatch_failure)?;
        whole(answer).await
    };
    match tokio::time::timeout(session.options().patience.attempt, call).await {
        Ok(answer) => answer,
        Err(late) => Err(SdkError::timeout_error(late)),
    }
}

/// The answer with all of its body, or the error that it is.
async fn whole(answer: HttpResponse) -> Answer {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let kept = |body: SdkBody| {
        let mut kept = HttpResponse::new(status, body);
        *kept.headers_mut() = headers.clone();
        kept
    };
    let body = match ByteStream::new(answer.into_body()).collect().await {
        Ok(body) => body.into_bytes(),
        Err(why) => return Err(SdkError::response_error(why, kept(SdkBody::empty()))),
    };
    if status.is_success() {
        return Ok(kept(SdkBody::from(body)));
    }
    let told: Value = serde_json::from_slice(&body).unwrap_or_default();
    let said = |names: [&str; 2]| names.into_iter().find_map(|name| told[name].as_str());
    let mut error = ErrorMetadata::builder();
    // `com.amazonaws.ssm#TargetNotConnected:http://…`: the name alone is the code.
    if let Some(code) = headers.get("x-amzn-errortype").or(said(["__type", "code"])) {
        let code = code.rsplit('#').next().unwrap_or(code);
        error = error.code(code.split(':').next().unwrap_or(code));
    }
    if let Some(message) = said(["message", "Message"]) {
        error = error.message(message);
    }
    Err(SdkError::service_error(error.build(), kept(SdkBody::from(body))))
}

/// Where Systems Manager is in a region (AWS General Reference). China has a domain of its own.
fn host(region: &str) -> String {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://ssm.{region}.amazonaws.com{china}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_has_its_code_and_words() {
        let body = r#"{"__type":"com.amazonaws.ssm#TargetNotConnected","message":"not connected"}"#;
        let answer = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        let error = whole(answer).await.unwrap_err();
        use aws_smithy_types::error::metadata::ProvideErrorMetadata;
        assert_eq!((error.code(), error.message()), (Some("TargetNotConnected"), Some("not connected")));
    }

    #[test]
    fn the_host_follows_the_partition() {
        assert_eq!(host("eu-west-1"), "https://ssm.eu-west-1.amazonaws.com/");
        assert_eq!(host("cn-north-1"), "https://ssm.cn-north-1.amazonaws.com.cn/");
    }
}
