//! All distributions, and one with its invalidations.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};

use super::client;
use super::shape;
use crate::aws::budget::Urgency;
use crate::aws::paging::{ALL, items};
use crate::aws::registry::ReadContext;
use crate::aws::session::Session;
use crate::domain::distribution::{Distribution, DistributionDetail, Invalidation};
use crate::domain::environment::Scope;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::ops::cloudfront::{
    GET_DISTRIBUTION, GET_INVALIDATION, LIST_DISTRIBUTIONS, LIST_INVALIDATIONS, LIST_TAGS_FOR_RESOURCE,
};
use crate::domain::query::{Answer, ListingPiece};
use crate::domain::resource::{Facts, ResourceId};
use crate::domain::text::Text;

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
/// For how long tags are taken as they were.
const TAGS_HOLD: Duration = Duration::from_secs(600);

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

type Tags = Arc<[(Text, Text)]>;

/// What is known of one distribution from earlier lists.
#[derive(Debug, Default)]
struct Note {
    open: Option<u32>,
    counted: Option<Instant>,
    tags: Option<(Instant, Tags)>,
}

/// What the list does not tell and takes a request each, remembered between lists.
#[derive(Debug, Default)]
pub struct Notes(Mutex<HashMap<ResourceId, Note>>);

impl Notes {
    fn all(&self) -> MutexGuard<'_, HashMap<ResourceId, Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, id: &ResourceId) -> Option<u32> {
        self.all().get(id).and_then(|note| note.open)
    }

    fn counted(&self, id: &ResourceId) -> Option<Instant> {
        self.all().get(id).and_then(|note| note.counted)
    }

    fn put_open(&self, id: &ResourceId, open: Option<u32>) {
        let mut notes = self.all();
        let note = notes.entry(id.clone()).or_default();
        (note.open, note.counted) = (open, Some(Instant::now()));
    }

    fn tags(&self, id: &ResourceId) -> Option<(Instant, Tags)> {
        self.all().get(id).and_then(|note| note.tags.clone())
    }

    fn put_tags(&self, id: &ResourceId, tags: Tags) {
        self.all().entry(id.clone()).or_default().tags = Some((Instant::now(), tags));
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
        let known = session.state::<Notes>().tags(&distribution.id);
        let tags = match known {
            Some((at, tags)) if at.elapsed() < TAGS_HOLD || again == 0 => Some(tags),
            Some(_) => {
                again -= 1;
                tags(session, &distribution).await?
            }
            None => tags(session, &distribution).await?,
        };
        if tags.is_some_and(|tags| scope.admits_tags(tags.iter().map(|(key, value)| (&**key, &**value)))) {
            admitted.push(distribution);
        }
    }
    Ok(admitted)
}

/// The tags of a distribution; `None` when it was deleted since the list.
async fn tags(session: &Session, distribution: &Distribution) -> Result<Option<Tags>, Fault> {
    let request = client(session).list_tags_for_resource().resource(distribution.id.0.as_str()).send();
    let told = match session.ask(LIST_TAGS_FOR_RESOURCE, Urgency::Sweep, request).await {
        Err(fault) if fault.kind == FaultKind::NotFound => return Ok(None),
        told => told?,
    };
    let tags = told.tags().map(|tags| tags.items()).unwrap_or_default();
    let tags: Tags = tags.iter().map(|tag| (Text::new(tag.key()), tag.value().unwrap_or_default().into())).collect();
    session.state::<Notes>().put_tags(&distribution.id, Arc::clone(&tags));
    Ok(Some(tags))
}

/// Every distribution of the scope: first the rows with what is remembered of them, then some of
/// them again with what they have in progress.
pub async fn all(cx: &ReadContext) -> Result<(), Fault> {
    let session = &cx.session;
    cx.emit(Answer::Listing(ListingPiece::Parts(vec![PART.into()]))).await;
    let mut found = match read(session, cx.scope(), Urgency::Sweep).await {
        Ok(found) => found,
        Err(fault) => return part_failed(cx, fault).await,
    };
    let ids = found.iter().map(|distribution| distribution.id.clone()).collect();
    cx.emit(Answer::Listing(ListingPiece::Roster { part: PART.into(), ids })).await;
    for distribution in &mut found {
        distribution.invalidating = session.state::<Notes>().open(&distribution.id);
    }
    if found.is_empty() {
        return Ok(());
    }
    cx.emit_items(found.clone()).await;
    // Those whose count is the oldest, first of all those without one.
    found.sort_by_cached_key(|distribution| session.state::<Notes>().counted(&distribution.id));
    found.truncate(A_LIST);
    cx.emit_items(count(session, found).await).await;
    Ok(())
}

async fn part_failed(cx: &ReadContext, fault: Fault) -> Result<(), Fault> {
    cx.emit(Answer::Listing(ListingPiece::PartFailed { part: PART.into(), fault })).await;
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
                    session.state::<Notes>().put_open(&distribution.id, distribution.invalidating);
                }
                // The last known count stays.
                Err(fault) if fault.is_passing() => {}
                Err(fault) => {
                    denied.fetch_or(matches!(fault.kind, FaultKind::Denied { .. }), Ordering::Relaxed);
                    distribution.invalidating = None;
                    session.state::<Notes>().put_open(&distribution.id, None);
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
        Err(fault) => return part_failed(cx, fault).await,
    };
    let wanted: BTreeSet<&ResourceId> = ids.iter().collect();
    found.retain(|distribution| wanted.contains(&distribution.id));
    let missing = |id: &&ResourceId| !found.iter().any(|distribution| distribution.id == **id);
    let gone: Vec<ResourceId> = wanted.into_iter().filter(missing).cloned().collect();
    for distribution in &mut found {
        distribution.invalidating = session.state::<Notes>().open(&distribution.id);
    }
    found.sort_by_cached_key(|distribution| session.state::<Notes>().counted(&distribution.id));
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
            let batch = match session.lasting::<Batches>().get(&invalidation.id) {
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
    session.lasting::<Batches>().put(id.clone(), batch.clone());
    Ok(Some(batch))
}

/// The detail view, and what a plan or a watch needs: they are the same.
pub async fn detail(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let name = crate::aws::shape::tail(&id.0).to_string();
    let request = client(session).get_distribution().id(&name).send();
    let distribution = match session.ask(GET_DISTRIBUTION, Urgency::Now, request).await {
        Ok(told) => told.distribution().map(shape::distribution),
        Err(fault) if fault.kind == FaultKind::NotFound => None,
        Err(fault) => return Err(fault),
    };
    let Some(distribution) = distribution else { return Ok(None) };
    let invalidations = invalidations(session, &name).await;
    Ok(Some(Arc::new(DistributionDetail { distribution, invalidations })))
}
