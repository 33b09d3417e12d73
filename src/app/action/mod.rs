//! The only road to a change: guard → plan → confirm → a [`Change`], which the runtime journals
//! and sends. Nothing else in the program can make one.

mod field_input;
pub mod jobs;
pub mod undo;

use std::sync::Arc;

use tui_input::Input;

pub use field_input::FieldInput;

use crate::app::cursor::{self, Cursor};
use crate::app::field;
use crate::app::session::Session;
use crate::app::store::Store;
use crate::domain::Timestamp;
use crate::domain::cache::Secret;
use crate::domain::call::Call;
use crate::domain::environment::{Environment, Identity, Tier};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::fetched::Fetched;
use crate::domain::intent::Intent;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::{Facts, Resource, ResourceId};
use crate::domain::text::Text;
use crate::keymap::{Code, Key};
use crate::kinds::action::{Action, Choice, Confirm, Inputs, OPENED, Plan};

/// A confirmed change. Its fields are private so that only this module can make one.
#[derive(Debug)]
pub struct Change {
    env: Arc<Environment>,
    intent: Intent,
}

impl Change {
    pub fn environment(&self) -> &Arc<Environment> {
        &self.env
    }

    pub fn intent(&self) -> &Intent {
        &self.intent
    }
}

/// Why nothing there may be changed at all, if so.
pub fn locked(env: &Environment, store: &Store) -> Option<String> {
    if env.read_only {
        return Some(format!("{} is read-only", env.name));
    }
    match (&env.account, store.identity.value()) {
        (Some(pin), Some(identity)) if *pin != identity.account => {
            Some(format!("account {} is not the pinned {pin}: read-only", identity.account))
        }
        _ => None,
    }
}

/// Whether an action may be planned for a resource, as far as is known without asking AWS, and as whom.
///
/// # Errors
/// Why not, for the person.
pub fn guard<'a>(
    env: &Environment,
    store: &'a Store,
    spec: &dyn Action,
    resource: &dyn Resource,
) -> Result<&'a Identity, String> {
    if let Some(why) = locked(env, store) {
        return Err(why);
    }
    let identity = store.identity.value().ok_or_else(|| match store.identity.fault() {
        Some(fault) => format!("who we are in {} is not known: {fault}", env.name),
        None => format!("who we are in {} is still being asked", env.name),
    })?;
    spec.guard(resource).map(|()| identity)
}

/// Where a dialog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Fields are filled in; the plan below follows them.
    Input,
    /// The plan waits for its confirmation.
    Confirm,
    /// Confirmed; the facts are read once more before it is sent.
    Checking,
}

/// The dialog of one action over one resource.
pub struct Dialog {
    pub spec: &'static dyn Action,
    pub env: Arc<Environment>,
    pub session: Session,
    pub identity: Identity,
    pub id: ResourceId,
    pub name: Text,
    pub stage: Stage,
    pub fields: Vec<FieldInput>,
    pub active: usize,
    /// The field that is wrong, and why.
    pub error: Option<(&'static str, String)>,
    pub facts: Fetched<Facts>,
    /// The plan by the newest facts and inputs, or why there is none.
    pub plan: Option<Result<Plan, String>>,
    /// What is typed where a name is asked.
    pub typed: Input,
    /// How many of [`Dialog::names`] were typed right.
    pub matched: usize,
    /// What must be said about the last try: a wrong name, facts that moved.
    pub remark: Option<String>,
    /// A password, while it is typed. It is drawn as dots and leaves by [`Dialog::enter`] alone.
    pub secret: Input,
    /// Lines of the plan scrolled down, where it is longer than the screen.
    pub scroll: Cursor,
    /// The round of facts that counts; confirming asks for one more.
    pub round: u64,
    /// When the plan was first on the screen; keys before that confirm nothing.
    painted_at: Option<Timestamp>,
    opened: Timestamp,
}

/// How long a plan must have been on the screen before a key can confirm it, so that keys typed
/// ahead over a slow link do not.
const SETTLE_MS: i64 = 250;

/// Lines of a page of a long plan.
const PAGE: isize = 6;

impl Dialog {
    pub fn new(
        spec: &'static dyn Action,
        env: Arc<Environment>,
        session: Session,
        identity: Identity,
        resource: &dyn Resource,
        now: Timestamp,
    ) -> Self {
        let fields: Vec<FieldInput> = (spec.fields(resource, now).into_iter()).map(FieldInput::new).collect();
        Self {
            spec,
            env,
            session,
            identity,
            id: resource.id().clone(),
            name: resource.name().clone(),
            stage: if fields.is_empty() { Stage::Confirm } else { Stage::Input },
            fields,
            active: 0,
            error: None,
            facts: Fetched::default(),
            plan: None,
            typed: Input::default(),
            matched: 0,
            remark: None,
            secret: Input::default(),
            scroll: Cursor::default(),
            // Later than that of a dialog before, which may have asked for the same.
            round: now.as_nanosecond() as u64,
            painted_at: None,
            opened: now,
        }
    }

