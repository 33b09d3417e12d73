//! What every message does to the state. Synchronous and quick; whatever takes time is an effect
//! or a subscription.

use super::field::Written;
use super::msg::{Effect, Msg, Session};
use super::panes::list::ListView;
use super::panes::logs::view as logs;
use super::recorder::keep as recorder;
use super::report::write as report;
use super::settle::settle;
use super::state::{NoticeTone, State};
use super::triage::look::look_soon;
use super::views::debrief::view::on_debrief;
use super::views::dispatch;
use super::views::forwards::view as forwards;
use super::views::insights::view as insights;
use super::views::quit::view::QUIT;
use super::views::timeline::acts;
use super::{answer, mouse};
use crate::domain::intent::Outcome;
use crate::domain::query::Query;
use crate::domain::{Timestamp, format};
use crate::keymap::{Code, Key, KeyMeaning};

const CTRL_C: Key = Key { code: Code::Char('c'), ctrl: true, alt: false, shift: false };

/// Seconds that a notice stays.
const NOTICE_SECONDS: i64 = 8;

/// Does what the message asks and returns what is to be done outside.
pub fn update(state: &mut State, msg: Msg, now: Timestamp) -> Vec<Effect> {
    if let Msg::Answer { asked, .. } | Msg::Answered(asked) = &msg
        && asked.session != Session::JOBS
        && asked.session != state.session
    {
        // Late: the environment was left.
        return vec![];
    }
    state.now = now;
    let is_key = matches!(msg, Msg::Key(_));
    match msg {
        Msg::Key(key) => press(state, key),
        Msg::Paste(text) => paste(state, &text),
        Msg::Mouse(mouse) => mouse::click(state, mouse),
        Msg::Resize(width, height) => state.size = (width, height),
        Msg::Tick => tick(state),
        // What is behind goes on in `settle`, a slice at a time.
        Msg::Work => {}
        Msg::Painted => {
            dispatch::painted(state);
            return vec![];
        }
        Msg::Answer { asked, round, result } => {
            let environment = asked.environment.clone();
            recorder::record(state, &asked, &result);
            answer::accept(state, asked, round, result);
            recorder::flush(state, &environment);
        }
        Msg::Answered(asked) => {
            if let (Query::Insights(query), Some(view)) = (&asked.query, &mut state.insights) {
                view.answered(query, now);
            } else if let Some(store) = state.stores.get_mut(&asked.environment) {
                store.complete(&asked.query, now);
            }
            look_soon(state);
            dispatch::renew(state);
        }
        Msg::Sent { id, step, outcome } => {
            // Everything in view may be different now.
            state.round += 1;
            let taken = matches!(outcome, Outcome::Sent(_));
            let (effects, line) = state.jobs.sent(&id, step, outcome, now);
            state.effects.extend(effects);
            if taken {
                logs::open_job(state, &id);
            }
            if let Some(line) = line {
                state.say(NoticeTone::Info, line);
            }
            forwards::sent(state, &id);
        }
        Msg::Returned { session, ended } => forwards::returned(state, &session, &ended),
        Msg::Journal(entries) => {
            let environments = state.environments.clone();
            acts::recall(&mut state.past, &entries);
            state.jobs.adopt(entries, &environments, now);
            let adopted = state.jobs.live().filter(|job| job.adopted).count();
            if adopted > 0 {
                let text =
                    format!("{} of before: read again until settled (J)", format::count(adopted, "unfinished action"));
                state.say(NoticeTone::Error, text);
            }
        }
        Msg::JournalFault(text) | Msg::Notice(text) => state.say(NoticeTone::Error, text),
        Msg::Recalled { environment, result } => recorder::on_recalled(state, &environment, result),
        Msg::NotKept { environment, records, why } => recorder::on_not_kept(state, &environment, records, &why),
        Msg::Saved { file, result } => {
            if !report::saved(state, &file, &result) && !insights::saved(state, &file, &result) {
                logs::saved(state, &file, result);
            }
        }
        Msg::CallCounter(meter) => state.rate.read(meter, now),
        Msg::Debrief(told) => on_debrief(state, told),
        Msg::ApiUsage(usage) => state.api_usage = usage,
    }
    report::settle(state);
    settle(state, is_key);
    std::mem::take(&mut state.effects)
}

fn tick(state: &mut State) {
    look_soon(state);
    dispatch::renew(state);
    if let Some(notice) = &state.notice
        && format::seconds_since(notice.at, state.now) >= NOTICE_SECONDS
    {
        state.notice = None;
    }
    let now = state.now;
    if let Some(name) = state.current.clone()
        && let Some(store) = state.stores.get_mut(&name)
    {
        store.judge(now);
    }
}

fn press(state: &mut State, key: Key) {
    state.lists.values_mut().for_each(ListView::hold);
    // A sequence begun before a dialog came or went means nothing in the new place.
    let contexts = state.contexts();
    let (begun_in, typed) = std::mem::take(&mut state.pending);
    let typed = if begun_in == contexts { typed } else { Vec::new() };
    let is_typing = state.is_typing();
    if is_typing && typed.is_empty() && key.is_text() {
        return dispatch::write(state, Written::Key(key));
    }
    match state.keymap.lookup(contexts, &typed, key) {
        KeyMeaning::Prefix => state.pending = (contexts, [typed, vec![key]].concat()),
        KeyMeaning::Command(command) => dispatch::run(state, command),
        // Escape ends a sequence and nothing else; any other key may mean something by itself.
        KeyMeaning::Nothing if !typed.is_empty() && key.code == Code::Esc => {}
        KeyMeaning::Nothing if !typed.is_empty() => press(state, key),
        KeyMeaning::Nothing if key == CTRL_C => {
            // In other programs it ends them; here too many hands would leave by habit.
            let quit = state.keymap.keys(QUIT).into_iter().next().unwrap_or_default();
            let first = if state.overlays.is_empty() && !is_typing { "" } else { "esc closes this, then " };
            state.say(NoticeTone::Info, format!("to quit: {first}{quit}"));
        }
        KeyMeaning::Nothing if is_typing => dispatch::write(state, Written::Key(key)),
        KeyMeaning::Nothing => {}
    }
}

/// A pasted text into the field that is typed into.
fn paste(state: &mut State, text: &str) {
    if state.is_typing() {
        dispatch::write(state, Written::Pasted(text));
    } else {
        state.say(NoticeTone::Info, "pasted text goes into text fields only");
    }
}
