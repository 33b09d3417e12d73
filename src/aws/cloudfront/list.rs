//! All distributions, and one with its invalidations.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures_util::stream::{self, StreamExt};
use parking_lot::Mutex;

use super::client;
use super::shape;
use crate::aws::prelude::*;
use crate::aws::tags::{KnownTags, Tags, admits};
use crate::domain::distribution::{Distribution, DistributionDetail, Invalidation};
use crate::domain::ops::cloudfront::{
    GET_DISTRIBUTION, GET_INVALIDATION, LIST_DISTRIBUTIONS, LIST_INVALIDATIONS, LIST_TAGS_FOR_RESOURCE,
};

/// CloudFront has one list.
pub const PART: &str = "distributions";
/// The most of a page (API model).
const PAGE: i32 = 100;
/// The invalidations that are shown.
const NEWEST: i32 = 20;
/// Requests at the same time; the budget limits the rate.
const AT_ONCE: usize = 4;
/// Distributions of a list whose invalidations are counted, and whose tags are read again. That is
/// a request each, and CloudFront's budget is one a second.
const A_LIST: usize = 12;

/// Paths and caller reference of invalidations, which never change.
#[derive(Debug, Default)]
pub struct Batches(Mutex<HashMap<Text, (Vec<Text>, Text)>>);

/// The invalidations of a distribution that are not complete, and when they were counted.
type Open = (Option<u32>, Instant);

/// What the list does not tell and takes a request each, remembered between lists.
#[derive(Debug, Default)]
pub struct OpenInvalidations(Mutex<HashMap<ResourceId, Open>>);

impl OpenInvalidations {
    fn get(&self, id: &ResourceId) -> (Option<u32>, Option<Instant>) {
        self.0.lock().get(id).map_or((None, None), |(open, at)| (*open, Some(*at)))
    }

    fn put(&self, id: &ResourceId, open: Option<u32>) {
        self.0.lock().insert(id.clone(), (open, Instant::now()));
    }
}

/// Every distribution that the scope admits.
async fn read(session: &Session, scope: &Scope, urgency: Urgency) -> Result<Vec<Distribution>, Fault> {
    let found = items(ALL, |marker| async move {
        let request = client(session).list_distributions().max_items(PAGE).set_marker(marker).send();
        let told = session.ask(LIST_DISTRIBUTIONS, urgency, request).await?;
        let Some(page) = told.distribution_list else { return Ok((vec![], None)) };
        let here = page.items().iter().map(shape::summary);
        let here = here.filter(|distribution| scope.admits_names(distribution.names())).collect();
        Ok((here, page.next_marker.filter(|_| page.is_truncated)))
    })
    .await?;
    if scope.tags.is_empty() {
        return Ok(found);
    }
    let (mut admitted, mut again) = (Vec::new(), A_LIST);
    for distribution in found {
        let tags = match session.state::<KnownTags>().get(&distribution.id) {
            Some((tags, is_young)) if is_young || again == 0 => Some(tags),
            Some(_) => {
                again -= 1;
                tags(session, &distribution).await?
            }
            None => tags(session, &distribution).await?,
        };
        if tags.is_some_and(|tags| admits(scope, &tags)) {
            admitted.push(distribution);
        }
    }
    Ok(admitted)
}

/// The tags of a distribution; `None` when it was deleted since the list.
async fn tags(session: &Session, distribution: &Distribution) -> Result<Option<Tags>, Fault> {
    let request = client(session).list_tags_for_resource().resource(distribution.id.0.as_str()).send();
    let Some(told) = session.find(LIST_TAGS_FOR_RESOURCE, Urgency::Sweep, request).await? else { return Ok(None) };
    let tags = told.tags().map(|tags| tags.items()).unwrap_or_default().iter();
    Ok(Some(session.state::<KnownTags>().put(&distribution.id, tags.map(|tag| (Some(tag.key()), tag.value())))))
}

/// Every distribution of the scope: first the rows with what is remembered of them, then some of
/// them again with what they have in progress.
pub async fn all(cx: &ReadContext) -> Result<(), Fault> {
    let session = &cx.session;
    cx.emit_listing(ListingPiece::Parts(vec![PART.into()])).await;
    let mut found = match read(session, cx.scope(), Urgency::Sweep).await {
        Ok(found) => found,
        Err(fault) => return cx.emit_part_failed(PART, fault).await,
    };
    let ids = found.iter().map(|distribution| distribution.id.clone()).collect();
    cx.emit_listing(ListingPiece::Roster { part: PART.into(), ids }).await;
    for distribution in &mut found {
        distribution.invalidating = session.state::<OpenInvalidations>().get(&distribution.id).0;
    }
    if found.is_empty() {
        return Ok(());
    }
    cx.emit_items(found.clone()).await;
    // Those whose count is the oldest, first of all those without one.
    found.sort_by_cached_key(|distribution| session.state::<OpenInvalidations>().get(&distribution.id).1);
    found.truncate(A_LIST);
    cx.emit_items(count(session, found).await).await;
    Ok(())
}

