//! A command line as a list of words, split as a POSIX shell would. There is no shell where the
//! words go: what only a shell could do is refused, not sent as it stands.

use super::call::quoted;

/// Characters that mean something to a shell and nothing to what is started without one.
const OPERATORS: &str = "|&;<>()`$";

/// The words of a line: blanks part them, quotes and backslashes hold them together (POSIX shell
/// command language, quoting).
///
/// # Errors
/// A quote is not closed, or the line needs a shell: an operator, a variable, a comment.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let needs_shell =
        |c: char| format!("{c} is for a shell, and none reads this: quote it, or give sh -c '…' the whole line");
    let mut words: Vec<String> = Vec::new();
    // `None` between words; an empty one is a word if it was quoted.
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a ' is not closed".into()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err("a \" is not closed".into()),
                        },
                        Some(c @ ('$' | '`')) => return Err(needs_shell(c)),
                        Some(c) => word.push(c),
                        None => return Err("a \" is not closed".into()),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("nothing follows the last \\".into()),
            },
            c if OPERATORS.contains(c) => return Err(needs_shell(c)),
            '#' if word.is_none() => return Err(needs_shell('#')),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// The line that [`split`] makes these words of.
pub fn joined<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_splits_it() {
        for (line, words) in [
            ("", &[][..]),
            ("  \t ", &[]),
            ("python manage.py  migrate", &["python", "manage.py", "migrate"]),
            ("sh -c 'rm -rf $TMP/* && echo \"done\"'", &["sh", "-c", "rm -rf $TMP/* && echo \"done\""]),
            (r#"say "it's \"5 \$\" \n" '' "" x"#, &["say", r#"it's "5 $" \n"#, "", "", "x"]),
            (r"a\ b c\'d e#f \#g", &["a b", "c'd", "e#f", "#g"]),
            ("--set='a b'\"c d\"e", &["--set=a bc de"]),
            ("ls *.sql ~/x {a,b}", &["ls", "*.sql", "~/x", "{a,b}"]),
        ] {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
    }

    #[test]
    fn what_needs_a_shell_or_is_not_closed_is_refused() {
        for (line, why) in [
            ("migrate && seed", "& is for a shell"),
            ("dump > file", "> is for a shell"),
            ("echo $HOME", "$ is for a shell"),
            ("echo \"$HOME\"", "$ is for a shell"),
            ("echo `date`", "` is for a shell"),
            ("migrate # all", "# is for a shell"),
            ("say 'no end", "a ' is not closed"),
            ("say \"no end\\\"", "a \" is not closed"),
            ("say \\", "nothing follows"),
        ] {
            let said = split(line).unwrap_err();
            assert!(said.starts_with(why), "{line}: {said}");
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_is_split_again(words in prop::collection::vec(any::<String>(), 0..6)) {
            prop_assert_eq!(split(&joined(&words)).unwrap(), words);
        }
    }
}
