//! What the names of a list have in common: that tells none of them from another.

use std::cmp::Reverse;
use std::collections::HashMap;

/// So many names tell what is common; more would only take time.
pub const SAMPLE: usize = 500;

/// What most names of a list begin with, and what they end with; whole words with their separators.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub prefix: String,
    pub suffix: String,
}

fn is_separator(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '/' | ':')
}

impl Names {
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = names.take(SAMPLE).collect();
        let begins = |name: &'a str, known: &str| {
            let end = known.len() + name.strip_prefix(known)?.find(is_separator)? + 1;
            (end < name.len()).then(|| &name[..end])
        };
        let ends = |name: &'a str, known: &str| {
            let begin = name.strip_suffix(known)?.rfind(is_separator)?;
            (begin > 0).then(|| &name[begin..])
        };
        let (prefix, suffix) = (common(&names, begins), common(&names, ends));
        Self { prefix: prefix.into(), suffix: suffix.into() }
    }
}

/// The longest end that three in five of the names share; `longer` is the end of a name that is one word
/// longer than a known one. One name has nothing in common.
fn common<'a>(names: &[&'a str], longer: impl Fn(&'a str, &str) -> Option<&'a str>) -> &'a str {
    let mut found = "";
    loop {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        names.iter().filter_map(|name| longer(name, found)).for_each(|end| *counts.entry(end).or_default() += 1);
        let most = counts.into_iter().max_by_key(|(end, count)| (*count, Reverse(*end)));
        match most.filter(|(_, count)| *count > 1 && count * 5 >= names.len() * 3) {
            Some((end, _)) => found = end,
            None => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_few_share_stays() {
        let names = Names::of(["a-one", "b-two", "c-one"].into_iter());
        assert_eq!((names.prefix.as_str(), names.suffix.as_str()), ("", "-one"));
        let names = Names::of(["a-one"].into_iter());
        assert_eq!((names.prefix.as_str(), names.suffix.as_str()), ("", ""));
    }
}
