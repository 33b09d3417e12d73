//! What goes wrong between us and a node, and how it is put to a person: what failed, and which
//! line of the configuration mends it.

use std::io;
use std::time::Duration;

use ::redis::{ErrorKind, RedisError};
use tokio_rustls::rustls::{self, CertificateError};

use super::{Broken, Target};
use crate::domain::fault::{Fault, FaultKind};
use crate::kinds::caches::actions::flush::AUTH;

const TUNNEL: &str = "caches are reached from inside the VPC only: open a tunnel (ssh -L 6379:HOST:6379 BASTION) and \
                      set endpoint in [environment.NAME.cache.CACHE]";
const FAR_END: &str = "over a tunnel: see whether its far end reaches the cache";
const WANTS_TLS: &str = "it may want TLS: set tls = true in [environment.NAME.cache.CACHE]; over a tunnel, see whether \
                         its far end reaches the cache";
const NO_TLS: &str = "if it has no encryption in transit set tls = false in [environment.NAME.cache.CACHE]";
const CA_FILE: &str = "name its CA's PEM file in ca_file of [environment.NAME.cache.CACHE]";
const SERVER_NAME: &str =
    "set server_name in [environment.NAME.cache.CACHE] to the name that the certificate is for: AWS's endpoint";
const LOOK_FIRST: &str = "it may have been done: look at its keys before sending it again";

/// What happened, apart from what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The settings cannot be used; nothing was tried.
    Setup(String),
    Connect(io::Error),
    SlowConnect(Duration),
    Tls(io::Error),
    /// TCP stands, TLS does not.
    SlowTls(Duration),
    /// No answer to a command.
    Slow(Duration),
    /// The connection ended before the answer.
    Cut(String),
    /// An answer, but not of this protocol or not of this command.
    Strange(String),
    /// The server says no. Memcached's code is empty.
    Server {
        code: String,
        text: String,
    },
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match (error.kind(), error.code()) {
            (ErrorKind::Server(_) | ErrorKind::Extension, Some(code)) => {
                Self::Server { code: code.into(), text: error.detail().unwrap_or_default().into() }
            }
            (ErrorKind::Io, _) => Self::Cut(error.to_string()),
            _ => Self::Strange(error.to_string()),
        }
    }
}

/// What was asked of whom.
#[derive(Clone, Copy)]
pub struct ReadKey<'a> {
    /// `redis`, `memcached`.
    pub engine: &'static str,
    pub target: &'a Target,
    /// Empty while there is no connection.
    pub command: &'a str,
    /// The server answered nothing yet, so it may be no server at all.
    pub first: bool,
}

impl Failure {
    /// The server took notice of the command and did not do it.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Server { .. })
    }

    /// The fault of a command that changes nothing.
    pub fn fault(&self, asked: ReadKey<'_>) -> Fault {
        let ReadKey { engine, target, command, first } = asked;
        let at = &target.address;
        let of = |kind, message: String, remedy| Fault::new(kind, engine, message).with_remedy(remedy);
        let unreachable = |message, remedy| of(FaultKind::Unreachable, message, remedy);
        match self {
            Self::Setup(why) => of(FaultKind::Invalid, why.clone(), ""),
            Self::Connect(error) => unreachable(format!("cannot connect to {at}: {error}"), TUNNEL),
            Self::SlowConnect(time) => {
                of(FaultKind::TimedOut, format!("no connection to {at} in {}", seconds(*time)), TUNNEL)
            }
            Self::Tls(error) => {
                let (why, remedy) = tls(error, target);
                unreachable(format!("no TLS with {at}: {why}"), remedy)
            }
            Self::SlowTls(time) => {
                of(FaultKind::TimedOut, format!("connected to {at}, but no TLS in {}", seconds(*time)), NO_TLS)
            }
            Self::Slow(time) => {
                let remedy = if first { FAR_END } else { "" };
                of(FaultKind::TimedOut, format!("{at} did not answer {command} in {}", seconds(*time)), remedy)
            }
            Self::Cut(why) if first => {
                let remedy = if target.tls.is_none() { WANTS_TLS } else { FAR_END };
                unreachable(format!("{at} closed the connection at the first command, {command}: {why}"), remedy)
            }
            Self::Cut(why) => {
                unreachable(format!("the connection to {at} ended before {command} was answered: {why}"), "")
            }
            Self::Strange(_) if first => {
                let remedy = if target.tls.is_none() { WANTS_TLS } else { "" };
                unreachable(format!("what {at} answers to {command} is not {engine}"), remedy)
            }
            Self::Strange(why) => {
                of(FaultKind::Other, format!("{command}: an answer that is not understood: {why}"), "")
            }
            Self::Server { code, text } => server_fault(code, text, asked),
        }
    }

    /// The end of a command that changes something; `sent` when bytes of it left us.
    pub fn broken(&self, asked: ReadKey<'_>, sent: bool) -> Broken {
        let answered = self.is_answer();
        let sent = sent && !answered;
        let fault = self.fault(asked);
        Broken { fault: if sent { fault.with_remedy(LOOK_FIRST) } else { fault }, sent, answered }
    }
}

/// An error of the server, in its own words.
fn server_fault(code: &str, text: &str, asked: ReadKey<'_>) -> Fault {
    let ReadKey { engine, target, command, .. } = asked;
    let denied = |action: String, message: &str| {
        Fault::new(FaultKind::Denied { action: action.into(), principal: target.user().into() }, engine, message)
    };
    let words = if matches!(code, "" | "ERR") { text.to_string() } else { format!("{code} {text}") };
    let of = |kind| Fault::new(kind, engine, format!("{command}: {words}"));
    match code {
        "NOAUTH" => denied(AUTH.into(), "it asks for a password")
            .with_remedy("say in [environment.NAME.cache.CACHE] where the password comes from"),
        "WRONGPASS" => denied(AUTH.into(), "the password (or user) is wrong"),
        // Redis before 6 has no code for it.
        _ if command == "AUTH" && text.starts_with("invalid password") => {
            denied(AUTH.into(), "the password (or user) is wrong")
        }
        _ if command == "AUTH" => denied(AUTH.into(), &masked(&words, target)),
        "NOPERM" | "DENIED" => denied(format!("{engine} {command}"), &words),
        "READONLY" => of(FaultKind::Invalid).with_remedy("the primary may have changed: look at the cache again"),
        "ERR" if text.starts_with("unknown command") => of(FaultKind::Invalid)
            .with_remedy("it is renamed or blocked on this server: a policy of its parameter group"),
        _ => of(FaultKind::Other),
    }
}

/// A server that does not know AUTH repeats its arguments, the password among them and perhaps cut.
fn masked(words: &str, target: &Target) -> String {
    let words = words.split(", with args").next().unwrap_or_default();
    match &target.password {
        Some(password) if !password.0.is_empty() => words.replace(&password.0, "•••"),
        _ => words.to_string(),
    }
}

/// Why TLS did not come to stand, and what mends it.
fn tls(error: &io::Error, target: &Target) -> (String, &'static str) {
    let name = target.tls.as_ref().map_or("", |tls| tls.server_name.as_str());
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::UnknownIssuer => ("the issuer of its certificate is unknown".into(), CA_FILE),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (format!("its certificate is not for {name}"), SERVER_NAME)
            }
            why => (format!("its certificate: {why}"), ""),
        },
        Some(rustls::Error::InvalidMessage(_)) => ("it does not speak TLS".into(), NO_TLS),
        Some(why) => (why.to_string(), ""),
        None => (error.to_string(), NO_TLS),
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f32())
}
