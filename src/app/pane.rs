//! The panes of the deck, by name.

use crate::domain::resource::KindId;
use crate::kinds;
use crate::kinds::kind::Kind;

/// A pane of the deck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pane {
    Environments,
    Kind(KindId),
    /// There only while a tail is open.
    Logs,
}

impl Pane {
    /// All panes in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Self> {
        let kinds = kinds::registry().map(|kind| Self::Kind(kind.id()));
        std::iter::once(Self::Environments).chain(kinds).chain([Self::Logs])
    }

    /// The panes of resources.
    pub fn kinds() -> impl Iterator<Item = Self> {
        Self::all().filter(|pane| matches!(pane, Self::Kind(_)))
    }

    /// Its number on the screen, from 1.
    pub fn number(self) -> usize {
        Self::all().position(|pane| pane == self).map_or(0, |place| place + 1)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Environments => "Environments",
            Self::Kind(_) => self.kind().map_or("", Kind::title),
            Self::Logs => "Logs",
        }
    }

    /// `a service (pane 2) or a database (pane 3)`: the kinds that have something, and where they are.
    pub fn places(has: impl Fn(&&'static dyn Kind) -> bool) -> String {
        let place = |kind: &'static dyn Kind| format!("a {} (pane {})", kind.noun(), Self::Kind(kind.id()).number());
        kinds::registry().filter(has).map(place).collect::<Vec<_>>().join(" or ")
    }

    pub fn kind(self) -> Option<&'static dyn Kind> {
        match self {
            Self::Environments | Self::Logs => None,
            Self::Kind(id) => kinds::kind(id),
        }
    }
}
