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
use serde_json::{Map, Value, json};

use super::PendingSessions;
use super::plugin::{self, Granted, Place};
use crate::aws::change::{Members, judge};
use crate::aws::guard::Permission;
use crate::aws::session::Session;
use crate::domain::cache::Endpoint;
use crate::domain::call::Call;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::ops::Op;
use crate::domain::ops::ssm::START_SESSION;
use crate::domain::text::Text;

/// The documents that forward a port; others would give a shell without a plan for one.
const DOCUMENTS: [&str; 2] = ["AWS-StartPortForwardingSession", "AWS-StartPortForwardingSessionToRemoteHost"];

type Answer = Result<HttpResponse, SdkError<ErrorMetadata, HttpResponse>>;

/// The members of StartSession, understood.
#[derive(Debug)]
pub struct Start {
    target: String,
    document: String,
    parameters: Map<String, Value>,
}

impl Start {
    /// # Errors
    /// A member is unknown, missing or of the wrong type, or the document forwards no port.
    pub fn of(op: Op, call: &Call) -> Result<Self, Fault> {
        let mut members = Members::of(op, call);
        let (target, document) = (members.text("Target")?, members.text("DocumentName")?);
        if !DOCUMENTS.contains(&document.as_str()) {
            return Err(members.refused(format!("the document {document} cannot be sent")));
        }
        let Some(Value::Object(parameters)) = members.value("Parameters") else {
            return Err(members.refused("Parameters must be given"));
        };
        let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        if let Some((name, _)) = parameters.iter().find(|(_, value)| !is_list(value)) {
            return Err(members.refused(format!("{name} of Parameters is no list of texts")));
        }
        members.end()?;
        Ok(Self { target, document, parameters })
    }

    /// Where it leads beyond the container.
    fn remote(&self) -> Option<Endpoint> {
        let first = |name: &str| self.parameters.get(name)?.get(0)?.as_str();
        Some(Endpoint::new(first("host")?, first("portNumber")?.parse().ok()?))
    }

    /// Sends it, once, when there is a plugin to speak with what it starts.
    pub async fn send(self, session: &Session, permission: Permission, held: &PendingSessions) -> Outcome {
        let plugin = match plugin::find(session.options().process_patience).await {
            Ok(plugin) => plugin,
            Err(fault) => return Outcome::Refused { fault },
        };
        let body = json!({ "Target": self.target, "DocumentName": self.document, "Parameters": self.parameters });
        let answer = match post(session, &permission, body.to_string()).await {
            Ok(answer) => answer,
            Err(error) => return judge(START_SESSION, &error, &permission, session),
        };
        let request_id = answer.headers().get("x-amzn-requestid").map(Text::new).unwrap_or_default();
        let told: Value = serde_json::from_slice(answer.body().bytes().unwrap_or_default()).unwrap_or_default();
        let member = |name: &str| told[name].as_str().filter(|text| !text.is_empty());
        let (Some(id), Some(token), Some(stream)) = (member("SessionId"), member("TokenValue"), member("StreamUrl"))
        else {
            let fault = Fault::new(FaultKind::Other, START_SESSION.to_string(), "AWS told no session");
            return Outcome::Unknown { fault };
        };
        let endpoint = session.own_endpoint("SSM").unwrap_or_default();
        let place =
            Place { region: &session.region, profile: &session.profile, target: &self.target, endpoint: &endpoint };
        let session_id = Text::new(id);
        held.put(session_id.clone(), plugin::program(&plugin, &Granted { id, token, stream }, &place), self.remote());
        Outcome::Sent(Receipt::of(request_id, Some(session_id)))
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

    fn call(document: &str, parameters: Value) -> Call {
        let members = [("Target", json!("ecs:c_t_r")), ("DocumentName", json!(document)), ("Parameters", parameters)];
        Call::new(START_SESSION, members)
    }

    #[test]
    fn only_ports_are_forwarded() {
        let ports = json!({ "portNumber": ["80"] });
        assert!(Start::of(START_SESSION, &call(DOCUMENTS[0], ports.clone())).is_ok());
        for wrong in [
            call("AWS-StartInteractiveCommand", ports.clone()),
            call(DOCUMENTS[1], json!({ "portNumber": 80 })),
            call(DOCUMENTS[1], json!("80")),
        ] {
            assert_eq!(Start::of(START_SESSION, &wrong).unwrap_err().kind, FaultKind::Refused, "{wrong:?}");
        }
    }

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
