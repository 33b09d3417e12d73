//! All distributions, and one with its invalidations.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{self, StreamExt};

use super::shape;
use crate::aws::budget::Urgency;
use crate::aws::op::{
    GET_DISTRIBUTION, GET_INVALIDATION, LIST_DISTRIBUTION_TAGS, LIST_DISTRIBUTIONS, LIST_INVALIDATIONS,
};
use crate::aws::session::Session;
use crate::aws::tell::Teller;
use crate::domain::distribution::{Distribution, DistributionDetail, Invalidation};
use crate::domain::environment::Scope;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::query::Answer;
use crate::domain::resource::{Object, ResourceId};
use crate::domain::text::Text;

/// CloudFront has one list.
pub const PART: &str = "distributions";
/// The most of a page (API model).
const PAGE: i32 = 100;
/// The invalidations that are shown.
const NEWEST: i32 = 20;
/// Requests at the same time; the budget limits the rate.
const AT_ONCE: usize = 4;

/// Paths and caller reference of invalidations, which never change.
#[derive(Debug, Default)]
pub struct Batches(Mutex<HashMap<Text, (Vec<Text>, Text)>>);

impl Batches {
    fn get(&self, id: &Text) -> Option<(Vec<Text>, Text)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn put(&self, id: Text, batch: (Vec<Text>, Text)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, batch);
    }
}

/// Every distribution that the scope's names admit.
async fn read(session: &Session, scope: &Scope, urgency: Urgency) -> Result<Vec<Distribution>, Fault> {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let request = session.cloudfront.list_distributions().max_items(PAGE).set_marker(next).send();
        let told = session.ask(LIST_DISTRIBUTIONS, urgency, request).await?;
        let Some(page) = told.distribution_list() else { break };
        found.extend(
            page.items().iter().map(shape::summary).filter(|distribution| scope.admits_names(distribution.names())),
        );
        next = page.next_marker().filter(|marker| !marker.is_empty() && page.is_truncated()).map(str::to_string);
        if next.is_none() {
            break;
        }
    }
    if scope.tags.is_empty() {
        return Ok(found);
    }
    // The list tells no tags: one request each.
    let mut admitted = Vec::new();
    for distribution in found {
        if has_tags(session, scope, &distribution).await? {
            admitted.push(distribution);
        }
    }
    Ok(admitted)
}

async fn has_tags(session: &Session, scope: &Scope, distribution: &Distribution) -> Result<bool, Fault> {
    let request = session.cloudfront.list_tags_for_resource().resource(distribution.id.0.as_str()).send();
    let told = session.ask(LIST_DISTRIBUTION_TAGS, Urgency::Sweep, request).await?;
    let tags = told.tags().map(|tags| tags.items()).unwrap_or_default();
    Ok(scope.admits_tags(tags.iter().map(|tag| (tag.key(), tag.value().unwrap_or_default()))))
}

/// Every distribution of the scope.
pub async fn all(session: &Session, scope: &Scope, teller: &Teller) {
    teller.tell(Answer::Parts(vec![PART.into()])).await;
    let found = match read(session, scope, Urgency::Sweep).await {
        Ok(found) => found,
        Err(fault) => return teller.tell(Answer::PartFailed { part: PART.into(), fault }).await,
    };
    let ids = found.iter().map(|distribution| distribution.id.clone()).collect();
    teller.tell(Answer::Roster { part: PART.into(), ids }).await;
    tell(session, found, teller).await;
}

/// Tells them with what each has in progress. A missing permission for that hides nothing.
async fn tell(session: &Session, found: Vec<Distribution>, teller: &Teller) {
    let counted = stream::iter(found).map(|mut distribution| async move {
        if let Ok(newest) = newest(session, &distribution.name, Urgency::Sweep).await {
            let open = newest.iter().filter(|invalidation| !invalidation.is_complete()).count();
            distribution.invalidating = u32::try_from(open).ok();
        }
        Arc::new(distribution) as Object
    });
    let counted: Vec<Object> = counted.buffer_unordered(AT_ONCE).collect().await;
    if !counted.is_empty() {
        teller.tell(Answer::Items(counted)).await;
    }
}

