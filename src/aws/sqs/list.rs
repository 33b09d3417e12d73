//! All queues, some, and one. SQS lists URLs alone; what a queue is takes a request each.

use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::stream::{self, StreamExt};

use super::{client, shape};
use crate::aws::prelude::*;
use crate::domain::ops::sqs::{
    GET_QUEUE_ATTRIBUTES, GET_QUEUE_URL, LIST_DEAD_LETTER_SOURCE_QUEUES, LIST_QUEUE_TAGS, LIST_QUEUES,
};
use crate::kinds::queues::{Queue, QueueDetail};

/// SQS has one list.
pub const PART: &str = "queues";
/// The most of a page; without it SQS tells a thousand at most and no token (API reference, ListQueues).
const PAGE: i32 = 1000;
/// Requests at the same time; the budget limits the rate.
const AT_ONCE: usize = 4;

/// The URLs of all queues, with the ARN of each.
async fn urls(cx: &ReadContext) -> Result<Vec<(ResourceId, String)>, Fault> {
    let session = &cx.session;
    // A queue is in the account and Region that its URL names; the partition is that of who asks.
    let identity = session.identity().await?;
    let partition = identity.arn.split(':').nth(1).unwrap_or("aws").to_string();
    let urls = items(ALL, |token| async {
        let request = client(session).list_queues().max_results(PAGE).set_next_token(token).send();
        let told = session.ask(LIST_QUEUES, Urgency::Sweep, request).await?;
        Ok((told.queue_urls().to_vec(), told.next_token().map(str::to_string)))
    });
    let with_arn = |url: String| {
        let (account, name) = shape::account_and_name(&url)?;
        Some((ResourceId(format!("arn:{partition}:sqs:{}:{account}:{name}", session.region).into()), url))
    };
    Ok(urls.await?.into_iter().filter_map(with_arn).collect())
}

/// A queue as it is now; `None` where it does not exist any more.
async fn queue(cx: &ReadContext, id: &ResourceId, url: &str, urgency: Urgency) -> Result<Option<Queue>, Fault> {
    let request = client(&cx.session).get_queue_attributes().queue_url(url);
    let request = request.attribute_names(QueueAttributeName::All).send();
    let told = cx.session.find(GET_QUEUE_ATTRIBUTES, urgency, request).await?;
    Ok(told.map(|told| shape::queue(id.clone(), url, told.attributes().unwrap_or(&Default::default()))))
}

/// Whether a queue belongs to the environment; tags take a request, made only where they decide.
async fn is_admitted(cx: &ReadContext, id: &ResourceId, url: &str) -> Result<bool, Fault> {
    let scope = cx.scope();
    if !scope.admits_name(Queue::name_of(id)) || scope.tags.is_empty() {
        return Ok(scope.admits_name(Queue::name_of(id)));
    }
    let request = client(&cx.session).list_queue_tags().queue_url(url).send();
    let told = cx.session.find(LIST_QUEUE_TAGS, Urgency::Sweep, request).await?;
    Ok(told.is_some_and(|told| {
        let tags = told.tags().into_iter().flatten();
        scope.admits_tags(tags.map(|(key, value)| (key.as_str(), value.as_str())))
    }))
}

/// Every queue of the scope: who there is, then each as its attributes come.
pub async fn all(cx: &ReadContext) -> Result<(), Fault> {
    cx.emit_listing(ListingPiece::Parts(vec![PART.into()])).await;
    let found = match admitted(cx).await {
        Ok(found) => found,
        Err(fault) => return cx.emit_part_failed(PART, fault).await,
    };
    let ids = found.iter().map(|(id, _)| id.clone()).collect();
    cx.emit_listing(ListingPiece::Roster { part: PART.into(), ids }).await;
    describe(cx, found, Urgency::Sweep).await
}

/// The queues of the scope with their URLs.
async fn admitted(cx: &ReadContext) -> Result<Vec<(ResourceId, String)>, Fault> {
    let mut found = Vec::new();
    for (id, url) in urls(cx).await? {
        if is_admitted(cx, &id, &url).await? {
            found.push((id, url));
        }
    }
    Ok(found)
}

/// These again.
pub async fn some(cx: &ReadContext, ids: &[ResourceId]) -> Result<(), Fault> {
    let mut found = Vec::new();
    for id in ids {
        match url_of(cx, id).await {
            Ok(Some(url)) => found.push((id.clone(), url)),
            Ok(None) => cx.emit_gone(vec![id.clone()]).await,
            Err(fault) => return cx.emit_part_failed(PART, fault).await,
        }
    }
    describe(cx, found, Urgency::Now).await
}

/// Tells each of these as it is described. A fault is told once: it costs nothing of what was told already.
async fn describe(cx: &ReadContext, found: Vec<(ResourceId, String)>, urgency: Urgency) -> Result<(), Fault> {
    let described = stream::iter(found).map(|(id, url)| async move {
        let told = queue(cx, &id, &url, urgency).await;
        (id, told)
    });
    let mut described = std::pin::pin!(described.buffer_unordered(AT_ONCE));
    while let Some((id, told)) = described.next().await {
        match told {
            Ok(Some(queue)) => cx.emit_items(vec![queue]).await,
            Ok(None) => cx.emit_gone(vec![id]).await,
            Err(fault) => return cx.emit_part_failed(PART, fault).await,
        }
    }
    Ok(())
}

/// The URL of a queue; `None` where it does not exist any more.
async fn url_of(cx: &ReadContext, id: &ResourceId) -> Result<Option<String>, Fault> {
    let mut parts = id.0.split(':').skip(4);
    let (account, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let request = client(&cx.session).get_queue_url().queue_name(name).queue_owner_aws_account_id(account).send();
    let told = cx.session.find(GET_QUEUE_URL, Urgency::Now, request).await?;
    Ok(told.and_then(|told| told.queue_url))
}

/// The detail view: the attributes, and which queues send their dead letters here.
pub async fn detail(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let Some(url) = url_of(cx, id).await? else { return Ok(None) };
    let Some(queue) = queue(cx, id, &url, Urgency::Now).await? else { return Ok(None) };
    let session = &cx.session;
    let sources = items(ALL, |token| async {
        let request = client(session).list_dead_letter_source_queues().queue_url(&url);
        let request = request.max_results(PAGE).set_next_token(token).send();
        let told = session.ask(LIST_DEAD_LETTER_SOURCE_QUEUES, Urgency::Now, request).await?;
        Ok((told.queue_urls().to_vec(), told.next_token().map(str::to_string)))
    });
    // A dead-letter queue and its sources are of one account and Region.
    let place = id.0.rsplit_once(':').map_or("", |(place, _)| place);
    let of_url = |url: String| Some(ResourceId(format!("{place}:{}", shape::account_and_name(&url)?.1).into()));
    let sources = sources.await.map(|urls| urls.into_iter().filter_map(of_url).collect());
    Ok(Some(Arc::new(QueueDetail { queue, sources })))
}
