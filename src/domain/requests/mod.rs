//! The changes that midwatch sends, as types: one file a service, one struct an operation, with the
//! members of the API model that are meant and no others. Plans build them, [`Call`] carries them
//! through confirmation and journal, the adapters take them out again.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::{Call, Place, aws_cli};
use super::ops::Op;

/// Declares the requests of a service and what they are made of, with the members of the API model, and lists
/// them. A type takes no other members. A request names its operation, and which methods of [`Request`] it has
/// besides, as methods of its own.
macro_rules! requests {
    ($case:literal; $(
        $(#[$meta:meta])*
        $name:ident $([$op:path $(, $method:ident)*])? { $($(#[$note:meta])* $member:ident: $type:ty,)* }
    )+) => {
        pub(super) const REQUESTS: &[super::RequestType] =
            &[$($(super::RequestType { ops: &[$op], cli: super::cli_line::<$name> },)?)+];

        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
            #[serde(rename_all = $case, deny_unknown_fields)]
            pub struct $name { $($(#[$note])* pub $member: $type,)* }

            $(impl super::Request for $name {
                const OPS: &'static [$crate::domain::ops::Op] = &[$op];

                $(requests!(@ $method);)*
            })?
        )+
    };
    (@ check) => {
        fn check(&self) -> Result<(), String> {
            Self::check(self)
        }
    };
    (@ cli) => {
        fn cli(&self, place: Place) -> String {
            Self::cli(self, place)
        }
    };
}

/// Declares the file of each service and lists its requests.
macro_rules! services {
    ($($service:ident),+ $(,)?) => {
        $(pub mod $service;)+

        /// Every request, by service.
        const REQUESTS: &[&[RequestType]] = &[$($service::REQUESTS),+];
    };
}

services! { cloudfront, ecs, elasticache, flush, rds, ssm }

/// One request that changes AWS.
///
/// A type names its members as the API model does (by serde) and takes no others. A member that is `None` is not sent: in AWS it stays as it is.
pub trait Request: Serialize + DeserializeOwned + Send + 'static {
    /// The operation; several where the members decide which of them it is.
    const OPS: &'static [Op];

    /// Text members that may be empty; any other empty text is refused.
    const MAY_BE_EMPTY: &'static [&'static str] = &[];

    /// Which of [`Request::OPS`] it is.
    fn op(&self) -> Op {
        Self::OPS[0]
    }

    /// Takes over what only the operation tells, where there are several.
    fn with_op(self, _: Op) -> Self {
        self
    }

    /// What the types of the members cannot say.
    ///
    /// # Errors
    /// Why it is not to be sent.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// The same as a line for a POSIX shell.
    fn cli(&self, place: Place) -> String {
        aws_cli(&self.call(), place)
    }

    /// The request as data.
    fn call(&self) -> Call {
        // A struct is an object. Were it none, its members would be missing, and it would be refused.
        let mut input = match serde_json::to_value(self) {
            Ok(Value::Object(input)) => input,
            _ => Map::new(),
        };
        drop_absent(&mut input);
        let op = self.op();
        Call { service: op.service.to_string(), operation: op.name.to_string(), input }
    }
}

/// No member of the API model is ever null: what is absent is left out, at any depth.
fn drop_absent(members: &mut Map<String, Value>) {
    members.retain(|_, value| !value.is_null());
    members.values_mut().filter_map(Value::as_object_mut).for_each(drop_absent);
}

/// What is known of a type of request where only a [`Call`] is at hand.
pub struct RequestType {
    ops: &'static [Op],
    cli: fn(&Call, Place) -> Option<String>,
}

fn cli_line<R: Request>(call: &Call, place: Place) -> Option<String> {
    call.meant::<R>().map(|request| request.cli(place))
}

/// The line of a call whose request has one of its own.
pub(super) fn cli(call: &Call, place: Place) -> Option<String> {
    let of = |known: &&RequestType| known.ops.iter().any(|op| call.is(*op));
    (REQUESTS.iter().copied().flatten().find(of)?.cli)(call, place)
}

/// A text that is known, or the id of what the call before it makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Reference {
    Known(String),
    Made,
}

impl Reference {
    /// `None` until the call before was answered.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Made => None,
        }
    }
}

impl From<Reference> for Value {
    fn from(reference: Reference) -> Self {
        match reference {
            Reference::Known(text) => text.into(),
            Reference::Made => Call::made(),
        }
    }
}

impl TryFrom<Value> for Reference {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(Self::Known(text)),
            made if made == Call::made() => Ok(Self::Made),
            other => Err(format!("{other} is no text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::ops::{self, Access};

    #[test]
    fn every_operation_that_changes_has_one_request() {
        let known: Vec<Op> = REQUESTS.iter().copied().flatten().flat_map(|known| known.ops).copied().collect();
        let changes: BTreeSet<Op> = ops::ALL.iter().filter(|op| op.access == Access::Change).copied().collect();
        assert_eq!(known.iter().copied().collect::<BTreeSet<_>>(), changes);
        assert_eq!(known.len(), changes.len(), "twice");
    }
}
