//! Finds where one of a few words may stand, in any case of letters, much faster than an automaton
//! that reads every byte: it looks for a short piece of each word with vector instructions. What it
//! finds is a candidate that must be looked at again.

use aho_corasick::packed::{Config, Searcher};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;

/// The most words that are looked for.
const MAX_WORDS: usize = 16;
/// The most spellings of the pieces, all together: so many are compared at once.
const MAX_SPELLINGS: usize = 64;
/// The longest piece of a word, in characters.
const PIECE: usize = 4;
/// The commonest characters of logs, the commonest first. Any other is rarer than these.
const COMMON: &str = "e0 1ta2i3o5n4r6s8l7d9c:\"-u.pm=/,hgf";

/// See the module.
#[derive(Debug, Clone)]
pub struct Prefilter {
    pieces: Searcher,
}

impl Prefilter {
    /// For a pattern that is an alternation of plain words; `None` if it is not, or if there is
    /// nothing to gain.
    pub fn of(pattern: &str) -> Option<Self> {
        let hir = ParserBuilder::new().multi_line(true).build().parse(pattern).ok()?;
        if !hir.properties().look_set().is_empty() {
            return None;
        }
        let words = Extractor::new().extract(&hir);
        let words = words.literals().filter(|words| words.iter().all(|word| word.is_exact()))?;
        // A single word is no slower with the regex itself.
        if !(2..=MAX_WORDS).contains(&words.len()) {
            return None;
        }
        let words: Vec<&str> =
            words.iter().map(|word| std::str::from_utf8(word.as_bytes()).ok()).collect::<Option<_>>()?;
        (2..=PIECE).rev().find_map(|length| {
            let mut spellings = Vec::new();
            for word in &words {
                spellings.extend(spellings_of(rarest_piece(word, length)?)?);
            }
            let fit = spellings.len() <= MAX_SPELLINGS;
            let pieces = fit.then(|| Config::new().builder().extend(&spellings).build()).flatten()?;
            Some(Self { pieces })
        })
    }

    /// The byte where the next candidate begins, from `at` on.
    pub fn next(&self, text: &str, at: usize) -> Option<usize> {
        self.pieces.find_in(text, (at..text.len()).into()).map(|found| found.start())
    }
}

/// The piece of so many characters, or the whole word if it is shorter, whose characters are the
/// rarest. `None`: a single character is too common whatever it is.
fn rarest_piece(word: &str, length: usize) -> Option<&str> {
    let starts: Vec<usize> = word.char_indices().map(|(i, _)| i).chain([word.len()]).collect();
    let length = length.min(starts.len() - 1);
    if length < 2 {
        return None;
    }
    let commonness = |piece: &&str| -> usize {
        piece.to_lowercase().chars().map(|c| COMMON.find(c).map_or(0, |place| COMMON.len() - place)).sum()
    };
    starts.windows(length + 1).map(|span| &word[span[0]..span[length]]).min_by_key(commonness)
}

/// A text in all cases of its letters.
fn spellings_of(text: &str) -> Option<Vec<Vec<u8>>> {
    let hir = ParserBuilder::new().case_insensitive(true).build().parse(&regex::escape(text)).ok()?;
    let spellings = Extractor::new().extract(&hir);
    let spellings = spellings.literals().filter(|all| all.iter().all(|one| one.is_exact()))?;
    Some(spellings.iter().map(|one| one.as_bytes().to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_alternations_of_words_have_one() {
        for pattern in ["timed out|refused", "(deadlock|tim(ed|ing))", "502|503", "50[24]"] {
            assert!(Prefilter::of(pattern).is_some(), "{pattern}");
        }
        for pattern in ["timed out", "a|bc", "ab+|cd", "^ab|cd", r"\bab|cd", "", "ab|", "("] {
            assert!(Prefilter::of(pattern).is_none(), "{pattern}");
        }
    }

    #[test]
    fn the_rarest_piece_is_taken() {
        assert_eq!(rarest_piece("timed out", 4), Some("d ou"));
        assert_eq!(rarest_piece("ab", 4), Some("ab"));
        assert_eq!(rarest_piece("Größe", 2), Some("öß"));
    }

    proptest! {
        /// What a regex finds begins where a candidate is, or before it within the same word.
        #[test]
        fn nothing_is_passed_over(
            words in prop::collection::vec("[a-dksé ]{2,6}", 2..6),
            text in "[a-dA-DkKsSſKéÉ \n]{0,80}",
        ) {
            let pattern = words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
            let regex = regex::RegexBuilder::new(&pattern).case_insensitive(true).build().unwrap();
            if let Some(scout) = Prefilter::of(&pattern) {
                for found in regex.find_iter(&text) {
                    let candidate = scout.next(&text, found.start());
                    prop_assert!(candidate.is_some_and(|at| found.range().contains(&at)), "{:?}", found);
                }
            }
        }
    }
}