/// These distributions again.
pub async fn some(session: &Session, ids: &[ResourceId], teller: &Teller) {
    let mut found = match read(session, &Scope::default(), Urgency::Now).await {
        Ok(found) => found,
        Err(fault) => return teller.tell(Answer::PartFailed { part: PART.into(), fault }).await,
    };
    let wanted: BTreeSet<&ResourceId> = ids.iter().collect();
    found.retain(|distribution| wanted.contains(&distribution.id));
    let missing = |id: &&ResourceId| !found.iter().any(|distribution| distribution.id == **id);
    let gone: Vec<ResourceId> = wanted.into_iter().filter(missing).cloned().collect();
    tell(session, found, teller).await;
    if !gone.is_empty() {
        teller.tell(Answer::Gone(gone)).await;
    }
}

/// The newest invalidations as the list tells them, without paths.
async fn newest(session: &Session, distribution: &str, urgency: Urgency) -> Result<Vec<Invalidation>, Fault> {
    let request = session.cloudfront.list_invalidations().distribution_id(distribution).max_items(NEWEST).send();
    let told = session.ask(LIST_INVALIDATIONS, urgency, request).await?;
    let items = told.invalidation_list().map(|list| list.items()).unwrap_or_default();
    Ok(items.iter().map(shape::invalidation).collect())
}

/// The newest invalidations with their paths. Those that cannot be read stay without them.
async fn invalidations(session: &Session, distribution: &str) -> Result<Vec<Invalidation>, Fault> {
    let told = newest(session, distribution, Urgency::Now).await?;
    let whole = stream::iter(told).map(|mut invalidation| async move {
        let batch = match session.batches.get(&invalidation.id) {
            Some(batch) => Some(batch),
            None => batch(session, distribution, &invalidation.id).await,
        };
        if let Some((paths, reference)) = batch {
            (invalidation.paths, invalidation.caller_reference) = (Some(paths), reference);
        }
        invalidation
    });
    let mut whole: Vec<Invalidation> = whole.buffered(AT_ONCE).collect().await;
    whole.sort_by_key(|invalidation| std::cmp::Reverse(invalidation.created));
    Ok(whole)
}

async fn batch(session: &Session, distribution: &str, id: &Text) -> Option<(Vec<Text>, Text)> {
    let request = session.cloudfront.get_invalidation().distribution_id(distribution).id(id.as_str()).send();
    let told = session.ask(GET_INVALIDATION, Urgency::Now, request).await.ok()?;
    let batch = told.invalidation()?.invalidation_batch()?;
    let paths = batch.paths().map(|paths| paths.items()).unwrap_or_default();
    let batch = (paths.iter().map(Text::from).collect(), Text::new(batch.caller_reference()));
    session.batches.put(id.clone(), batch.clone());
    Some(batch)
}

/// The detail view, and what a plan or a watch needs: they are the same.
pub async fn detail(session: &Session, id: &ResourceId, teller: &Teller) {
    let name = crate::aws::shape::tail(&id.0).to_string();
    let request = session.cloudfront.get_distribution().id(&name).send();
    let distribution = match session.ask(GET_DISTRIBUTION, Urgency::Now, request).await {
        Ok(told) => told.distribution().map(shape::distribution),
        Err(fault) if fault.kind == FaultKind::NotFound => None,
        Err(fault) => return teller.fail(fault).await,
    };
    let Some(distribution) = distribution else {
        return teller.tell(Answer::Gone(vec![id.clone()])).await;
    };
    let invalidations = invalidations(session, &name).await;
    teller.tell(Answer::Facts(Arc::new(DistributionDetail { distribution, invalidations }))).await;
}
