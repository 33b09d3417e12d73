//! Tags of resources whose list does not tell them: a request each. They change seldom, so that they are asked
//! again only when they are old. Credentials read anew (R) forget them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::prelude::*;
use crate::domain::environment::Scope;

/// For how long tags are taken as they were.
const HOLD: Duration = Duration::from_secs(600);

/// Keys and values.
pub type Tags = Arc<[(Text, Text)]>;

/// The tags that were told last, by resource: AWS tells none of some that are not available.
#[derive(Debug, Default)]
pub struct KnownTags(Mutex<HashMap<ResourceId, (Instant, Tags)>>);

impl KnownTags {
    /// What is known, and whether it is young enough to be taken for what is.
    pub fn get(&self, id: &ResourceId) -> Option<(Tags, bool)> {
        self.0.lock().get(id).map(|(at, tags)| (Arc::clone(tags), at.elapsed() < HOLD))
    }

    /// Takes over what AWS told.
    pub fn put<'a>(&self, id: &ResourceId, told: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Tags {
        let tags: Tags = told.map(|(key, value)| (text(key), text(value))).collect();
        self.0.lock().insert(id.clone(), (Instant::now(), Arc::clone(&tags)));
        tags
    }
}

/// Whether a resource with these tags belongs to the scope.
pub fn admits(scope: &Scope, tags: &Tags) -> bool {
    scope.admits_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}
