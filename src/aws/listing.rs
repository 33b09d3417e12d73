//! How a list is told: the parts it has, what is in each, and what became of single resources.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::registry::ReadContext;
use crate::domain::fault::Fault;
use crate::domain::query::{Answer, ListingPiece};
use crate::domain::resource::{Object, Resource, ResourceId};
use crate::domain::text::Text;

impl ReadContext {
    /// Resources as they are now.
    pub async fn emit_items<T: Resource>(&self, items: Vec<T>) {
        if !items.is_empty() {
            self.emit(Answer::Listing(ListingPiece::Items(
                items.into_iter().map(|item| Arc::new(item) as Object).collect(),
            )))
            .await;
        }
    }

    pub async fn emit_gone(&self, gone: Vec<ResourceId>) {
        if !gone.is_empty() {
            self.emit(Answer::Gone(gone)).await;
        }
    }

    /// All of a part, or why it could not be read.
    pub async fn emit_part<T: Resource>(&self, part: Text, found: Result<Vec<T>, Fault>) {
        match found {
            Err(fault) => self.emit(Answer::Listing(ListingPiece::PartFailed { part, fault })).await,
            Ok(found) => {
                self.emit(Answer::Listing(ListingPiece::Roster {
                    part,
                    ids: found.iter().map(|item| item.id().clone()).collect(),
                }))
                .await;
                self.emit_items(found).await;
            }
        }
    }

    /// Those that were asked for again, out of all that a part has: whatever is not there is gone.
    pub async fn emit_again<T: Resource>(&self, wanted: BTreeSet<&ResourceId>, part: Text, all: Result<Vec<T>, Fault>) {
        if wanted.is_empty() {
            return;
        }
        match all {
            Err(fault) => self.emit(Answer::Listing(ListingPiece::PartFailed { part, fault })).await,
            Ok(mut found) => {
                found.retain(|item| wanted.contains(item.id()));
                let missing = |id: &&ResourceId| !found.iter().any(|item| item.id() == *id);
                let gone = wanted.into_iter().filter(missing).cloned().collect();
                self.emit_items(found).await;
                self.emit_gone(gone).await;
            }
        }
    }
}
