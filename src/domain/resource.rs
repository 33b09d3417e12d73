//! What every kind of resource has in common, so that lists, filters, tables and scripts need not
//! know which kind they hold.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Which kind of resource: the word of the palette, the config and `status --json` (`services`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KindId(pub &'static str);

debug_as!(KindId, |it| "{}", it.0);

impl KindId {
    /// What the detail view of one of its resources shows beyond the row.
    pub const fn detail(self) -> FactsId {
        FactsId::new(self, "detail")
    }
}

/// Which set of facts about one resource is read, named by its kind. Whoever shows or plans by a set
/// names it; whoever answers for the kind reads it. One set has one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactsId {
    pub kind: KindId,
    pub name: &'static str,
}

impl FactsId {
    pub const fn new(kind: KindId, name: &'static str) -> Self {
        Self { kind, name }
    }
}

/// What AWS calls it, unique in its kind: the ARN. A selection and an action hold this, never a
/// row number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceId(pub Text);

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One resource, its kind erased. The kind's declaration casts it back (`kinds`).
pub trait Resource: Any + fmt::Debug + Send + Sync {
    fn id(&self) -> &ResourceId;

    /// AWS's identifier in words: the service's name.
    fn name(&self) -> &Text;

    /// Which part of the listing it came from: parts fail and age on their own. ECS lists by
    /// cluster, so a service's part is its cluster's name.
    fn part(&self) -> &Text;

    /// Whether another reading of it tells the same.
    fn is_same(&self, other: &dyn Resource) -> bool;
}

/// A type with the fields `id`, `name` and one for the part is a resource.
macro_rules! resource {
    ($resource:ty, $part:ident) => {
        impl $crate::domain::resource::Resource for $resource {
            fn id(&self) -> &$crate::domain::resource::ResourceId {
                &self.id
            }

            fn name(&self) -> &$crate::domain::text::Text {
                &self.name
            }

            fn part(&self) -> &$crate::domain::text::Text {
                &self.$part
            }

            fn is_same(&self, other: &dyn $crate::domain::resource::Resource) -> bool {
                $crate::domain::resource::cast(other) == Some(self)
            }
        }
    };
}

pub(crate) use resource;

/// A shared resource of any kind.
pub type Object = Arc<dyn Resource>;

/// What a detail view or a plan needs beyond the list row; its kind's declaration casts it back.
pub type Facts = Arc<dyn AnyFacts>;

/// Anything that can be cast back to its type.
pub trait AnyFacts: Any + fmt::Debug + Send + Sync {}
impl<T: Any + fmt::Debug + Send + Sync> AnyFacts for T {}

/// Casts a resource back to its type.
pub fn cast<T: Resource>(object: &dyn Resource) -> Option<&T> {
    (object as &dyn Any).downcast_ref()
}

/// Casts facts back to their type.
pub fn cast_facts<T: Any>(facts: &dyn AnyFacts) -> Option<&T> {
    (facts as &dyn Any).downcast_ref()
}