    /// The same with a field filled in.
    pub fn filled(mut self, name: &str, value: &str) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.field.name == name) {
            field.fill(value);
        }
        self
    }

    /// What must be read for it.
    pub fn query(&self) -> Query {
        Query::Facts(self.spec.facts(), self.id.clone())
    }

    pub fn inputs(&self) -> Inputs {
        let opened = (OPENED.to_string(), self.opened.to_string());
        self.fields.iter().map(|f| (f.field.name.to_string(), f.value())).chain([opened]).collect()
    }

    /// How it must be confirmed, with the step that production adds.
    pub fn confirm(&self) -> Option<Confirm> {
        let plan = self.plan.as_ref()?.as_ref().ok()?;
        Some(if self.env.tier == Tier::Production { plan.confirm.raised() } else { plan.confirm })
    }

    /// The names that must be typed, in order.
    pub fn names(&self) -> Vec<&str> {
        match self.confirm() {
            None | Some(Confirm::Ask) => vec![],
            Some(Confirm::TypeName) => vec![&self.name],
            Some(Confirm::TypeBoth) => vec![&self.name, &self.env.name],
        }
    }

    /// Which of how many names is to be typed now, from 1, and what it is the name of.
    pub fn step_of_names(&self) -> Option<(usize, usize, &'static str)> {
        self.expected_name()?;
        let noun = || crate::kinds::kind(self.spec.kind()).map_or("resource", |kind| kind.noun());
        Some((self.matched + 1, self.names().len(), if self.matched == 0 { noun() } else { "environment" }))
    }

    /// The name that is to be typed now.
    pub fn expected_name(&self) -> Option<&str> {
        self.names().get(self.matched).copied()
    }

    /// The values that the field may take which is typed into; empty where it is free.
    pub fn choices(&self, now: Timestamp) -> Vec<Choice> {
        match (self.stage, self.fields.get(self.active), self.facts.value()) {
            (Stage::Input, Some(f), Some(facts)) => self.spec.choices(f.field.name, &**facts, &self.inputs(), now),
            _ => Vec::new(),
        }
    }

    /// An empty field takes the value that the first facts suggest.
    fn suggest(&mut self, now: Timestamp) {
        let suggested = self.choices(now).into_iter().find(|choice| choice.suggested);
        if let (Some(choice), Some(field)) = (suggested, self.fields.get_mut(self.active))
            && field.input.value().is_empty()
        {
            field.fill(choice.value);
        }
    }

    /// A password is missing that can be typed here.
    pub fn needs_password(&self) -> bool {
        let missing = |facts: &Facts| self.spec.needs_password(&**facts);
        self.stage != Stage::Checking && self.facts.value().is_some_and(missing)
    }

    /// Whether keys go into a text field.
    pub fn is_typing(&self) -> bool {
        match self.stage {
            _ if self.needs_password() => true,
            Stage::Input => true,
            Stage::Confirm => self.expected_name().is_some(),
            Stage::Checking => false,
        }
    }

    /// Fresh facts, or why there are none. What is confirmed and still true comes back, to be sent.
    pub fn take_facts(&mut self, result: Result<Facts, Fault>, round: u64, now: Timestamp) -> Option<Change> {
        if round < self.round {
            // Read before it was confirmed: it proves nothing about now.
            return None;
        }
        let failed = match result {
            Ok(facts) => {
                let first = self.facts.value().is_none();
                self.facts.accept(facts, now);
                if first {
                    self.suggest(now);
                }
                self.take_offers();
                None
            }
            Err(fault) => {
                let why = fault.to_string();
                self.facts.fail(fault, now);
                Some(why)
            }
        };
        if self.stage != Stage::Checking {
            self.replan(now);
            return None;
        }
        let before = self.plan.take();
        self.replan(now);
        let remark = match (failed, &before, &self.plan) {
            (Some(why), ..) => {
                self.plan = before;
                format!("not sent: it could not be checked once more: {why}")
            }
            (None, Some(Ok(old)), Some(Ok(new))) if old.before == new.before && old.calls == new.calls => {
                return Some(self.change(new, now));
            }
            (None, _, Some(Err(why))) => format!("not sent: {why}"),
            _ => "not sent: it moved while you read the plan; this is the new one".to_string(),
        };
        self.ask(Stage::Confirm, Some(remark));
        None
    }

    fn change(&self, plan: &Plan, now: Timestamp) -> Change {
        let intent = Intent {
            // Unique enough over consoles: the nanosecond, and what it is done to.
            id: format!("{}-{}", now.as_nanosecond(), self.spec.id()).into(),
            at: now,
            environment: self.env.name.clone(),
            profile: self.env.profile.clone(),
            account: self.identity.account.clone(),
            region: self.env.region.clone().unwrap_or_default(),
            identity: self.identity.arn.clone(),
            action: self.spec.id().into(),
            kind: self.spec.kind().0.into(),
            resource: self.id.clone(),
            name: self.name.clone(),
            calls: plan.calls.clone(),
            inputs: self.inputs(),
            before: plan.before.clone(),
            summary: plan.summary.clone().into(),
        };
        Change { env: self.env.clone(), intent }
    }

    /// What the facts offer stands in fields that are empty yet.
    fn take_offers(&mut self) {
        let Some(facts) = self.facts.value().cloned() else { return };
        // What is offered for a field may depend on those before it.
        for place in 0..self.fields.len() {
            let offers = self.spec.offers(&*facts, &self.inputs());
            let field = &mut self.fields[place];
            let Some((_, values)) = offers.into_iter().find(|(name, _)| *name == field.field.name) else { continue };
            if self.stage == Stage::Input && field.input.value().is_empty() && field.field.presets.is_empty() {
                field.fill(values.first().cloned().unwrap_or_default());
            }
            field.field.presets = values.into_iter().map(|value| (value.clone(), value)).collect();
        }
    }

    /// Makes the plan anew of what is known and typed.
    fn replan(&mut self, now: Timestamp) {
        let inputs = self.inputs();
        self.error = self.spec.check(&inputs).err();
        let Some(facts) = self.facts.value() else { return };
        // A plan of other inputs than those on the screen would be a lie, and its line could be copied.
        self.plan = self.error.is_none().then(|| self.spec.plan(&**facts, &inputs, now));
    }

    /// To the fields or to the plan, where nothing is confirmed yet.
    fn ask(&mut self, stage: Stage, remark: Option<String>) {
        self.stage = stage;
        self.remark = remark;
        self.typed = Input::default();
        self.matched = 0;
        self.painted_at = None;
    }

    /// What is on the screen is this dialog as it stands.
    pub fn mark_painted(&mut self, now: Timestamp) {
        if self.stage == Stage::Confirm && matches!(self.plan, Some(Ok(_))) && self.painted_at.is_none() {
            self.painted_at = Some(now);
        }
    }

    fn is_settled(&self, now: Timestamp) -> bool {
        self.painted_at.is_some_and(|painted| now.as_millisecond() - painted.as_millisecond() >= SETTLE_MS)
    }

    /// A key that edits the field or the typed name.
    pub fn edit(&mut self, key: Key, now: Timestamp) {
        match self.stage {
            _ if self.needs_password() => {
                field::edit(&mut self.secret, key);
            }
            Stage::Input => {
                let Some(field) = self.fields.get_mut(self.active) else { return };
                // Into an empty line the last value of a list comes back.
                if key.code == Code::Backspace && field.input.value().is_empty() {
                    let last = field.items.pop();
                    field.fill(last.unwrap_or_default());
                    field.is_suggested = false;
                    self.replan(now);
                } else if field.edit(key) {
                    self.replan(now);
                }
            }
            Stage::Confirm if self.expected_name().is_some() && self.is_settled(now) => {
                self.remark = None;
                field::edit(&mut self.typed, key);
            }
            _ => {}
        }
    }

    /// Pasted text goes into fields, and never into a confirmation.
    pub fn paste(&mut self, text: &str, now: Timestamp) {
        match self.stage {
            _ if self.needs_password() => field::paste(&mut self.secret, text),
            Stage::Input => {
                let Some(field) = self.fields.get_mut(self.active) else { return };
                let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
                // A list takes every line.
                let last = if field.field.many { lines.len().saturating_sub(1) } else { 0 };
                for line in &lines[..last] {
                    field.paste(line);
                    field.add();
                }
                field.paste(&lines[last..].join("\n"));
                self.replan(now);
            }
            Stage::Confirm if self.expected_name().is_some() => {
                self.remark = Some("a name is typed here, not pasted".to_string());
            }
            _ => {}
        }
    }

    /// Further down (or up) in a plan that is longer than the screen, by half of a small one.
    pub fn page(&mut self, down: isize) {
        self.scroll.scroll(down * PAGE);
    }

    /// Up or down: the next of what may be chosen; one more or one less of a number; a line of a long plan.
    pub fn step(&mut self, down: isize, now: Timestamp) {
        if self.stage != Stage::Input {
            self.scroll.scroll(down);
            return;
        }
        let choices = self.choices(now);
        if !choices.is_empty() {
            if let Some(field) = self.fields.get_mut(self.active) {
                let place = choices.iter().position(|choice| choice.value == field.input.value().trim());
                let next = place.map_or(0, |place| cursor::step(place, down, choices.len()));
                field.fill(choices[next].value.as_str());
                self.replan(now);
            }
            return;
        }
        let Some(field) = self.fields.get_mut(self.active) else { return };
        let typed = field.input.value().trim();
        if let Ok(number) = typed.parse::<i64>()
            && !typed.starts_with('+')
        {
            field.fill(number.saturating_sub(down as i64).max(0).to_string());
            self.replan(now);
        } else {
            self.preset(down, now);
        }
    }

    /// The next (or previous) offered value.
    fn preset(&mut self, by: isize, now: Timestamp) {
        let Some(field) = self.fields.get_mut(self.active) else { return };
        let presets = &field.field.presets;
        if presets.is_empty() {
            return;
        }
        let place = presets.iter().position(|(_, value)| value == field.input.value());
        let next = place.map_or(0, |place| (place as isize + by).rem_euclid(presets.len() as isize) as usize);
        let value = presets[next].1.clone();
        field.fill(value);
        self.replan(now);
    }

    /// To the next (or previous) field; where there is but one, its next offered value.
    pub fn move_on(&mut self, by: isize, now: Timestamp) {
        if self.stage != Stage::Input {
            return;
        }
        if self.fields.len() < 2 {
            return self.preset(by, now);
        }
        self.active = (self.active as isize + by).rem_euclid(self.fields.len() as isize) as usize;
        self.suggest(now);
        self.replan(now);
    }

    /// Enter: on to the next field, to the plan, or the typed name is complete. A typed password
    /// comes back, to be handed on and forgotten here.
    pub fn enter(&mut self, now: Timestamp) -> Option<Secret> {
        if self.needs_password() {
            let typed = std::mem::take(&mut self.secret);
            if typed.value().is_empty() {
                return None;
            }
            self.facts = Fetched::default();
            self.plan = None;
            self.round += 1;
            return Some(Secret(typed.value().to_string()));
        }
        self.go_on(now);
        None
    }

    fn go_on(&mut self, now: Timestamp) {
        match self.stage {
            Stage::Input => {
                self.replan(now);
                // What is wrong with a field that is still to come is said there.
                let place = self.error.as_ref().and_then(|(n, _)| self.fields.iter().position(|f| f.field.name == *n));
                let is_wrong = self.error.is_some() && place.is_none_or(|place| place <= self.active);
                let added = !is_wrong && self.fields.get_mut(self.active).is_some_and(FieldInput::add);
                if added || is_wrong {
                    return self.replan(now);
                }
                if self.active + 1 < self.fields.len() {
                    self.active += 1;
                    self.suggest(now);
                    self.replan(now);
                } else {
                    self.ask(Stage::Confirm, None);
                }
            }
            Stage::Confirm => {
                let remark = match self.expected_name() {
                    None => match self.plan {
                        Some(Ok(_)) => "Enter confirms nothing here: y does".to_string(),
                        _ => return,
                    },
                    Some(_) if !self.is_settled(now) => return,
                    Some(_) if self.typed.value().is_empty() => "nothing is typed yet".to_string(),
                    Some(name) if self.typed.value().trim() != name => format!("that is not {name}"),
                    Some(_) => {
                        self.typed = Input::default();
                        self.matched += 1;
                        self.remark = None;
                        if self.expected_name().is_none() {
                            self.check();
                        }
                        return;
                    }
                };
                self.remark = Some(remark);
            }
            Stage::Checking => {}
        }
    }

    /// `y`, where no name is asked.
    pub fn yes(&mut self, now: Timestamp) {
        if self.stage == Stage::Confirm && self.confirm() == Some(Confirm::Ask) && self.is_settled(now) {
            self.check();
        }
    }

    fn check(&mut self) {
        self.stage = Stage::Checking;
        self.remark = None;
        self.round += 1;
    }

    /// Back from the plan to the fields. `false`: there is nowhere to go back to.
    pub fn back(&mut self) -> bool {
        if self.stage == Stage::Confirm && !self.fields.is_empty() {
            self.ask(Stage::Input, None);
            return true;
        }
        false
    }

    /// The same requests as lines for a shell.
    pub fn cli(&self) -> Option<Vec<String>> {
        let plan = self.plan.as_ref()?.as_ref().ok()?;
        let line = |call: &Call| call.cli(self.env.profile.as_deref(), self.env.region.as_deref());
        Some(plan.calls.iter().map(line).collect())
    }
}

/// The facts in an answer, or that there are none; `None`: it is about something else.
pub fn facts(id: &ResourceId, result: Result<Answer, Fault>) -> Option<Result<Facts, Fault>> {
    match result {
        Ok(Answer::Facts(facts)) => Some(Ok(facts)),
        // Nothing more will come: a dialog must not wait for it for ever.
        Ok(Answer::Gone(_)) => Some(Err(Fault::new(FaultKind::NotFound, id.0.clone(), "it does not exist any more"))),
        Ok(_) => None,
        Err(fault) => Some(Err(fault)),
    }
}
