//! The password of an ElastiCache user who proves himself by IAM: a request to connect, signed for
//! fifteen minutes and never sent over HTTP.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;

use crate::domain::cache::Secret;
use crate::domain::fault::{Fault, FaultKind};

/// ElastiCache takes no token that is older.
const VALID: Duration = Duration::from_secs(900);

/// An IAM auth token: a presigned GET `http://{cache}/?Action=connect&User={user}`, without its
/// scheme (AWS documentation, "Authenticating with IAM"). The connection that it opens lives for
/// twelve hours.
pub fn iam_token(
    credentials: &Credentials,
    region: &str,
    cache: &str,
    user: &str,
    serverless: bool,
    at: SystemTime,
) -> Result<Secret, Fault> {
    // AWS allows no others in the names of both, and so nothing is left to encode.
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !plain(cache) || !plain(user) {
        let message = format!("an IAM token needs the names of a cache and a user, not {cache:?} and {user:?}");
        return Err(Fault::new(FaultKind::Invalid, "redis", message));
    }
    let resource = if serverless { "&ResourceType=ServerlessCache" } else { "" };
    let url = format!("http://{cache}/?Action=connect&User={user}{resource}");
    signed(&url, credentials, region, at)
        .map(|url| Secret(url.strip_prefix("http://").unwrap_or(&url).to_string()))
        .map_err(|error| Fault::new(FaultKind::Other, "credentials", format!("no IAM token: {error}")))
}

fn signed(
    url: &str,
    credentials: &Credentials,
    region: &str,
    at: SystemTime,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(VALID);
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("elasticache")
        .time(at)
        .settings(settings)
        .build()?
        .into();
    let request = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    let mut request = http::Request::get(url).body(())?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(request.uri().to_string())
}
