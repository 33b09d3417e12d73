//! The SDK's errors as faults of the domain. Display of an `SdkError` says little and its Debug
//! too much, so the chain of sources is walked and put in words here.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::aws::prelude::*;

use super::credentials::Login;
use super::guard::NotAllowed;

/// Codes that ask for fewer requests (aws-runtime, `THROTTLING_ERRORS`; without
/// LimitExceededException, which in ECS means that there are too many of something).
const THROTTLES: [&str; 9] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "SlowDown",
    "EC2ThrottledException",
];

const DENIALS: [&str; 4] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"];

/// Codes about the credentials themselves, after which every other request fails as well.
const LOGINS: [&str; 12] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "AuthFailure",
];

/// Whether an answer's body names one of the throttling codes, in any of the protocols.
pub fn names_a_throttle(body: &[u8]) -> bool {
    // The code stands at the beginning of every error document.
    let head = String::from_utf8_lossy(&body[..body.len().min(1024)]);
    THROTTLES.iter().any(|code| head.contains(code))
}

/// What happened to a request, apart from what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    kind: FaultKind,
    message: String,
    /// AWS answered, with a code of its own: it took notice of the request and did not do it.
    pub answered: bool,
    /// The connection was never made.
    pub unconnected: bool,
}

/// The fault of a failed read.
pub fn of<E>(op: Op, error: &SdkError<E, HttpResponse>, login: &Login) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    read(error).into_fault(op, login)
}

/// What an SDK error says.
pub fn read<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(e) => {
            let status = e.raw().status().as_u16();
            service(e.err().code(), e.err().message(), status)
        }
        SdkError::ResponseError(e) => Failure {
            kind: FaultKind::Other,
            message: format!("the answer (HTTP {}) cannot be read", e.raw().status().as_u16()),
            answered: false,
            unconnected: false,
        },
        SdkError::TimeoutError(_) => timed_out("no answer in time"),
        other => chain(other),
    }
}

fn plain(kind: FaultKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into(), answered: false, unconnected: false }
}

fn timed_out(message: &str) -> Failure {
    plain(FaultKind::TimedOut, message)
}

/// An error that the service told, by its code and status.
fn service(code: Option<&str>, message: Option<&str>, status: u16) -> Failure {
    let Some(code) = code else {
        // A proxy or a load balancer answered in place of the service.
        return plain(FaultKind::Other, format!("HTTP {status} without an error that can be read"));
    };
    let said = message.unwrap_or_default();
    let kind = if THROTTLES.contains(&code) {
        FaultKind::Throttled
    } else if DENIALS.contains(&code) {
        let (action, principal) = parse_denial(said);
        FaultKind::Denied { action: action.into(), principal: principal.into() }
    } else if LOGINS.contains(&code) {
        FaultKind::Expired
    } else if code.ends_with("NotFoundException")
        || code.ends_with("NotFound")
        || code.ends_with("NotFoundFault")
        || code.starts_with("NoSuch")
        // SQS, by either of its protocols: QueueDoesNotExist, AWS.SimpleQueueService.NonExistentQueue.
        || code.ends_with("DoesNotExist")
        || code.contains("NonExistent")
    {
        FaultKind::NotFound
    } else if status >= 500 || matches!(code, "ServerException" | "InternalFailure" | "ServiceUnavailable") {
        FaultKind::Other
    } else {
        FaultKind::Invalid
    };
    let message = if said.is_empty() { code.to_string() } else { format!("{said} ({code})") };
    // A throttled request was not done, though some services say so with a 5xx.
    let answered = status < 500 || kind == FaultKind::Throttled;
    Failure { kind, message, answered, unconnected: false }
}

