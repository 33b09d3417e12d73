//! The declaration of an action. One [`ActionSpec`] feeds the key, help, palette, guard, input and
//! its validation, plan, confirmation, API call, CLI line, IAM policy, watch and undo.
//!
//! To add one: a file in its kind's folder `actions` with a unit struct, a line there in `actions!`, and what
//! the demo does when its calls come.

/// What the file of an action names in any case.
pub mod prelude {
    pub use std::time::Duration;

    pub use serde_json::{Value, json};

    pub use super::{
        ActionSpec, Applied, Choice, Confirm, Field, Inputs, Plan, Progress, Rows, Warnings, becomes, input, row,
    };
    pub use crate::domain::Timestamp;
    pub use crate::domain::format::{self, count, seconds_since};
    pub use crate::domain::intent::{Intent, Receipt, Verdict};
    pub use crate::domain::ops::Op;
    pub use crate::domain::requests::Request;
    pub use crate::domain::resource::FactsId;
    pub use crate::kinds::cell::{Span, Tone};
}

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::cell::{Span, Tone};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::fault::Fault;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::log::LogSource;
use crate::domain::ops::Op;
use crate::domain::resource::{AnyFacts, FactsId, KindId, Resource, cast, cast_facts};
use crate::domain::text::Text;
use crate::settings::Settings;

/// What the person chose, by the field's name.
pub type Inputs = BTreeMap<String, String>;

/// What was chosen or typed there; empty for nothing.
pub fn input<'a>(inputs: &'a Inputs, name: &str) -> &'a str {
    inputs.get(name).map_or("", |text| text.trim())
}

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

impl Field {
    /// A field that starts empty.
    pub fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label, initial: String::new(), presets: Vec::new(), many: false }
    }

    /// The same with something in it.
    pub fn starting(self, initial: impl Into<String>) -> Self {
        Self { initial: initial.into(), ..self }
    }

    /// The same with values to choose from: the key's word and the value of each.
    pub fn offering<W: Into<String>, V: Into<String>>(self, presets: impl IntoIterator<Item = (W, V)>) -> Self {
        let presets = presets.into_iter().map(|(word, value)| (word.into(), value.into()));
        Self { presets: presets.collect(), ..self }
    }
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
    pub rows: Rows,
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

/// The rows of a plan or of a detail: labels with what stands beside them.
pub type Rows = Vec<(String, Vec<Span>)>;

/// A row of a plan.
pub fn row<S: Into<Span>, const N: usize>(label: &str, spans: [S; N]) -> (String, Vec<Span>) {
    (label.to_string(), spans.map(Into::into).into())
}

/// What becomes what, for a row.
pub fn becomes(before: impl Into<Span>, after: impl Into<String>) -> [Span; 3] {
    [before.into(), Span::new(" → ", Tone::Dim), Span::new(after, Tone::Strong)]
}

/// What to think of before saying yes, as a plan comes upon it.
#[derive(Default)]
pub struct Warnings(Vec<(Tone, String)>);

impl Warnings {
    pub fn add(&mut self, tone: Tone, text: impl Into<String>) {
        self.0.push((tone, text.into()));
    }

    pub fn add_if(&mut self, is_so: bool, tone: Tone, text: impl Into<String>) {
        self.0.extend(is_so.then(|| (tone, text.into())));
    }

    /// What could not be read, and is not known for that.
    pub fn add_unknown<T>(&mut self, what: &str, read: &Result<T, Fault>) {
        self.0.extend(read.as_ref().err().map(|fault| (Tone::Unknown, format!("{what}: {fault}"))));
    }

    pub fn extend(&mut self, warnings: impl IntoIterator<Item = (Tone, String)>) {
        self.0.extend(warnings);
    }

    /// In the order in which they are read.
    pub fn worst_first(mut self) -> Vec<(Tone, String)> {
        self.0.sort_by_key(|(tone, _)| match tone {
            Tone::Down => 0,
            Tone::Degraded => 1,
            Tone::Unknown => 2,
            _ => 3,
        });
        self.0
    }
}

