//! How a list is told: the parts it has, what is in each, and what became of single resources.

use std::collections::BTreeSet;

use crate::aws::prelude::*;
use crate::domain::resource::{Object, Resource};

impl ReadContext {
    /// A piece of a list.
    pub async fn emit_listing(&self, piece: ListingPiece) {
        self.emit(Answer::Listing(piece)).await;
    }

    /// Resources as they are now.
    pub async fn emit_items<T: Resource>(&self, items: Vec<T>) {
        if !items.is_empty() {
            let items = items.into_iter().map(|item| Arc::new(item) as Object);
            self.emit_listing(ListingPiece::Items(items.collect())).await;
        }
    }

    /// Why a list that has this one part could not be read: told as a piece, it is all there is to tell.
    pub async fn emit_part_failed(&self, part: &str, fault: Fault) -> Result<(), Fault> {
        self.emit_listing(ListingPiece::PartFailed { part: part.into(), fault }).await;
        Ok(())
    }

    pub async fn emit_gone(&self, gone: Vec<ResourceId>) {
        if !gone.is_empty() {
            self.emit(Answer::Gone(gone)).await;
        }
    }

    /// All of a part, or why it could not be read.
    pub async fn emit_part<T: Resource>(&self, part: Text, found: Result<Vec<T>, Fault>) {
        match found {
            Err(fault) => self.emit_listing(ListingPiece::PartFailed { part, fault }).await,
            Ok(found) => {
                let ids = found.iter().map(|item| item.id().clone()).collect();
                self.emit_listing(ListingPiece::Roster { part, ids }).await;
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
            Err(fault) => self.emit_listing(ListingPiece::PartFailed { part, fault }).await,
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
