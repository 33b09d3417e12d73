//! From what a person names to groups and stream prefixes.

use globset::GlobBuilder;

use super::client;
use super::resources;
use crate::aws::prelude::*;
use crate::domain::format;
use crate::domain::ops::logs::DESCRIBE_LOG_GROUPS;
use crate::kinds::caches::CACHES;
use crate::kinds::databases::DATABASES;
use crate::kinds::distributions::DISTRIBUTIONS;
use crate::kinds::services::SERVICES;

/// The most of a page (API model).
const PAGE: i32 = 50;
/// The most groups that a pattern stands for: each is polled, and all of them share a quota.
pub const MOST: usize = 50;

/// A group, and how the names of its streams begin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Streams {
    pub group: Text,
    pub prefix: Option<Text>,
}

impl Streams {
    /// All streams of a group.
    pub fn of_group(group: impl Into<Text>) -> Self {
        Self { group: group.into(), prefix: None }
    }

    /// For the screen.
    pub fn source(&self) -> LogSource {
        match &self.prefix {
            None => LogSource::Group(self.group.clone()),
            Some(prefix) => LogSource::Streams { group: self.group.clone(), prefix: prefix.clone() },
        }
    }

    /// Whether a stream is one of them.
    pub fn has(&self, group: &str, stream: &str) -> bool {
        *self.group == *group && self.prefix.as_ref().is_none_or(|prefix| stream.starts_with(prefix.as_str()))
    }
}

/// What a source is made of.
#[derive(Debug, Default)]
pub struct Resolved {
    pub streams: Vec<Streams>,
    /// Why some of it cannot be read here.
    pub missing: Option<Fault>,
}

impl From<Vec<Streams>> for Resolved {
    fn from(mut streams: Vec<Streams>) -> Self {
        streams.sort();
        streams.dedup();
        Self { streams, missing: None }
    }
}

pub fn invalid(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::Invalid, "logs", message)
}

/// Whether it is the same at all times, so that it need not be resolved again.
pub fn is_fixed(source: &LogSource) -> bool {
    matches!(source, LogSource::Group(_) | LogSource::Streams { .. })
}

/// What a source is made of now.
///
/// # Errors
/// The resource or the groups cannot be read, there is none, or it logs elsewhere.
pub async fn resolve(session: &Session, source: &LogSource) -> Result<Resolved, Fault> {
    match source {
        LogSource::Group(group) => Ok(vec![Streams::of_group(group.clone())].into()),
        LogSource::Streams { group, prefix } => {
            Ok(vec![Streams { group: group.clone(), prefix: Some(prefix.clone()) }].into())
        }
        LogSource::Matching(pattern) => matching(session, pattern).await,
        LogSource::Resource(SERVICES, id) => resources::of_service(session, id).await,
        LogSource::Resource(DATABASES, id) => resources::of_database(session, id).await,
        LogSource::Resource(CACHES, id) => resources::of_cache(session, id).await,
        LogSource::Resource(DISTRIBUTIONS, _) => Err(invalid("CloudFront tells no log group of a distribution")
            .with_remedy("where its standard logs go to CloudWatch Logs, name the group, in us-east-1")),
        LogSource::Resource(..) => Err(invalid("nothing is known of its logs")),
    }
}

/// The groups whose names match, in alphabetical order.
async fn matching(session: &Session, pattern: &Text) -> Result<Resolved, Fault> {
    let wrong = |error: globset::Error| invalid(format!("{pattern}: {}", error.kind()));
    let glob = GlobBuilder::new(pattern).literal_separator(false).build().map_err(wrong)?.compile_matcher();
    let prefix = pattern.split(['*', '?', '[', '{', '\\']).next().filter(|prefix| !prefix.is_empty());
    let glob = &glob;
    let found = items(ALL, |token| async move {
        let request = (client(session).describe_log_groups())
            .set_log_group_name_prefix(prefix.map(str::to_string))
            .limit(PAGE)
            .set_next_token(token)
            .send();
        let page = session.ask(DESCRIBE_LOG_GROUPS, Urgency::Now, request).await?;
        let names = page.log_groups().iter().filter_map(|group| group.log_group_name());
        Ok((names.filter(|name| glob.is_match(name)).map(Streams::of_group).collect(), page.next_token))
    })
    .await?;
    if found.is_empty() {
        let message = format!("no log group of {} matches {pattern}", session.region);
        return Err(Fault::new(FaultKind::NotFound, "logs", message));
    }
    let mut resolved = Resolved::from(found);
    resolved.missing = cut(&mut resolved.streams, pattern);
    Ok(resolved)
}

/// Leaves no more than may be followed at once, and says so.
pub fn cut(streams: &mut Vec<Streams>, of: &str) -> Option<Fault> {
    let all = streams.len();
    (all > MOST).then(|| {
        streams.truncate(MOST);
        let found = format::count(all, "log source");
        invalid(format!("{of}: {found}, of which {MOST} are followed, to {}", streams[MOST - 1].group))
            .with_remedy("name fewer, or a narrower pattern")
    })
}
