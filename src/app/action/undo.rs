//! Undo: the inverse of the last change that has one, from what was captured before it, as a plan
//! like any other.

use crate::app::action::jobs::{Job, Phase};
use crate::app::action::{self, Dialog};
use crate::app::command::{Context, declare_commands};
use crate::app::state::{NoticeTone, State};
use crate::domain::format;
use crate::domain::intent::Verdict;
use crate::kinds;
use crate::kinds::action::{Action, Inputs};

declare_commands! {
    UNDO = "undo": Context::GLOBAL, ["u"], "undo", "Plan the inverse of the last scale or roll back."
        => .runs(|state, _| open(state)).unless(|state, _| dialog(state).err()).leads_to_a_change();
}

/// The last change in this environment that may have been done and has an inverse.
fn last(state: &State) -> Option<(&Job, &'static dyn Action, Inputs)> {
    let name = &state.environment()?.name;
    let done = |job: &&Job| !matches!(job.phase, Phase::Refused(_) | Phase::Ended(Verdict::NotDone));
    let jobs = state.jobs.iter().rev().filter(|job| job.intent.environment == *name).filter(done);
    jobs.filter_map(|job| {
        let (action, inputs) = job.spec()?.inverse(&job.intent)?;
        Some((job, kinds::action(action)?, inputs))
    })
    .next()
}

/// The dialog that undoes it.
///
/// # Errors
/// Why there is none.
fn dialog(state: &State) -> Result<Dialog, String> {
    let (Some(env), Some(store)) = (state.environment(), state.store()) else {
        return Err("no environment is chosen".to_string());
    };
    let Some((job, spec, inputs)) = last(state) else {
        return Err(format!("nothing that can be undone was done in {} since the start", env.name));
    };
    let summary = &job.intent.summary;
    if let Phase::Sending | Phase::Unsure(_) = job.phase {
        return Err(format!("{summary} is not settled yet ({})", job.line()));
    }
    let Some(row) = store.listing(spec.kind()).row(&job.intent.resource) else {
        return Err(format!("{summary}: {} is not listed any more", job.intent.name));
    };
    let identity = action::guard(env, store, spec, &*row.object)?;
    let dialog = Dialog::new(spec, env.clone(), state.session, identity.clone(), &*row.object, state.now);
    let mut dialog = inputs.iter().fold(dialog, |dialog, (name, value)| dialog.filled(name, value));
    dialog.remark = Some(format!("this undoes {summary}, sent {} ago", format::age(job.intent.at, state.now)));
    Ok(dialog)
}

/// Opens the plan.
fn open(state: &mut State) {
    match dialog(state) {
        Ok(dialog) => {
            state.notice = None;
            state.overlays.push(dialog.into());
        }
        Err(why) => state.say(NoticeTone::Error, why),
    }
}
