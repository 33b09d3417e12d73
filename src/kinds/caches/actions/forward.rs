//! Port-forward to a cache, through a task that takes sessions.

use crate::domain::cache::Cache;
use crate::domain::resource::KindId;
use crate::kinds::caches::CACHES;
use crate::kinds::ssm::forward::{Forward, ForwardTarget, has_endpoint, remote_of_cache};

pub const FORWARD: Forward<Cache> = Forward::NEW;

impl ForwardTarget for Cache {
    const ID: &str = "forward-cache";
    const KIND: KindId = CACHES;

    fn guard(&self) -> Result<(), String> {
        has_endpoint(remote_of_cache(self), &self.status)
    }
}