impl Progress {
    /// It has come to its end.
    pub fn ended(verdict: Verdict, line: impl Into<String>) -> Self {
        let fraction = (verdict == Verdict::Done).then_some(1.0);
        Self { verdict: Some(verdict), ..Self::moving(fraction, line) }
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
pub struct Remainder<'a> {
    /// Those that nobody took, as far as is known.
    pub calls: &'a [Call],
    /// What the others were answered.
    pub accepted: Option<&'a Receipt>,
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

impl Applied {
    /// It was done, and this is the id of what it started.
    pub fn yes(started: impl Into<Option<Text>>) -> Self {
        Self::Yes(Receipt::of("", started.into()))
    }
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

/// The field of a dialog that begins with a value of the config, and the value.
pub type Prefill = fn(&Settings) -> (&'static str, &str);

/// One action over the resources of a kind. What has no default must be said of every action; a default is
/// what holds of most. Nothing here reads a clock or AWS: time, facts and inputs come as arguments.
///
/// The guard sees a row as it was listed. The plan sees facts that were read for it, and the watch the same
/// facts again and again after the change was sent.
pub trait ActionSpec: Send + Sync + 'static {
    /// What it is done to.
    type Resource: Resource;

    /// What is read for its plan and its watch: the type of [`ActionSpec::FACTS`].
    type Facts: 'static;

    /// Its word in the journal, unique over all kinds.
    const ID: &'static str;

    /// The command: the word of the keymap and the palette. Actions of different kinds may share one, and
    /// with it the key; the focused kind decides.
    const VERB: &'static str = Self::ID;

    /// The default key, in the keymap's spelling.
    const KEY: &'static str;

    /// For the key bar and the palette: `force deploy`.
    const LABEL: &'static str = Self::VERB;

    /// One sentence for help.
    const HELP: &'static str;

    /// Which facts are read; their kind is that of the action.
    const FACTS: FactsId;

    /// Operations that its facts need besides those that the kind reads anyway.
    const READS: &'static [Op] = &[];

    /// Operations that its plans send.
    const CHANGES: &'static [Op];

    /// What IAM must allow besides.
    const GRANTS: &'static [Grant] = &[];

    /// How often the facts are read while it is watched.
    const WATCH_EVERY: Duration = Duration::from_secs(5);

    /// What it opens on this machine; `None`: what it starts is in AWS, and followed there.
    const OPENS: Option<Opens> = None;

    /// It stands behind all else in the key bar, before the key that tells the others.
    const IS_SELDOM: bool = false;

    /// The field that begins with a value of the config.
    const PREFILL: Option<Prefill> = None;

    /// # Errors
    /// Why it cannot be done to this resource now, as far as its row tells.
    fn guard(&self, _resource: &Self::Resource) -> Result<(), String> {
        Ok(())
    }

    /// What the person is asked; empty for nothing.
    fn fields(&self, _resource: &Self::Resource, _now: Timestamp) -> Vec<Field> {
        Vec::new()
    }

    /// # Errors
    /// The field that is wrong, and why.
    fn check(&self, _inputs: &Inputs) -> Result<(), (&'static str, String)> {
        Ok(())
    }

    /// The values that a field may take by the facts and the other fields; others may be typed. Empty where
    /// it is free.
    fn choices(&self, _field: &str, _facts: &Self::Facts, _inputs: &Inputs, _now: Timestamp) -> Vec<Choice> {
        Vec::new()
    }

    /// What the facts offer for fields, by what is typed so far.
    fn offers(&self, _facts: &Self::Facts, _inputs: &Inputs) -> Vec<Offer> {
        Vec::new()
    }

    /// Whether these facts lack a password that a person may type.
    fn needs_password(&self, _facts: &Self::Facts) -> bool {
        false
    }

    /// The plan, made of checked inputs.
    ///
    /// # Errors
    /// Why there can be none by these facts.
    fn plan(&self, facts: &Self::Facts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String>;

    /// How far it is by these facts, read after it was sent.
    fn progress(&self, intent: &Intent, receipt: &Receipt, facts: &Self::Facts, now: Timestamp) -> Progress;

    /// Whether a change of unknown outcome was done, by these facts. Of several calls the intent has only
    /// the one in doubt.
    fn applied(&self, intent: &Intent, facts: &Self::Facts, now: Timestamp) -> Applied;

    /// The action that takes it back, and with which inputs, of what was captured before it; `None` for what
    /// has no inverse.
    fn inverse(&self, _intent: &Intent) -> Option<(&'static str, Inputs)> {
        None
    }

    /// A command line for later: what the outcome is good for (restoring a snapshot).
    fn follow_up(&self, _intent: &Intent) -> Option<String> {
        None
    }

    /// How what is left of a plan that broke off is made up for.
    fn remainder(&self, _rest: Remainder) -> Option<String> {
        None
    }

    /// Where that writes its log which it started; `None` where it writes none that can be followed.
    fn logs(&self, _intent: &Intent, _receipt: &Receipt) -> Option<LogSource> {
        None
    }
}

/// What is said of a resource or of facts that are another action's.
const WRONG: &str = "the facts are of another kind";

/// Writes each facet of [`ActionSpec`] as everybody sees it, with its resource or its facts erased, and what
/// holds when they are another's.
macro_rules! erase {
    (
        consts { $(fn $name:ident() -> $type:ty = $const:ident;)* }
        plain { $(fn $plain:ident($($p:ident: $P:ty),*) -> $says:ty;)* }
        resource { $(fn $of:ident($($r:ident: $R:ty),*) -> $of_says:ty, else $of_else:expr;)* }
        facts { $(fn $by:ident($($b:ident: $B:ty),*; facts; $($f:ident: $F:ty),*) -> $by_says:ty, else $by_else:expr;)* }
    ) => {
        /// An action of any kind; [`ActionSpec`] says what each facet means.
        pub trait Action: Send + Sync {
            $(fn $name(&self) -> $type;)*
            $(fn $plain(&self $(, $p: $P)*) -> $says;)*
            $(fn $of(&self, resource: &dyn Resource $(, $r: $R)*) -> $of_says;)*
            $(fn $by(&self $(, $b: $B)*, facts: &dyn AnyFacts $(, $f: $F)*) -> $by_says;)*
        }

        impl<A: ActionSpec> Action for A {
            $(fn $name(&self) -> $type {
                A::$const
            })*
            $(fn $plain(&self $(, $p: $P)*) -> $says {
                ActionSpec::$plain(self $(, $p)*)
            })*
            $(fn $of(&self, resource: &dyn Resource $(, $r: $R)*) -> $of_says {
                cast(resource).map_or_else(|| $of_else, |own| ActionSpec::$of(self, own $(, $r)*))
            })*
            $(fn $by(&self $(, $b: $B)*, facts: &dyn AnyFacts $(, $f: $F)*) -> $by_says {
                cast_facts(facts).map_or_else(|| $by_else, |own| ActionSpec::$by(self $(, $b)*, own $(, $f)*))
            })*
        }
    };
}

erase! {
    consts {
        fn id() -> &'static str = ID;
        fn verb() -> &'static str = VERB;
        fn key() -> &'static str = KEY;
        fn label() -> &'static str = LABEL;
        fn help() -> &'static str = HELP;
        fn facts() -> FactsId = FACTS;
        fn reads() -> &'static [Op] = READS;
        fn changes() -> &'static [Op] = CHANGES;
        fn grants() -> &'static [Grant] = GRANTS;
        fn watch_every() -> Duration = WATCH_EVERY;
        fn opens() -> Option<Opens> = OPENS;
        fn is_seldom() -> bool = IS_SELDOM;
        fn prefill() -> Option<Prefill> = PREFILL;
    }
    plain {
        fn check(inputs: &Inputs) -> Result<(), (&'static str, String)>;
        fn inverse(intent: &Intent) -> Option<(&'static str, Inputs)>;
        fn follow_up(intent: &Intent) -> Option<String>;
        fn remainder(rest: Remainder) -> Option<String>;
        fn logs(intent: &Intent, receipt: &Receipt) -> Option<LogSource>;
    }
    resource {
        fn guard() -> Result<(), String>, else Err(WRONG.to_string());
        fn fields(now: Timestamp) -> Vec<Field>, else Vec::new();
    }
    facts {
        fn choices(field: &str; facts; inputs: &Inputs, now: Timestamp) -> Vec<Choice>, else Vec::new();
        fn offers(; facts; inputs: &Inputs) -> Vec<Offer>, else Vec::new();
        fn needs_password(; facts; ) -> bool, else false;
        fn plan(; facts; inputs: &Inputs, now: Timestamp) -> Result<Plan, String>, else Err(WRONG.to_string());
        fn progress(intent: &Intent, receipt: &Receipt; facts; now: Timestamp) -> Progress,
            else Progress::waiting(WRONG);
        fn applied(intent: &Intent; facts; now: Timestamp) -> Applied, else Applied::CannotTell;
    }
}

impl dyn Action {
    /// The kind of what it is done to.
    pub fn kind(&self) -> KindId {
        self.facts().kind
    }
}

/// Declares the module of each action of a kind, and lists them in the order of the key bar.
macro_rules! actions {
    ($($module:ident::$action:ident),* $(,)?) => {
        $(pub mod $module;)*

        pub const ALL: &[&dyn $crate::kinds::action::Action] = &[$(&$module::$action),*];
    };
}
pub(super) use actions;
