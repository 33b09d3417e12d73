//! Changes: from a call to the one request that does it, and what became of it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Map, Value};

use super::guard::Permission;
use super::session::Session;
use super::{cloudfront, ecs, elasticache, fault, flush, rds, ssm};
use crate::domain::call::Call;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::ops::Op;
use crate::domain::ops::ecs::EXECUTE_COMMAND;
use crate::kinds;

/// A call whose members were understood, every one of them.
pub enum Change {
    Service(ecs::change::Change),
    Database(rds::change::Change),
    Cache(elasticache::change::Change),
    Distribution(cloudfront::change::Invalidation),
    Flush(flush::Flush),
    Exec(ssm::exec::Exec),
    Forward(ssm::start::Start),
}

impl Change {
    /// The operation and what is to be sent.
    ///
    /// # Errors
    /// No action declares the operation, or a member is unknown, missing or of the wrong type:
    /// nothing is sent that was not meant.
    pub fn of(call: &Call) -> Result<(Op, Self), Fault> {
        let what = || format!("{}:{}", call.service, call.operation);
        let declared = kinds::changes().into_iter().find(|op| call.is(*op));
        let op = declared.ok_or_else(|| Fault::refused(what(), "no action of midwatch sends this operation"))?;
        let change = match op.service {
            "ecs" if op == EXECUTE_COMMAND => Self::Exec(ssm::exec::Exec::of(op, call)?),
            "ssm" => Self::Forward(ssm::start::Start::of(op, call)?),
            "ecs" => Self::Service(ecs::change::Change::of(op, call)?),
            "rds" => Self::Database(rds::change::Change::of(op, call)?),
            "elasticache" => Self::Cache(elasticache::change::Change::of(op, call)?),
            "cloudfront" => Self::Distribution(cloudfront::change::Invalidation::of(op, call)?),
            "redis" | "memcached" => Self::Flush(flush::Flush::of(op, call)?),
            _ => return Err(Fault::refused(what(), "midwatch cannot send this operation")),
        };
        Ok((op, change))
    }

    /// Sends it, once. `held` takes the session that it may start.
    pub async fn send(
        self,
        session: &Session,
        permission: Permission,
        access: &flush::ConnectionOptions<'_>,
        held: &ssm::PendingSessions,
    ) -> Outcome {
        match self {
            Self::Service(change) => change.send(session, permission).await,
            Self::Database(change) => change.send(session, permission).await,
            Self::Cache(change) => change.send(session, permission).await,
            Self::Distribution(invalidation) => invalidation.send(session, permission).await,
            Self::Flush(flush) => flush.send(session, permission, access).await,
            Self::Exec(exec) => exec.send(session, permission, held).await,
            Self::Forward(start) => start.send(session, permission, held).await,
        }
    }
}

/// What AWS said to a change: taken, or whether it may have been done.
pub fn outcome<T, E>(
    op: Op,
    sent: Result<T, SdkError<E, HttpResponse>>,
    permission: &Permission,
    session: &Session,
    receipt: impl FnOnce(T) -> Receipt,
) -> Outcome
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match sent {
        Ok(told) => Outcome::Sent(receipt(told)),
        Err(error) => judge(op, &error, permission, session),
    }
}

/// Whether it may have been done. "Refused" only where that is certain: it never left, the
/// connection was never made, or AWS itself said no.
pub fn judge<E>(op: Op, error: &SdkError<E, HttpResponse>, permission: &Permission, session: &Session) -> Outcome
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let failure = fault::read(error);
    let certain = !permission.is_spent() || failure.unconnected || failure.answered;
    let fault = failure.into_fault(op, &session.login);
    if certain || fault.kind == FaultKind::Refused { Outcome::Refused { fault } } else { Outcome::Unknown { fault } }
}

/// The members of a call as they are taken out one by one; what is left at the end was not
/// understood.
pub struct Members<'a> {
    op: Op,
    left: Map<String, Value>,
    call: &'a Call,
}

impl<'a> Members<'a> {
    pub fn of(op: Op, call: &'a Call) -> Self {
        Self { op, left: call.input.clone(), call }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// It is not, or is no text.
    pub fn text(&mut self, name: &str) -> Result<String, Fault> {
        self.text_if(name)?.ok_or_else(|| self.refused(format!("{name} must be given")))
    }

    /// A text that may be there.
    ///
    /// # Errors
    /// It is there and is no text, or an empty one.
    pub fn text_if(&mut self, name: &str) -> Result<Option<String>, Fault> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(other) => Err(self.refused(format!("{name} {other} cannot be sent"))),
        }
    }

    /// # Errors
    /// It is there and neither true nor false.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, Fault> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.refused(format!("{name} {other} cannot be sent"))),
        }
    }

    /// Any value that may be there.
    pub fn value(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name)
    }

    pub fn refused(&self, why: impl Into<String>) -> Fault {
        Fault::refused(self.op.to_string(), why.into())
    }

    /// # Errors
    /// There was a member that nobody asked for.
    pub fn end(self) -> Result<(), Fault> {
        match self.left.iter().next() {
            None => Ok(()),
            Some((name, _)) => Err(self.refused(format!("{name} of {} cannot be sent", self.call.operation))),
        }
    }
}
