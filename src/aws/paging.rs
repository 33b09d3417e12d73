//! Lists that AWS tells page by page. Each page is a request of its own: it waits for the budget and passes
//! the guard like any other.

use crate::domain::fault::Fault;

/// What a page holds, and the token of the next.
pub type Page<T> = Result<(Vec<T>, Option<String>), Fault>;

/// For lists that are read to their end.
pub const ALL: usize = usize::MAX;

/// Why no further page was read.
#[derive(Debug, PartialEq)]
pub enum End {
    /// There is none.
    Whole,
    /// So many were read as may be.
    Cut,
    Failed(Fault),
}

/// What was read of a list.
#[derive(Debug)]
pub struct Pages<T> {
    pub items: Vec<T>,
    /// Pages that were read well.
    pub read: usize,
    pub end: End,
}

/// Reads `most` pages at most, and keeps what came before a fault. The last page names no next one, an empty
/// one, or itself.
pub async fn pages<T, F>(most: usize, page: impl Fn(Option<String>) -> F) -> Pages<T>
where
    F: Future<Output = Page<T>>,
{
    let (mut items, mut token): (_, Option<String>) = (Vec::new(), None);
    for read in 0..most {
        match page(token.clone()).await {
            Err(fault) => return Pages { items, read, end: End::Failed(fault) },
            Ok((found, next)) => {
                items.extend(found);
                let next = next.filter(|next| !next.is_empty() && token.as_ref() != Some(next));
                if next.is_none() {
                    return Pages { items, read: read + 1, end: End::Whole };
                }
                token = next;
            }
        }
    }
    Pages { items, read: most, end: End::Cut }
}

/// The same where a part of the list is none.
///
/// # Errors
/// What a page failed with.
pub async fn items<T, F>(most: usize, page: impl Fn(Option<String>) -> F) -> Result<Vec<T>, Fault>
where
    F: Future<Output = Page<T>>,
{
    let Pages { items, end, .. } = pages(most, page).await;
    if let End::Failed(fault) = end { Err(fault) } else { Ok(items) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pages of one number each; the fourth fails.
    async fn page(token: Option<String>) -> Page<u32> {
        match token.as_deref() {
            None => Ok((vec![1], Some("b".into()))),
            Some("b") => Ok((vec![2], Some("c".into()))),
            Some("c") => Ok((vec![3], Some("d".into()))),
            _ => Err(fault()),
        }
    }

    fn fault() -> Fault {
        Fault::refused("list", "no")
    }

    #[tokio::test]
    async fn pages_are_read_to_a_limit_or_a_fault() {
        for (most, told, read, end) in
            [(2, &[1, 2][..], 2, End::Cut), (3, &[1, 2, 3], 3, End::Cut), (ALL, &[1, 2, 3], 3, End::Failed(fault()))]
        {
            let pages = pages(most, page).await;
            assert_eq!((&pages.items[..], pages.read, pages.end), (told, read, end));
        }
        assert_eq!((items(3, page).await, items(ALL, page).await), (Ok(vec![1, 2, 3]), Err(fault())));
    }

    #[tokio::test]
    async fn a_list_ends_where_no_next_page_is_named() {
        for last in [None, Some(""), Some("again")] {
            let page = async |token: Option<String>| match token {
                None => Ok((vec![1], Some("again".to_string()))),
                Some(_) => Ok((vec![2], last.map(str::to_string))),
            };
            let pages = pages(ALL, page).await;
            assert_eq!((&pages.items[..], pages.read, pages.end), (&[1, 2][..], 2, End::Whole), "{last:?}");
        }
    }
}
