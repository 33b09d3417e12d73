//! Changes: from a call to the one request that does it, and what became of it. Each service
//! registers those that it sends.

use std::collections::HashMap;
use std::future::Future;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use futures_util::future::BoxFuture;

use super::client::SdkClient;
use super::guard::Permission;
use super::{Aws, fault};
use crate::aws::prelude::*;
use crate::domain::prelude::*;
use crate::domain::requests::Request;
use crate::kinds;

/// What a change has at hand when it is sent.
pub struct Sending<'a> {
    pub aws: &'a Aws,
    pub env: &'a Environment,
    pub session: &'a Session,
    pub permission: Permission,
}

impl Sending<'_> {
    /// The client that sends this change and no other, once.
    pub fn client<C: SdkClient>(&self) -> C {
        self.session.client_for_change(self.permission.clone())
    }
}

/// What became of a change; the fault is a refusal: it was certainly not done.
pub type Sent = Result<Outcome, Fault>;

/// A request, and how it is sent.
pub trait SendChange: Request {
    /// Sends it, once.
    fn send(self, to: Sending<'_>) -> impl Future<Output = Sent> + Send;
}

/// A change whose members were understood, every one of them. Sending it is a future in a place of its
/// own: those of the SDK are large.
pub type Prepared = Box<dyn for<'a> FnOnce(Sending<'a>) -> BoxFuture<'a, Sent> + Send>;

/// Understands a call.
type Prepare = fn(&Call) -> Result<Prepared, Fault>;

/// The changes that can be sent.
#[derive(Default)]
pub struct Changes(HashMap<Op, Prepare>);

impl Changes {
    /// Registers a request under its operations.
    pub fn add<R: SendChange>(&mut self) {
        self.0.extend(R::OPS.iter().map(|op| (*op, prepare::<R> as Prepare)));
    }

    /// The operation and what is to be sent.
    ///
    /// # Errors
    /// No action declares the operation, or the request cannot be understood: nothing is sent that was
    /// not meant.
    pub fn prepare(&self, call: &Call) -> Result<(Op, Prepared), Fault> {
        let refused = |why: &str| Fault::refused(format!("{}:{}", call.service, call.operation), why);
        let declared = kinds::changes().into_iter().find(|op| call.is(*op));
        let op = declared.ok_or_else(|| refused("no action of midwatch sends this operation"))?;
        let prepare = self.0.get(&op).ok_or_else(|| refused("midwatch cannot send this operation"))?;
        Ok((op, prepare(call)?))
    }
}

/// Registers requests that change AWS.
macro_rules! register_changes {
    ($registry:ident: $($request:ty),+ $(,)?) => {
        $($registry.changes.add::<$request>();)+
    };
}

pub(super) use register_changes;

fn prepare<R: SendChange>(call: &Call) -> Result<Prepared, Fault> {
    let request: R = call.request()?;
    Ok(Box::new(move |to| Box::pin(request.send(to))))
}

/// What was answered, and what that started.
pub fn receipt(told: &impl RequestId, started: Option<&str>) -> Receipt {
    Receipt::of(told.request_id().map(Text::from).unwrap_or_default(), started.map(Text::from))
}

/// What AWS said to a change: taken, or whether it may have been done.
pub fn outcome<T, E>(
    op: Op,
    sent: Result<T, SdkError<E, HttpResponse>>,
    to: &Sending,
    receipt: impl FnOnce(T) -> Receipt,
) -> Sent
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match sent {
        Ok(told) => Ok(Outcome::Sent(receipt(told))),
        Err(error) => outcome_of_error(op, &error, to),
    }
}

/// Whether it may have been done. "Refused" only where that is certain: it never left, the
/// connection was never made, or AWS itself said no.
pub fn outcome_of_error<E>(op: Op, error: &SdkError<E, HttpResponse>, to: &Sending) -> Sent
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let failure = fault::read(error);
    let certain = !to.permission.is_spent() || failure.unconnected || failure.answered;
    let fault = failure.into_fault(op, &to.session.login);
    if certain || fault.kind == FaultKind::Refused { Err(fault) } else { Ok(Outcome::Unknown { fault }) }
}
