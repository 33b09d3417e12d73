//! What the dialog answers, and how the action of a kind comes to be planned.

use std::time::Duration;

use super::{CONFIRM, COPY_CALL, Dialog, PLAN, REST_DOWN, REST_UP};
use crate::app::action;
use crate::app::action::jobs::Phase;
use crate::app::clipboard::copy;
use crate::app::command::{Command, CommandSpec, Context, declare_commands};
use crate::app::field::Written;
use crate::app::input::{ACCEPT, COMPLETE, NEXT, PREVIOUS, PREVIOUS_FIELD};
use crate::app::msg::Effect;
use crate::app::panes::LIST;
use crate::app::state::{NoticeTone, Pane, State};
use crate::app::subscription::{ONCE, Subscriptions};
use crate::app::triage::look;
use crate::app::views::view::{BACK, Next, View};
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::ResourceId;
use crate::kinds;

declare_commands! {
    CONFIRM: PLAN, ["y"], "yes", "Do it, where the plan asks for no name.";
    REST_UP: PLAN, ["pageup"], "back", "Up in a plan that is longer than the screen.";
    REST_DOWN: PLAN, ["pagedown"], "the rest", "Down in a plan that is longer than the screen.";
    COPY_CALL: PLAN, ["c", "alt-c"], "copy the aws line", "Copy the same request as a line for the AWS CLI.";
}

/// How all verbs of actions are declared; keys and words are those of the actions.
pub static ACT: CommandSpec =
    CommandSpec::new(Command::new(""), LIST, &[], "", "").runs(act).unless(why_not).leads_to_a_change();

fn why_not(state: &State, command: Command) -> Option<String> {
    let verb = command.id();
    let spec = state.action(verb)?;
    let kind = kinds::kind(spec.kind())?;
    if state.acted_on().is_none_or(|focused| focused.id() != spec.kind()) {
        let places = Pane::places(|kind| kind.actions().iter().any(|action| action.verb() == verb));
        return Some(format!("{} works on {places}", spec.label()));
    }
    let (Some(env), Some(store)) = (state.environment(), state.store()) else {
        return Some("no environment is chosen".to_string());
    };
    let Some(row) = state.selected(spec.kind()) else {
        return Some(format!("no {} is selected", kind.noun()));
    };
    if let Some(job) = state.jobs.over(&env.name, row.object.id())
        && matches!(job.phase, Phase::Sending | Phase::Unsure(_))
    {
        return Some(format!("{} is not settled yet ({})", job.intent.summary, job.line()));
    }
    action::guard(env, store, spec, &*row.object).err()
}

fn act(state: &mut State, command: Command) {
    let Some(spec) = state.action(command.id()) else { return };
    let (Some(env), Some(store), Some(row)) = (state.environment(), state.store(), state.selected(spec.kind())) else {
        return;
    };
    let identity = match action::guard(env, store, spec, &*row.object) {
        Ok(identity) => identity.clone(),
        Err(why) => return state.say(NoticeTone::Error, why),
    };
    let mut dialog = Dialog::new(spec, env.clone(), state.session, identity, &*row.object, state.now);
    if let Some((name, value)) = spec.prefill().map(|prefill| prefill(&state.settings)) {
        dialog = dialog.filled(name, value);
    }
    let elsewhere = look::elsewhere(state, command, row.object.id());
    state.notice = None;
    if let Some(said) = elsewhere {
        state.say(NoticeTone::Info, said);
    }
    state.overlays.push(dialog.into());
}

impl View for Dialog {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![]
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        match self.is_typing() {
            true => &[Context::INPUT, PLAN, Context::GLOBAL],
            // Enter is heard here too, to say that it confirms nothing.
            false => &[PLAN, Context::INPUT, Context::GLOBAL],
        }
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        let now = state.now;
        match command {
            CONFIRM => self.yes(now),
            PREVIOUS => self.step(-1, now),
            NEXT => self.step(1, now),
            REST_UP => self.page(-1),
            REST_DOWN => self.page(1),
            COMPLETE => self.move_on(1, now),
            PREVIOUS_FIELD => self.move_on(-1, now),
            COPY_CALL => self.cli().into_iter().for_each(|lines| copy(state, lines.join(" && "))),
            ACCEPT => {
                let (env, id) = (self.env.clone(), self.id.clone());
                state.effects.extend(self.enter(now).map(|secret| Effect::Unlock { env, id, secret }));
            }
            BACK if self.back() => {}
            _ => return Next::Pass,
        }
        Next::Stay
    }

    fn write(&mut self, state: &mut State, written: Written) {
        match written {
            Written::Key(key) => self.edit(key, state.now),
            Written::Pasted(text) => self.paste(text, state.now),
        }
    }

    fn resources<'a>(&'a self, _: &'a State) -> Vec<&'a ResourceId> {
        vec![&self.id]
    }

    fn subscribe(&self, _: &State, to: &mut Subscriptions) {
        to.add(&self.env, self.session, self.query(), ONCE, Duration::ZERO, self.round);
    }

    fn asks(&self, query: &Query) -> bool {
        *query == self.query()
    }

    fn accept(&mut self, state: &mut State, query: &Query, round: u64, result: Result<Answer, Fault>) -> Next {
        let Query::Facts(_, id) = query else { return Next::Stay };
        let Some(facts) = action::facts(id, result) else { return Next::Stay };
        let Some(change) = self.take_facts(facts, round, state.now) else { return Next::Stay };
        state.jobs.start(change.environment().clone(), change.intent().clone());
        let text = format!("{}: sent, and followed to its end (J)", change.intent().summary);
        state.say(NoticeTone::Info, text);
        state.effects.push(Effect::Change(Box::new(change)));
        Next::Close
    }

    fn painted(&mut self, now: Timestamp) {
        self.mark_painted(now);
    }

    fn is_disposable(&self) -> bool {
        false
    }

    fn is_modal(&self) -> bool {
        true
    }
}
