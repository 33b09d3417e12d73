//! What the console needs from a cloud. Two adapters implement it, `aws` and `demo`, and one set of
//! contract tests holds both to it.

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::BoxStream;

use crate::domain::api_usage::ApiUsage;
use crate::domain::cache::Secret;
use crate::domain::debrief::Debrief;
use crate::domain::environment::{Identity, Profile};
use crate::domain::prelude::*;
use crate::domain::ssm::Program;

/// A cloud that can be looked at and changed. Object-safe, shared by all tasks.
///
/// Clients and credentials are made once per environment (by its name) at first use and kept. No
/// method blocks; dropping a stream or future cancels the request.
pub trait Cloud: Send + Sync {
    /// The profiles there are, each of which can be an environment without any config.
    ///
    /// # Errors
    /// The files of the cloud's own configuration cannot be read.
    fn profiles(&self) -> BoxFuture<'_, Result<Vec<Profile>, Fault>>;

    /// Asks. The answer comes in pieces as they arrive; an `Err` says that a piece of it is
    /// missing and is not necessarily the last item. The stream ends when all is said.
    fn read(&self, env: &Environment, query: Query) -> BoxStream<'static, Result<Answer, Fault>>;

    /// Sends one change, once: no retry of any kind, whatever the network does.
    /// Refuses by itself where [`may_change`] does.
    fn change(&self, env: &Environment, call: Call) -> BoxFuture<'static, Outcome>;

    /// Undoes what reads that were dropped have left behind in the cloud: a query that still runs
    /// there, and costs, is stopped; a program is ended. To be awaited when a read of
    /// [`Query::Insights`] or [`Query::Forward`] is gone.
    fn tidy(&self) -> BoxFuture<'static, ()> {
        std::future::ready(()).boxed()
    }

    /// The program that speaks with a session which a change started, by what its receipt calls it. It is
    /// given away once.
    fn take_session(&self, _started: &str) -> Option<Program> {
        None
    }

    /// How much was asked of it since the start.
    fn meter(&self) -> CallCounter;

    /// What was asked for an environment lately, by the families that share a quota.
    fn api_usage(&self, env: &Environment) -> Vec<ApiUsage>;

    /// How the incident that is practised goes, while somebody looks at these resources; a real cloud has none.
    fn debrief(&self, _: &Environment, _looked_at: &[&ResourceId]) -> Option<Debrief> {
        None
    }

    /// What time it is there: the wall clock, or the demo's virtual one.
    fn now(&self) -> Timestamp;

    /// Takes a password that a person typed for a resource (a cache), and keeps it in memory only.
    fn unlock(&self, env: &Environment, id: &ResourceId, secret: Secret);

    /// Forget the credentials of an environment, so that the next request reads them anew (after a
    /// login in another terminal).
    fn forget_credentials(&self, env: &Environment);
}

/// Requests counted since the start, retries included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounter {
    pub calls: u64,
    pub throttled: u64,
}

/// The last guard before the wire, used by every adapter: read-only environments and accounts
/// other than the pinned one are never changed.
///
/// # Errors
/// A [`Fault`] of kind Refused that says which rule forbids it.
pub fn may_change(env: &Environment, identity: &Identity, call: &Call) -> Result<(), Fault> {
    let what = format!("{}:{}", call.service, call.operation);
    if env.read_only {
        return Err(Fault::refused(what, format!("{} is read-only", env.name)));
    }
    match &env.account {
        Some(pin) if *pin != identity.account => Err(Fault::refused(
            what,
            format!("account {} is not the pinned {pin}: {} is read-only", identity.account, env.name),
        )),
        _ => Ok(()),
    }
}
