//! Names where there is little room: what all of them begin and end with tells nothing apart, so that
//! goes first.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::ui::widgets::text;

/// So many names tell what is common; more would only take time.
const SAMPLE: usize = 500;

/// What most names of a list begin with, and what they end with; whole words with their separators.
#[derive(Clone, Debug, Default)]
pub struct Names {
    prefix: String,
    suffix: String,
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

    /// A name in exactly `room` columns: whole, else without what is common at its end, then at its
    /// beginning, then cut in the middle. What is gone leaves a `…`, as long as there is room for one beside
    /// the name's own words: those tell more than that something is gone.
    pub fn fit(&self, name: &str, room: usize) -> String {
        if text::width(name) <= room {
            return text::fit(name, room);
        }
        let end = name.strip_suffix(self.suffix.as_str()).filter(|rest| !self.suffix.is_empty() && !rest.is_empty());
        let tail = if end.is_some() { "…" } else { "" };
        let rest = end.unwrap_or(name);
        let own = rest.strip_prefix(self.prefix.as_str()).filter(|own| !self.prefix.is_empty() && !own.is_empty());
        let told = [Some(format!("{rest}{tail}")), own.map(|own| format!("…{own}{tail}"))];
        match told.into_iter().flatten().find(|told| text::width(told) <= room) {
            Some(told) => text::fit(&told, room),
            None => text::fit_cell(own.unwrap_or(rest), room),
        }
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
    use proptest::prelude::*;

    use super::*;

    const SERVICES: [&str; 4] =
        ["harbour-booking-api-production", "harbour-web-production", "harbour-log-router-production", "harbour-x"];

    #[test]
    fn what_is_common_goes_first() {
        let names = Names::of(SERVICES.into_iter());
        let fit = |room| names.fit(SERVICES[0], room).trim_end().to_string();
        assert_eq!(fit(30), SERVICES[0]);
        assert_eq!(fit(29), "harbour-booking-api…");
        assert_eq!(fit(19), "…booking-api…");
        assert_eq!(fit(11), "booking-api");
        assert_eq!(fit(8), "book…api");
        assert_eq!(names.fit("other-service-of-long-name", 20).trim_end(), "other-serv…long-name");
    }

    #[test]
    fn a_word_that_few_share_stays() {
        let names = Names::of(["a-one", "b-two", "c-one"].into_iter());
        assert_eq!((names.prefix.as_str(), names.suffix.as_str()), ("", "-one"));
        let names = Names::of(["a-one"].into_iter());
        assert_eq!((names.prefix.as_str(), names.suffix.as_str()), ("", ""));
        let same = Names::of(["a-one", "a-one"].into_iter());
        assert_eq!(same.fit("a-one", 3), "a… ");
    }

    proptest! {
        #[test]
        fn a_name_takes_its_room(all in proptest::collection::vec("[a-cé日:/.-]{0,12}", 1..8), room in 0..16_usize) {
            let names = Names::of(all.iter().map(String::as_str));
            for name in &all {
                prop_assert_eq!(text::width(&names.fit(name, room)), room);
            }
        }
    }
}
