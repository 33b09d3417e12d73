//! What an answer changes: whoever asked takes it in.

use super::action::Step;
use super::msg::{Asked, Effect, Session};
use super::state::{NoticeTone, Overlay, State};
use crate::app::views::forwards;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::log::LogPiece;
use crate::domain::query::{Answer, Query};

/// Takes in what was told to a question; nothing where nobody waits for it any more.
pub fn accept(state: &mut State, asked: Asked, round: u64, result: Result<Answer, Fault>) -> Vec<Effect> {
    let now = state.now;
    let Asked { environment, session, query } = asked;
    if let Query::Tail { sources, .. } | Query::History(sources, _) = &query {
        if let Some(logs) = state.logs.as_mut().filter(|logs| logs.sources == *sources) {
            match (&query, result) {
                (Query::History(..), Err(fault)) => logs.history_failed(&fault),
                (Query::History(..), Ok(Answer::Logs(LogPiece::Back(moment)))) => logs.read_back_to(moment),
                (Query::Tail { live, .. }, result) => {
                    logs.tells(*live, round);
                    logs.accept(result, now);
                }
                (_, result) => logs.accept(result, now),
            }
        }
        return vec![];
    }
    if let Query::Insights(query) = &query {
        if let Some(view) = &mut state.insights {
            view.accept(query, result, now);
        }
        return vec![];
    }
    if let Query::Revision(reference) = &query {
        let view = state.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Compare(view) => Some(view),
            _ => None,
        });
        if let Some(view) = view {
            view.accept(reference, result);
        }
        return vec![];
    }
    if let Query::Forward(session) = &query {
        return forwards::accept(state, session, result);
    }
    let Query::Facts(of, id) = &query else {
        if session == Session::OTHERS && state.environments.iter().any(|env| env.name == environment) {
            // It may not have been open so far.
            state.stores.entry(environment.clone()).or_default();
        }
        if let Some(store) = state.stores.get_mut(&environment) {
            store.accept(&query, result, now);
        }
        return vec![];
    };
    let facts = match result {
        Ok(Answer::Facts(facts)) => Ok(facts),
        // Nothing more will come: a dialog must not wait for it for ever.
        Ok(Answer::Gone(_)) => Err(Fault::new(FaultKind::NotFound, id.0.clone(), "it does not exist any more")),
        Ok(_) => return vec![],
        Err(fault) => Err(fault),
    };
    if session == Session::JOBS {
        let (effects, told) = state.jobs.observe(&environment, *of, id, &facts, round, now);
        if let Some(line) = told.into_iter().last() {
            state.say(NoticeTone::Info, line);
        }
        return effects;
    }
    let dialog = state.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Action(dialog) if dialog.spec.facts == *of && dialog.id == *id => Some(dialog),
        _ => None,
    });
    let Some(dialog) = dialog else { return vec![] };
    match dialog.accept(facts, round, now) {
        Step::Stay => vec![],
        Step::Send(change) => {
            state.overlays.retain(|overlay| !matches!(overlay, Overlay::Action(_)));
            state.jobs.start(change.environment().clone(), change.intent().clone());
            let text = format!("{}: sent, and followed to its end (J)", change.intent().summary);
            state.say(NoticeTone::Info, text);
            vec![Effect::Change(change)]
        }
    }
}
