//! What every kind of resource is to the demo. A kind that answers these is whole: nothing else names it but
//! its line in the registry.

use std::sync::Arc;

use fastrand::Rng;

use super::estate::Estate;
use super::logs::Stream;
use super::metrics::Curve;
use crate::domain::event::Event;
use crate::domain::prelude::*;
use crate::domain::record::What;
use crate::domain::requests::Request;
use crate::domain::resource::Resource;

/// One moment of an estate, seen from an environment.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub estate: &'a Estate,
    pub env: &'a Environment,
    pub now: Timestamp,
}

/// One moment of an estate that changes it: `rng` is the kind's own chance, so that what happens to one kind
/// never changes what happens to another.
pub struct Moment<'a> {
    pub estate: &'a mut Estate,
    pub now: Timestamp,
    pub rng: &'a mut Rng,
}

/// One kind of resource as the demo simulates it: how it lives, what it tells and what changes it.
///
/// What it keeps, it keeps in the estate as a state of a type of its own ([`Estate::insert_state`]); it may read the
/// states of others. All that it does depends on the moment alone, so that the same seed lives the same life.
pub trait SimulatedKind: Sync {
    fn kind(&self) -> KindId;

    /// The request behind its lists, whose quota its reads draw on.
    fn reads(&self) -> Op;

    /// Puts its state into an estate that begins.
    fn seed(&self, moment: &mut Moment);

    /// Looks around when all kinds have been seeded.
    fn settle(&self, _: &mut Estate, _now: Timestamp) {}

    /// One second of what happens by itself, before the script of a game day looks at it.
    fn live(&self, _: &mut Moment) {}

    /// The rest of the second, after the script.
    fn step(&self, moment: &mut Moment);

    /// The parts of the list, as far as they belong to the environment.
    fn parts(&self, view: View) -> Vec<Text>;

    /// Why a part of the list cannot be read.
    fn fault(&self, _: View, _part: usize) -> Option<Fault> {
        None
    }

    /// What is wanted of all there is.
    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object>;

    /// Whether a resource belongs to the environment.
    fn admits(&self, env: &Environment, object: &Object) -> bool {
        env.scope.admits_name(object.name())
    }

    /// `None` when there is no such resource; so with [`SimulatedKind::facts`].
    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts>;

    /// Facts that are not its detail.
    fn facts(&self, _: View, _set: FactsId, _: &ResourceId) -> Option<Facts> {
        None
    }

    /// What ended in a part of the list and AWS still remembers.
    fn endings(&self, _: View, _part: &Text) -> Vec<(ResourceId, What)> {
        Vec::new()
    }

    /// How it answers a read that is none of the above; `None`: another tells it.
    fn other<'q>(&self, _: &'q Query) -> Option<Read<'q>> {
        None
    }

    /// A metric that is written of its resources, by these dimensions.
    fn metric<'a>(&self, _: &'a Estate, _: &'a Metric, _by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
        None
    }

    /// The sources of the timeline that tell of its resources, each with the request behind it.
    fn sources(&self) -> &'static [(TimelineSource, Op)] {
        &[]
    }

    /// What one of these tells, and what CloudTrail tells of others than the console.
    fn events(&self, _: View, _: TimelineSource) -> Vec<TimelineEvent> {
        Vec::new()
    }

    /// The streams of logs that its resources write to.
    fn streams<'a>(&self, _: &'a Estate) -> Vec<Stream<'a>> {
        Vec::new()
    }

    /// Which groups, or streams of one, a resource writes to.
    ///
    /// # Errors
    /// There is no such resource, or it writes nothing to CloudWatch Logs.
    fn logs(&self, _: &Estate, _: &ResourceId) -> Result<Vec<LogSource>, Fault> {
        Err(Fault::new(FaultKind::Invalid, "logs", "nothing is known of its logs"))
    }

    /// The requests that change its resources.
    fn changes(&self) -> &'static [Change] {
        &[]
    }

    /// Names, besides those in its members, by which a call is known on a game day.
    fn words(&self, _: &Estate, _: &Call) -> Vec<String> {
        Vec::new()
    }
}

/// A request, and what it does to an estate.
pub trait Perform: Request {
    /// Does it.
    ///
    /// # Errors
    /// What AWS would refuse, in its words.
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal>;

    /// What it is called among what was tried on a game day; `None`: it is a step on the way to another, or
    /// looks around.
    fn attempt_label(&self) -> Option<String> {
        Some(self.op().name.to_string())
    }
}

/// A request of any type that the demo performs.
pub struct Change {
    pub ops: &'static [Op],
    pub perform: fn(&mut Moment, &Call) -> Result<Receipt, Refusal>,
    pub attempt_label: fn(&Call) -> Option<String>,
}

impl Change {
    pub const fn of<R: Perform>() -> Self {
        Self {
            ops: R::OPS,
            perform: |moment, call| call.request::<R>()?.perform(moment),
            attempt_label: |call| call.meant::<R>()?.attempt_label(),
        }
    }
}

/// How a read is answered.
pub struct Read<'q> {
    /// The request behind it.
    pub request: Op,
    /// What it tells, and how many requests that took.
    pub answer: Answering<'q>,
}

/// Answers a read; the error is what AWS would say.
pub type Answering<'q> = Box<dyn FnOnce(View) -> Result<(Vec<Answer>, u64), Fault> + Send + 'q>;

impl<'q> Read<'q> {
    /// One that takes a single request, and has a single answer.
    pub fn one(request: Op, answer: impl FnOnce(View) -> Result<Answer, Fault> + Send + 'q) -> Self {
        Self::many(request, move |view| Ok((vec![answer(view)?], 1)))
    }

    pub fn many(request: Op, answer: impl FnOnce(View) -> Result<(Vec<Answer>, u64), Fault> + Send + 'q) -> Self {
        Self { request, answer: Box::new(answer) }
    }
}

/// A refusal: how a console has to take it, and AWS's code and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub FaultKind, pub String);

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self(fault.kind, fault.message.to_string())
    }
}

impl Refusal {
    /// The request cannot be done as things are.
    pub fn invalid(said: impl Into<String>) -> Self {
        Self(FaultKind::Invalid, said.into())
    }

    /// What it is about does not exist.
    pub fn missing(said: impl Into<String>) -> Self {
        Self(FaultKind::NotFound, said.into())
    }
}

/// A receipt as AWS's APIs give it.
pub fn receipt(rng: &mut Rng, started: Option<Text>) -> Receipt {
    Receipt::of(format!("{}-{}", hex(rng, 8), hex(rng, 12)), started)
}

/// `n` hexadecimal digits.
pub fn hex(rng: &mut Rng, n: usize) -> String {
    (0..n).map(|_| char::from_digit(rng.u32(0..16), 16).unwrap_or('0')).collect()
}

/// Rows of resources that are kept just as they are told.
pub fn shown<'a, T: Resource + Clone>(
    rows: impl Iterator<Item = &'a T>,
    wanted: &dyn Fn(&ResourceId) -> bool,
) -> Vec<Object> {
    rows.filter(|row| wanted(row.id())).map(|row| Arc::new(row.clone()) as Object).collect()
}

/// Events of one source, newest first, none older than so many seconds.
pub fn events_of(events: &[(Text, Event)], name: &str, now: Timestamp, seconds: i64) -> Vec<Event> {
    let young = |event: &Event| event.at.is_some_and(|at| now.as_second() - at.as_second() <= seconds);
    events.iter().filter(|(of, event)| **of == *name && young(event)).map(|(_, event)| event.clone()).collect()
}