/// The IAM action and the principal of `User: arn… is not authorized to perform: ecs:ListServices
/// on resource: …`; empty where AWS did not say them.
fn parse_denial(message: &str) -> (String, String) {
    let word_after = |mark: &str| {
        let rest = message.split_once(mark).map(|(_, rest)| rest)?;
        rest.split_whitespace().next().map(|word| word.trim_end_matches(['.', ',']).to_string())
    };
    let action = word_after("perform: ").filter(|action| action.contains(':')).unwrap_or_default();
    let principal = word_after("User: ").filter(|principal| principal.starts_with("arn:")).unwrap_or_default();
    (action, principal)
}

/// An error that is not the service's own answer: network, credentials, settings, our guard.
fn chain(error: &(dyn Error + 'static)) -> Failure {
    let mut links = vec![error];
    while let Some(source) = links.last().copied().and_then(Error::source) {
        links.push(source);
    }
    let texts: Vec<String> = links.iter().map(|e| e.to_string()).collect();
    let says = |needle: &str| texts.iter().any(|text| text.contains(needle));
    let last = texts.last().cloned().unwrap_or_default();

    if let Some(refusal) = links.iter().find_map(|e| e.downcast_ref::<NotAllowed>()) {
        return plain(FaultKind::Refused, refusal.to_string());
    }
    // Assuming a role is a request of its own, and its answer is what matters.
    if let Some(e) = links.iter().find_map(|e| e.downcast_ref::<AssumeRoleError>()) {
        let failure = service(e.code(), e.message(), 400);
        let kind = match failure.kind {
            FaultKind::Denied { action, principal } if action.is_empty() => {
                FaultKind::Denied { action: "sts:AssumeRole".into(), principal }
            }
            kind => kind,
        };
        return Failure { kind, answered: false, ..failure };
    }
    if let Some(e) = links.iter().find_map(|e| e.downcast_ref::<ConnectorError>()) {
        let unconnected = says("client error (Connect)") || says("HTTP connect timeout");
        let kind = if e.is_timeout() { FaultKind::TimedOut } else { FaultKind::Unreachable };
        if e.is_timeout() || e.is_io() {
            return Failure { kind, message: network_words(&texts), answered: false, unconnected };
        }
    }
    if let Some(e) = links.iter().find_map(|e| e.downcast_ref::<CredentialsError>()) {
        let kind = match e {
            CredentialsError::ProviderTimedOut(_) => FaultKind::TimedOut,
            CredentialsError::InvalidConfiguration(_) => FaultKind::Invalid,
            _ => FaultKind::Expired,
        };
        return plain(kind, first_line(&last));
    }
    if says("identity resolver timed out") {
        return timed_out("the credentials did not come in time");
    }
    if says("Missing Region") {
        return plain(FaultKind::Invalid, "no region");
    }
    if links.iter().any(|e| e.to_string().contains("timeout")) {
        return timed_out("no answer in time");
    }
    plain(FaultKind::Other, first_line(&last))
}

/// The network's own words without the wrappers: `tcp connect error: Connection refused`.
fn network_words(texts: &[String]) -> String {
    const WRAPPERS: [&str; 5] = ["dispatch failure", "io error", "timeout", "client error", "credentials"];
    let stream_answers: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|text| !WRAPPERS.iter().any(|wrapper| text.starts_with(wrapper)))
        .map(|text| text.split(" (os error").next().unwrap_or(text))
        .collect();
    let mut said: Vec<&str> = Vec::new();
    for text in stream_answers {
        if !said.iter().any(|s| s.contains(text)) {
            said.push(text);
        }
    }
    if said.is_empty() { "the connection broke".into() } else { said.join(": ") }
}

/// Some causes have several lines; the first says what, the others list attempts.
fn first_line(text: &str) -> String {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_string()
}