/// Counts what each has in progress. A missing permission for that hides nothing, and is not asked
/// for again and again.
async fn count(session: &Session, found: Vec<Distribution>) -> Vec<Distribution> {
    let denied = AtomicBool::new(false);
    let counted = stream::iter(found).map(|mut distribution| {
        let denied = &denied;
        async move {
            if denied.load(Ordering::Relaxed) {
                distribution.invalidating = None;
                return distribution;
            }
            match newest(session, &distribution.name, Urgency::Sweep).await {
                Ok(newest) => {
                    let open = newest.iter().filter(|invalidation| !invalidation.is_complete()).count();
                    distribution.invalidating = u32::try_from(open).ok();
                    session.state::<OpenInvalidations>().put(&distribution.id, distribution.invalidating);
                }
                // The last known count stays.
                Err(fault) if fault.is_passing() => {}
                Err(fault) => {
                    denied.fetch_or(matches!(fault.kind, FaultKind::Denied { .. }), Ordering::Relaxed);
                    distribution.invalidating = None;
                    session.state::<OpenInvalidations>().put(&distribution.id, None);
                }
            }
            distribution
        }
    });
    counted.buffer_unordered(AT_ONCE).collect().await
}

/// These distributions again.
pub async fn some(cx: &ReadContext, ids: &[ResourceId]) -> Result<(), Fault> {
    let session = &cx.session;
    let mut found = match read(session, &Scope::default(), Urgency::Now).await {
        Ok(found) => found,
        Err(fault) => return cx.emit_part_failed(PART, fault).await,
    };
    let wanted: BTreeSet<&ResourceId> = ids.iter().collect();
    found.retain(|distribution| wanted.contains(&distribution.id));
    let missing = |id: &&ResourceId| !found.iter().any(|distribution| distribution.id == **id);
    let gone: Vec<ResourceId> = wanted.into_iter().filter(missing).cloned().collect();
    for distribution in &mut found {
        distribution.invalidating = session.state::<OpenInvalidations>().get(&distribution.id).0;
    }
    found.sort_by_cached_key(|distribution| session.state::<OpenInvalidations>().get(&distribution.id).1);
    let rest = found.split_off(found.len().min(A_LIST));
    let mut found = count(session, found).await;
    found.extend(rest);
    cx.emit_items(found).await;
    cx.emit_gone(gone).await;
    Ok(())
}

/// The newest invalidations as the list tells them, without paths.
async fn newest(session: &Session, distribution: &str, urgency: Urgency) -> Result<Vec<Invalidation>, Fault> {
    let request = client(session).list_invalidations().distribution_id(distribution).max_items(NEWEST).send();
    let told = session.ask(LIST_INVALIDATIONS, urgency, request).await?;
    let items = told.invalidation_list().map(|list| list.items()).unwrap_or_default();
    Ok(items.iter().map(shape::invalidation).collect())
}

/// The newest invalidations with their paths. Those that cannot be read stay without them.
async fn invalidations(session: &Session, distribution: &str) -> Result<Vec<Invalidation>, Fault> {
    let told = newest(session, distribution, Urgency::Now).await?;
    // Who may not read one may read none: nineteen more requests would say the same.
    let denied = AtomicBool::new(false);
    let whole = stream::iter(told).map(|mut invalidation| {
        let denied = &denied;
        async move {
            let known = session.lasting::<Batches>().0.lock().get(&invalidation.id).cloned();
            let batch = match known {
                Some(batch) => Some(batch),
                None if denied.load(Ordering::Relaxed) => None,
                None => match batch(session, distribution, &invalidation.id).await {
                    Ok(batch) => batch,
                    Err(fault) => {
                        denied.fetch_or(matches!(fault.kind, FaultKind::Denied { .. }), Ordering::Relaxed);
                        None
                    }
                },
            };
            if let Some((paths, reference)) = batch {
                (invalidation.paths, invalidation.caller_reference) = (Some(paths), reference);
            }
            invalidation
        }
    });
    let mut whole: Vec<Invalidation> = whole.buffered(AT_ONCE).collect().await;
    whole.sort_by_key(|invalidation| std::cmp::Reverse(invalidation.created));
    Ok(whole)
}

/// Paths and caller reference; `None` where AWS told none.
async fn batch(session: &Session, distribution: &str, id: &Text) -> Result<Option<(Vec<Text>, Text)>, Fault> {
    let request = client(session).get_invalidation().distribution_id(distribution).id(id.as_str()).send();
    let told = session.ask(GET_INVALIDATION, Urgency::Now, request).await?;
    let Some(batch) = told.invalidation().and_then(|told| told.invalidation_batch()) else { return Ok(None) };
    let paths = batch.paths().map(|paths| paths.items()).unwrap_or_default();
    let batch = (paths.iter().map(Text::from).collect(), Text::new(batch.caller_reference()));
    session.lasting::<Batches>().0.lock().insert(id.clone(), batch.clone());
    Ok(Some(batch))
}

/// The detail view, and what a plan or a watch needs: they are the same.
pub async fn detail(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let name = crate::aws::shape::tail(&id.0).to_string();
    let request = client(session).get_distribution().id(&name).send();
    let told = session.find(GET_DISTRIBUTION, Urgency::Now, request).await?;
    let distribution = told.as_ref().and_then(|told| told.distribution()).map(shape::distribution);
    let Some(distribution) = distribution else { return Ok(None) };
    let invalidations = invalidations(session, &name).await;
    Ok(Some(Arc::new(DistributionDetail { distribution, invalidations })))
}
