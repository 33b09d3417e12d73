//! The declaration of an action. One [`ActionSpec`] feeds the key, help, palette, guard, input and
//! its validation, plan, confirmation, API call, CLI line, IAM policy, watch and undo.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::cell::{Span, Tone};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::log::LogSource;
use crate::domain::ops::Op;
use crate::domain::resource::{ActionId, AnyFacts, FactsId, KindId, Resource, cast, cast_facts};
use crate::settings::Settings;

/// What the person chose, by the field's name.
pub type Inputs = BTreeMap<String, String>;

/// One field of an action's dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// `desired tasks`.
    pub label: &'static str,
    /// What it starts with.
    pub initial: String,
    /// Offered values: the key's word and the value (`+1`, `6`).
    pub presets: Vec<(String, String)>,
    /// Several values, one a line of the input; Enter adds one.
    pub many: bool,
}

/// One of the values that a field may take, as the dialog lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    /// What it is, column by column.
    pub columns: Vec<Span>,
    /// The field starts with it.
    pub suggested: bool,
}

/// The input that every dialog adds: when it was opened (RFC 3339), for what must be unique and
/// stay the same while the plan is made anew.
pub const OPENED: &str = "opened";

/// How a plan must be confirmed; production raises it by one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirm {
    /// `y`.
    Ask,
    /// The resource's name is typed.
    TypeName,
    /// The resource's name, then the environment's.
    TypeBoth,
}

impl Confirm {
    /// What production asks for instead.
    pub fn raised(self) -> Self {
        match self {
            Self::Ask => Self::TypeName,
            Self::TypeName | Self::TypeBoth => Self::TypeBoth,
        }
    }
}

/// Exactly what will be done, made of fresh facts and the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Labels with before → after.
    pub rows: Vec<(String, Vec<Span>)>,
    /// What to think of before saying yes, worst first.
    pub warnings: Vec<(Tone, String)>,
    /// Sent in this order, each once; what follows a call that failed is not sent.
    pub calls: Vec<Call>,
    /// How it is undone, or that it cannot be.
    pub undo: String,
    /// What is followed afterwards, to which ends.
    pub then: String,
    pub confirm: Confirm,
    /// What must still be true at the moment of sending; also kept for the undo.
    pub before: Value,
    /// One line for the journal: `scale api 2 → 5`.
    pub summary: String,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// 0 to 1, when it can be told.
    pub fraction: Option<f32>,
    /// What it waits for: `2 of 5 tasks of the new deployment run`.
    pub line: String,
    /// What AWS said that explains it: last event, stop reasons.
    pub evidence: Vec<String>,
    /// It should have moved by now and has not. It is followed on.
    pub stalled: bool,
    pub verdict: Option<Verdict>,
}

/// Brings warnings in the order in which they are read.
pub fn worst_first(warnings: &mut [(Tone, String)]) {
    warnings.sort_by_key(|(tone, _)| match tone {
        Tone::Down => 0,
        Tone::Degraded => 1,
        Tone::Unknown => 2,
        _ => 3,
    });
}

impl Progress {
    /// It has come to its end.
    pub fn ended(verdict: Verdict, line: impl Into<String>) -> Self {
        Self { fraction: None, line: line.into(), evidence: Vec::new(), stalled: false, verdict: Some(verdict) }
    }

    /// Nothing can be seen of it yet.
    pub fn waiting(line: impl Into<String>) -> Self {
        Self::moving(Some(0.0), line)
    }

    /// It moves.
    pub fn moving(fraction: Option<f32>, line: impl Into<String>) -> Self {
        Self { fraction, line: line.into(), evidence: Vec::new(), stalled: false, verdict: None }
    }
}

/// A permission that an action's calls need besides their own, on the one condition on which they
/// need it.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    pub op: Op,
    /// The condition key of IAM, and the value that it must equal.
    pub when: (&'static str, &'static str),
}

/// What is left of a plan of several calls that broke off.
#[derive(Clone, Copy, Debug)]
pub struct Rest<'a> {
    /// Those that nobody took, as far as is known.
    pub calls: &'a [Call],
    /// What the others were answered.
    pub taken: Option<&'a Receipt>,
    /// The first of them was certainly not done.
    pub is_certain: bool,
}