impl Failure {
    pub fn into_fault(self, op: Op, login: &Login) -> Fault {
        let remedy = match &self.kind {
            FaultKind::Denied { action, principal } => allow(op, action, principal),
            FaultKind::Expired => login.remedy(),
            FaultKind::Unreachable => "check the network, the VPN and the region's endpoint".to_string(),
            FaultKind::Invalid if self.message == "no region" => NO_REGION.to_string(),
            _ => String::new(),
        };
        let kind = match self.kind {
            // Denied always names an action: the one that was asked for, where AWS left it out.
            FaultKind::Denied { action, principal } if action.is_empty() => {
                FaultKind::Denied { action: op.to_string().into(), principal }
            }
            kind => kind,
        };
        Fault::new(kind, op.to_string(), self.message).with_remedy(remedy)
    }
}

/// What to do about a missing region.
pub const NO_REGION: &str = "choose a region: --region, `region` of the profile or the environment";

fn allow(op: Op, action: &Text, principal: &Text) -> String {
    let action = if action.is_empty() { op.to_string() } else { action.to_string() };
    if principal.is_empty() {
        format!("allow {action} in IAM")
    } else {
        format!("allow {action} for {principal} in IAM")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ops::ecs::LIST_SERVICES;

    fn fault(code: &str, message: &str, status: u16) -> Fault {
        service(Some(code), Some(message), status).into_fault(LIST_SERVICES, &Login::Chain)
    }

    #[test]
    fn codes_become_kinds() {
        for (code, status, kind) in [
            ("ThrottlingException", 400, FaultKind::Throttled),
            ("ExpiredTokenException", 400, FaultKind::Expired),
            ("UnrecognizedClientException", 400, FaultKind::Expired),
            ("ClusterNotFoundException", 400, FaultKind::NotFound),
            ("AWS.SimpleQueueService.NonExistentQueue", 400, FaultKind::NotFound),
            ("QueueDoesNotExist", 400, FaultKind::NotFound),
            ("InvalidParameterException", 400, FaultKind::Invalid),
            ("ServerException", 500, FaultKind::Other),
        ] {
            assert_eq!(fault(code, "", status).kind, kind, "{code}");
        }
    }

    #[test]
    fn a_denial_names_action_principal_and_remedy() {
        let told =
            "User: arn:aws:sts::1:assumed-role/ops/dana is not authorized to perform: ecs:ListServices on resource: *";
        let fault = fault("AccessDeniedException", told, 400);
        assert_eq!(
            fault.kind,
            FaultKind::Denied {
                action: "ecs:ListServices".into(),
                principal: "arn:aws:sts::1:assumed-role/ops/dana".into()
            }
        );
        assert_eq!(fault.remedy, "allow ecs:ListServices for arn:aws:sts::1:assumed-role/ops/dana in IAM");
        assert_eq!(fault.to_string(), "access denied: needs ecs:ListServices");
    }

    #[test]
    fn a_denial_without_words_names_what_was_asked() {
        let fault = fault("AccessDeniedException", "", 400);
        assert_eq!(fault.kind, FaultKind::Denied { action: "ecs:ListServices".into(), principal: "".into() });
        assert_eq!(fault.remedy, "allow ecs:ListServices in IAM");
    }

    #[test]
    fn only_an_answer_of_the_service_proves_that_nothing_was_done() {
        assert!(service(Some("ClientException"), None, 400).answered);
        assert!(service(Some("ThrottlingException"), None, 503).answered);
        assert!(!service(Some("ServerException"), None, 500).answered);
        assert!(!service(None, None, 403).answered, "a proxy may have answered");
    }

    #[test]
    fn throttles_are_seen_in_every_protocol() {
        assert!(names_a_throttle(br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#));
        assert!(names_a_throttle(b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"));
        assert!(!names_a_throttle(br#"{"__type":"ClientException"}"#));
    }

    #[test]
    fn network_words_leave_the_wrappers_out() {
        let texts = [
            "dispatch failure",
            "io error",
            "client error (Connect)",
            "tcp connect error",
            "Connection refused (os error 111)",
        ]
        .map(String::from);
        assert_eq!(network_words(&texts), "tcp connect error: Connection refused");
    }
}
