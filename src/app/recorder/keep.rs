//! What is done with it: what an answer tells is taken in, written, and read again at the next start.

use std::collections::HashMap;

use crate::app::msg::{Effect, ReadKey, RecordScope};
use crate::app::state::{NoticeTone, State};
use crate::app::store::Store;
use crate::domain::fault::Fault;
use crate::domain::format;
use crate::domain::query::{Answer, ListingPiece, Query};
use crate::domain::record::{Record, Records, What};
use crate::domain::resource::{Object, ResourceId};
use crate::domain::text::Text;
use crate::kinds;

/// Seconds until what could not be written is tried again.
const PAUSE: i64 = 30;

/// Takes in what an answer tells.
pub fn record(state: &mut State, asked: &ReadKey, result: &Result<Answer, Fault>) {
    let now = state.now;
    let Ok(answer) = result else { return };
    let found: Vec<(ResourceId, Vec<What>)> = match (&asked.query, answer) {
        (Query::List(kind) | Query::Some(kind, _), Answer::Listing(ListingPiece::Items(items))) => {
            let Some(kind) = kinds::kind(*kind) else { return };
            let of = |object: &Object| kind.records(&**object, &kind.diagnose(&**object, now), now);
            items.iter().map(|object| (object.id().clone(), of(object))).collect()
        }
        (Query::Detail(of, id) | Query::Facts(of, id), Answer::Facts(facts)) => {
            let Some(kind) = kinds::kind(of.kind) else { return };
            vec![(id.clone(), kind.records_of_facts(&**facts))]
        }
        (Query::Endings(..), Answer::Seen(seen)) => {
            let mut found: HashMap<&ResourceId, Vec<What>> = HashMap::new();
            for (of, what) in seen {
                found.entry(of).or_default().push(what.clone());
            }
            found.into_iter().map(|(of, seen)| (of.clone(), seen)).collect()
        }
        _ => return,
    };
    let Some(Store { recorder, .. }) = state.stores.get_mut(&asked.environment) else { return };
    for (of, mut seen) in found {
        // AWS tells the newest first, also of those of one second.
        seen.reverse();
        seen.sort_by_key(What::at);
        for what in seen {
            let record = Record { of: of.clone(), seen: now, what };
            if recorder.records.take(record.clone()) {
                recorder.wait([record]);
            }
        }
    }
}

/// What is to be done after an answer: read the file as soon as it is known which, write what is new.
pub fn flush(state: &mut State, environment: &Text) {
    let effect = next(state, environment);
    state.effects.extend(effect);
}

fn next(state: &mut State, environment: &Text) -> Option<Effect> {
    let env = state.environments.iter().find(|env| env.name == *environment)?;
    let Store { recorder, identity, .. } = state.stores.get_mut(environment)?;
    let now = state.now;
    let (account, region) = (identity.value()?.account.clone(), env.region.clone()?);
    let scope = RecordScope { environment: environment.clone(), account, region };
    if recorder.scope.as_ref() != Some(&scope) {
        recorder.scope = Some(scope.clone());
        recorder.is_read = false;
        return Some(Effect::Recall(scope));
    }
    let may_write = recorder.failed.is_none_or(|at| format::seconds_since(at, now) >= PAUSE);
    (recorder.is_read && may_write && !recorder.waiting.is_empty())
        .then(|| Effect::Keep(scope, std::mem::take(&mut recorder.waiting)))
}

/// Takes in what was recorded before, and writes what is not among it.
pub fn on_recalled(state: &mut State, environment: &Text, result: Result<Vec<Record>, String>) {
    let Some(Store { recorder, .. }) = state.stores.get_mut(environment) else { return };
    recorder.is_read = true;
    match result {
        Ok(records) => {
            let mut written = Records::default();
            for record in records {
                written.take(record.clone());
                recorder.records.take(record);
            }
            recorder.waiting.retain(|record| written.take(record.clone()));
        }
        Err(why) => {
            state.say(NoticeTone::Error, format!("what was recorded before cannot be read: {why}"));
        }
    }
    flush(state, environment);
}

/// What could not be written waits for the next try.
pub fn on_not_kept(state: &mut State, environment: &Text, records: Vec<Record>, why: &str) {
    let Some(Store { recorder, .. }) = state.stores.get_mut(environment) else { return };
    let is_first = recorder.failed.replace(state.now).is_none();
    let said = format!("not recorded: {} ({why})", format::count(records.len(), "thing"));
    let later = std::mem::take(&mut recorder.waiting);
    recorder.wait(records.into_iter().chain(later));
    if is_first {
        state.say(NoticeTone::Error, said);
    }
}