/// What reading AWS says about a change whose outcome is unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    Yes(Receipt),
    No,
    /// Nothing read so far tells; ask again.
    CannotTell,
    /// Nothing that can be read will ever tell: the person has to decide.
    NeverTells,
}

/// What a change opens on this machine, instead of something in AWS that is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// A program that has the terminal while the console steps aside.
    Terminal,
    /// A local port, until it is closed or the console ends.
    Port,
}

/// Values that the facts offer for a field: its name and the values, the best first.
pub type Offer = (&'static str, Vec<String>);

type ErasedOffers = Box<dyn Fn(&dyn AnyFacts, &Inputs) -> Vec<Offer> + Send + Sync>;
type ErasedPlan = Box<dyn Fn(&dyn AnyFacts, &Inputs, Timestamp) -> Result<Plan, String> + Send + Sync>;
type ErasedProgress = Box<dyn Fn(&Intent, &Receipt, &dyn AnyFacts, Timestamp) -> Option<Progress> + Send + Sync>;
type ErasedApplied = Box<dyn Fn(&Intent, &dyn AnyFacts, Timestamp) -> Applied + Send + Sync>;
type ErasedFields = Box<dyn Fn(&dyn Resource, Timestamp) -> Vec<Field> + Send + Sync>;
type OnFacts<R> = Box<dyn Fn(&dyn AnyFacts) -> R + Send + Sync>;
type ErasedChoices = Box<dyn Fn(&dyn AnyFacts, &Inputs, Timestamp) -> Vec<Choice> + Send + Sync>;
type OnResource<R> = Box<dyn Fn(&dyn Resource) -> R + Send + Sync>;

/// The field of a dialog that begins with a value of the config, and the value.
pub type Begins = fn(&Settings) -> (&'static str, &str);

/// The declaration of an action. Made by [`ActionSpec::of`]; its fields are what everything else
/// derives from.
pub struct ActionSpec {
    pub id: ActionId,
    /// The command: the word of the keymap and the palette. Actions of different kinds may share
    /// one, and with it the key; the focused kind decides.
    pub verb: &'static str,
    pub kind: KindId,
    /// The default key, in the keymap's spelling.
    pub key: &'static str,
    /// For the key bar and the palette: `force deploy`.
    pub label: &'static str,
    /// One sentence for help.
    pub help: &'static str,
    /// What is read for its plan and its watch.
    pub facts: FactsId,
    /// Operations that its facts need, besides those of the kind.
    pub reads: &'static [Op],
    pub changes: &'static [Op],
    /// How often the thing is read while it is watched.
    pub watch_every: Duration,
    guard: OnResource<Result<(), String>>,
    fields: ErasedFields,
    check: fn(&Inputs) -> Result<(), (&'static str, String)>,
    plan: ErasedPlan,
    progress: ErasedProgress,
    applied: ErasedApplied,
    wants_secret: OnFacts<bool>,
    /// What else IAM must allow.
    pub grants: &'static [Grant],
    choices: Vec<(&'static str, ErasedChoices)>,
    inverse: (ActionId, fn(&Intent) -> Option<Inputs>),
    later: fn(&Intent) -> Option<String>,
    rest: fn(Rest) -> Option<String>,
    offers: ErasedOffers,
    /// `None`: what it starts is in AWS.
    pub opens: Option<Opens>,
    logs: fn(&Intent, &Receipt) -> Option<LogSource>,
    /// The field that begins with a value of the config, and the value.
    pub begins: Option<Begins>,
    /// It stands behind all else in the key bar, before the key that tells the others.
    pub is_seldom: bool,
}

/// The typed functions of an action over resources `T` with facts `F`.
pub struct Behaviour<T, F> {
    /// Why it cannot be done to this resource now, as far as its row tells.
    pub guard: fn(&T) -> Result<(), String>,
    /// What the person is asked; empty for nothing.
    pub fields: fn(&T, Timestamp) -> Vec<Field>,
    /// The field that is wrong, and why.
    pub check: fn(&Inputs) -> Result<(), (&'static str, String)>,
    /// The plan, or why there can be none. Called with checked inputs; pure.
    pub plan: fn(&F, &Inputs, Timestamp) -> Result<Plan, String>,
    /// How far it is by these facts, read after it was sent.
    pub progress: fn(&Intent, &Receipt, &F, Timestamp) -> Progress,
    /// Whether a change of unknown outcome was done, by these facts. Of several calls the intent
    /// has only the one in doubt.
    pub applied: fn(&Intent, &F, Timestamp) -> Applied,
}

/// The words and operations of an action.
pub struct Words {
    pub id: ActionId,
    pub verb: &'static str,
    pub kind: KindId,
    pub key: &'static str,
    pub label: &'static str,
    pub help: &'static str,
    pub facts: FactsId,
    pub reads: &'static [Op],
    pub changes: &'static [Op],
    pub watch_every: Duration,
}

impl ActionSpec {
    pub fn of<T: Resource, F: 'static>(words: Words, behaviour: Behaviour<T, F>) -> Self {
        const WRONG: &str = "the facts are of another kind";
        let Words { id, verb, kind, key, label, help, facts, reads, changes, watch_every } = words;
        let Behaviour { guard, fields, check, plan, progress, applied } = behaviour;
        Self {
            id,
            verb,
            kind,
            key,
            label,
            help,
            facts,
            reads,
            changes,
            watch_every,
            guard: Box::new(move |r| cast::<T>(r).map_or(Err(WRONG.into()), guard)),
            fields: Box::new(move |r, now| cast::<T>(r).map(|r| fields(r, now)).unwrap_or_default()),
            check,
            plan: Box::new(move |f, inputs, now| {
                cast_facts::<F>(f).map_or(Err(WRONG.into()), |f| plan(f, inputs, now))
            }),
            progress: Box::new(move |intent, receipt, f, now| {
                cast_facts::<F>(f).map(|f| progress(intent, receipt, f, now))
            }),
            applied: Box::new(move |intent, f, now| {
                cast_facts::<F>(f).map_or(Applied::CannotTell, |f| applied(intent, f, now))
            }),
            wants_secret: Box::new(|_| false),
            grants: &[],
            choices: Vec::new(),
            inverse: (id, |_| None),
            later: |_| None,
            rest: |_| None,
            offers: Box::new(|_, _| Vec::new()),
            opens: None,
            logs: |_, _| None,
            begins: None,
            is_seldom: false,
        }
    }

    /// Says what the facts offer for fields, by what is typed so far.
    pub fn with_offers<F: 'static>(mut self, offers: fn(&F, &Inputs) -> Vec<Offer>) -> Self {
        self.offers = Box::new(move |f, inputs| cast_facts::<F>(f).map_or_else(Vec::new, |f| offers(f, inputs)));
        self
    }

    /// Says that it opens something on this machine, which is followed here and not in AWS.
    pub fn opening(mut self, opens: Opens) -> Self {
        self.opens = Some(opens);
        self
    }

    /// Says which field begins with a value of the config.
    pub fn beginning(mut self, begins: fn(&Settings) -> (&'static str, &str)) -> Self {
        self.begins = Some(begins);
        self
    }

    /// Says by which facts a password is missing that a person may type.
    pub fn with_secret<F: 'static>(mut self, wants: fn(&F) -> bool) -> Self {
        self.wants_secret = Box::new(move |f| cast_facts::<F>(f).is_some_and(wants));
        self
    }

    /// Says what IAM must allow besides the calls themselves.
    pub fn with_grants(mut self, grants: &'static [Grant]) -> Self {
        self.grants = grants;
        self
    }

    /// Says which values a field may take by the facts and the other fields; others may be typed.
    pub fn with_choices<F: 'static>(
        mut self,
        field: &'static str,
        choices: fn(&F, &Inputs, Timestamp) -> Vec<Choice>,
    ) -> Self {
        let choices = move |f: &dyn AnyFacts, inputs: &Inputs, now| {
            cast_facts::<F>(f).map(|f| choices(f, inputs, now)).unwrap_or_default()
        };
        self.choices.push((field, Box::new(choices)));
        self
    }

    /// Gives the inputs with which the same action takes it back, of what was captured before it.
    pub fn with_inverse(self, inverse: fn(&Intent) -> Option<Inputs>) -> Self {
        let id = self.id;
        self.with_inverse_by(id, inverse)
    }

    /// The same where another action takes it back.
    pub fn with_inverse_by(mut self, action: ActionId, inverse: fn(&Intent) -> Option<Inputs>) -> Self {
        self.inverse = (action, inverse);
        self
    }

    /// Gives a command line for later: what the outcome is good for (restoring a snapshot).
    pub fn with_later(mut self, later: fn(&Intent) -> Option<String>) -> Self {
        self.later = later;
        self
    }

    /// Says how calls of a plan that were not sent are made up for.
    pub fn with_rest(mut self, rest: fn(Rest) -> Option<String>) -> Self {
        self.rest = rest;
        self
    }

    /// What these facts offer for fields.
    pub fn offers(&self, facts: &dyn AnyFacts, inputs: &Inputs) -> Vec<Offer> {
        (self.offers)(facts, inputs)
    }

    /// Says where that writes its log which it started.
    pub fn with_logs(mut self, logs: fn(&Intent, &Receipt) -> Option<LogSource>) -> Self {
        self.logs = logs;
        self
    }

    /// Says that it is seldom wanted.
    pub fn seldom(mut self) -> Self {
        self.is_seldom = true;
        self
    }

    /// Whether these facts lack a password that a person may type.
    pub fn wants_secret(&self, facts: &dyn AnyFacts) -> bool {
        (self.wants_secret)(facts)
    }

    /// The values that a field may take by these facts; empty where it is free.
    pub fn choices(&self, field: &str, facts: &dyn AnyFacts, inputs: &Inputs, now: Timestamp) -> Vec<Choice> {
        let found = self.choices.iter().find(|(name, _)| *name == field);
        found.map_or_else(Vec::new, |(_, choices)| choices(facts, inputs, now))
    }

    /// The action that takes it back, and with which inputs; `None` for what has no inverse.
    pub fn inverse(&self, intent: &Intent) -> Option<(ActionId, Inputs)> {
        let (action, inverse) = self.inverse;
        Some((action, inverse(intent)?))
    }

    /// A command line for later.
    pub fn later(&self, intent: &Intent) -> Option<String> {
        (self.later)(intent)
    }

    /// How what is left of a plan is made up for.
    pub fn rest(&self, rest: Rest) -> Option<String> {
        (self.rest)(rest)
    }

    /// Where that writes its log which it started; `None` where it writes none that can be followed.
    pub fn logs(&self, intent: &Intent, receipt: &Receipt) -> Option<LogSource> {
        (self.logs)(intent, receipt)
    }

    /// # Errors
    /// Why it cannot be done to this resource now, as far as its row tells.
    pub fn guard(&self, resource: &dyn Resource) -> Result<(), String> {
        (self.guard)(resource)
    }

    pub fn fields(&self, resource: &dyn Resource, now: Timestamp) -> Vec<Field> {
        (self.fields)(resource, now)
    }

    /// # Errors
    /// The field that is wrong, and why.
    pub fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        (self.check)(inputs)
    }

    /// # Errors
    /// Why there can be no plan by these facts.
    pub fn plan(&self, facts: &dyn AnyFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
        (self.plan)(facts, inputs, now)
    }

    /// `None` for facts of another kind.
    pub fn progress(
        &self,
        intent: &Intent,
        receipt: &Receipt,
        facts: &dyn AnyFacts,
        now: Timestamp,
    ) -> Option<Progress> {
        (self.progress)(intent, receipt, facts, now)
    }

    pub fn applied(&self, intent: &Intent, facts: &dyn AnyFacts, now: Timestamp) -> Applied {
        (self.applied)(intent, facts, now)
    }
}
