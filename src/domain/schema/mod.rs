//! How a table of the config is declared: a row for each key. Of the row come the field, its default,
//! the reading with place and remedy, the names offered for an unknown one, and the line of the reference.

pub mod complaint;
pub mod document;

use toml::de::DeTable;

use document::{Document, Item, Value, in_order};

/// What the reference says of a key.
#[derive(Clone, Copy, Debug)]
pub struct KeyRow {
    pub name: &'static str,
    /// Type and default.
    pub kind: &'static str,
    pub help: &'static str,
    /// `[defaults]` may say it for all environments.
    pub is_shared: bool,
}

/// A table of the config; `table!` writes it of its rows.
pub trait Table: Sized {
    /// Keys with a complaint of their own instead of that they are unknown: key, message, remedy.
    const REFUSED: &[(&str, &str, &str)] = &[];

    /// In the order of the reference.
    fn rows() -> Vec<KeyRow>;

    /// Reads one key to its place; what is wrong is complained of, and the place stays as it is.
    /// `false`: there is no such key.
    fn set<'a>(&mut self, document: &mut Document<'a>, item: &Item<'_, 'a>) -> bool;

    /// What concerns several keys; called when all are read.
    fn check<'a>(&mut self, _document: &mut Document<'a>, _items: &[Item<'_, 'a>]) {}

    /// Reads a whole table over what is here; `admits` says which of the rows it may have.
    fn read<'a>(mut self, document: &mut Document<'a>, table: &DeTable<'a>, admits: fn(&KeyRow) -> bool) -> Self {
        let (rows, others): (Vec<KeyRow>, Vec<KeyRow>) = Self::rows().into_iter().partition(admits);
        let items = in_order(table);
        for item in &items {
            let (key, span, _) = item;
            if let Some((_, message, remedy)) = Self::REFUSED.iter().find(|(name, ..)| name == key) {
                document.complain(span.clone(), *message, *remedy);
            } else if others.iter().any(|row| row.name == *key) || !self.set(document, item) {
                let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
                document.unknown(span.clone(), "key", key, &names);
            }
        }
        self.check(document, &items);
        self
    }
}

/// Reads a table within a table.
pub fn nested<'a, T: Table + Default>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<T> {
    document.table(key, value).map(|table| T::default().read(document, table, |_| true))
}

/// Lets closures stand where `table!` takes a reader.
pub fn read_by<'a, T>(
    reader: impl FnOnce(&mut Document<'a>, &str, &Value<'a>) -> Option<T>,
    document: &mut Document<'a>,
    (key, _, value): &Item<'_, 'a>,
) -> Option<T> {
    reader(document, key, value)
}

/// Declares a table of the config, a row for each key:
///
/// ```text
/// field("key"): Type = default, reader, "type; default", "what it means", shared;
/// ```
///
/// `("key")` stands where the field has another name, `shared` where `[defaults]` may say it for all
/// environments. The reader takes the document, the key and the value, and complains of what is wrong. A row
/// `field: Type = default => flat;` takes in the rows of another table, and one of no more than a default is
/// a field that the config does not speak of.
macro_rules! table {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                $(#[$note:meta])*
                $field:ident $(($key:literal))?: $type:ty = $default:expr
                $(, $reader:expr, $kind:literal, $help:literal $(, $shared:ident)?)?
                $(=> $flat:ident)?;
            )*
        }
        $(check $check:path;)?
        $(refused $refused:literal, $message:literal, $remedy:literal;)*
    ) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$note])* $(#[doc = $help])? pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $crate::domain::schema::Table for $name {
            const REFUSED: &[(&str, &str, &str)] = &[$(($refused, $message, $remedy),)*];

            fn rows() -> Vec<$crate::domain::schema::KeyRow> {
                [$($crate::domain::schema::rows_of!(
                    $field [$($key)?] $type [$($kind, $help $(, $shared)?)?] [$($flat)?]
                ),)*].concat()
            }

            fn set<'a>(
                &mut self,
                document: &mut $crate::domain::schema::document::Document<'a>,
                item: &$crate::domain::schema::document::Item<'_, 'a>,
            ) -> bool {
                $($crate::domain::schema::set_by!(self, document, item, $field [$($key)?] [$($reader)?] [$($flat)?]);)*
                false
            }

            $(fn check<'a>(
                &mut self,
                document: &mut $crate::domain::schema::document::Document<'a>,
                items: &[$crate::domain::schema::document::Item<'_, 'a>],
            ) {
                $check(self, document, items);
            })?
        }
    };
}

/// The rows of the reference that one row of `table!` gives.
macro_rules! rows_of {
    ($field:ident [] $type:ty [] []) => {
        vec![]
    };
    ($field:ident [] $type:ty [] [flat]) => {
        <$type as $crate::domain::schema::Table>::rows()
    };
    ($field:ident [] $type:ty [$kind:literal, $help:literal $(, $shared:ident)?] []) => {
        $crate::domain::schema::rows_of!(@ stringify!($field), $kind, $help, [$($shared)?])
    };
    ($field:ident [$key:literal] $type:ty [$kind:literal, $help:literal $(, $shared:ident)?] []) => {
        $crate::domain::schema::rows_of!(@ $key, $kind, $help, [$($shared)?])
    };
    (@ $name:expr, $kind:literal, $help:literal, [$($shared:ident)?]) => {{
        let is_shared = false $(|| stringify!($shared) == "shared")?;
        vec![$crate::domain::schema::KeyRow { name: $name, kind: $kind, help: $help, is_shared }]
    }};
}

/// Reads the key of one row of `table!`.
macro_rules! set_by {
    ($to:expr, $document:ident, $item:ident, $field:ident [] [] []) => {};
    ($to:expr, $document:ident, $item:ident, $field:ident [] [] [flat]) => {
        if $crate::domain::schema::Table::set(&mut $to.$field, $document, $item) {
            return true;
        }
    };
    ($to:expr, $document:ident, $item:ident, $field:ident [] [$reader:expr] []) => {
        $crate::domain::schema::set_by!(@ $to, $document, $item, $field, stringify!($field), $reader)
    };
    ($to:expr, $document:ident, $item:ident, $field:ident [$key:literal] [$reader:expr] []) => {
        $crate::domain::schema::set_by!(@ $to, $document, $item, $field, $key, $reader)
    };
    (@ $to:expr, $document:ident, $item:ident, $field:ident, $name:expr, $reader:expr) => {
        if $item.0 == $name {
            if let Some(found) = $crate::domain::schema::read_by($reader, $document, $item) {
                $to.$field = found.into();
            }
            return true;
        }
    };
}

pub(crate) use {rows_of, set_by, table};
