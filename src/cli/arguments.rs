//! The arguments as they were given, for what must be known of them before, or without, their being understood.

use std::ffi::OsString;

/// Short flags without a value, which may stand before a short option in one word, as in `-qo FILE`.
const FLAGS: &str = "hqvV";

/// The words after the program's name.
#[derive(Debug)]
pub struct Arguments(Vec<OsString>);

impl Arguments {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self(std::env::args_os().skip(1).collect())
    }

    /// The subcommand's name.
    pub fn command(&self) -> Option<&str> {
        self.0.iter().filter_map(|word| word.to_str()).find(|word| !word.starts_with('-'))
    }

    /// Whether an option was given.
    pub fn has(&self, long: &str, short: Option<char>) -> bool {
        self.occurrences(long, short).next().is_some()
    }

    /// The values of an option, each time it was given.
    pub fn values(&self, long: &str, short: Option<char>) -> Vec<OsString> {
        self.occurrences(long, short).flatten().collect()
    }

    /// Every word that may be a value, whatever of, but for the values of some options.
    pub fn values_of_others(&self, options: &[&str]) -> Vec<OsString> {
        let mut values = Vec::new();
        let mut words = self.0.iter().skip(1);
        while let Some(word) = words.next() {
            let (name, inner) = match word.to_str().and_then(|word| word.split_once('=')) {
                Some((name, inner)) => (name, Some(inner)),
                None => (word.to_str().unwrap_or_default(), None),
            };
            let is_of_these = name.strip_prefix("--").is_some_and(|name| options.contains(&name));
            match inner {
                None if is_of_these => drop(words.next()),
                Some(_) if is_of_these => {}
                inner => values.extend(inner.map(OsString::from).into_iter().chain([word.clone()])),
            }
        }
        values
    }

    /// The value at each place where an option was given; none where the value is missing.
    fn occurrences(&self, long: &str, short: Option<char>) -> impl Iterator<Item = Option<OsString>> {
        let words = self.0.iter().position(|word| word == "--").map_or(&self.0[..], |end| &self.0[..end]);
        words.iter().enumerate().filter_map(move |(at, word)| {
            let beside = || words.get(at + 1).cloned();
            let word = word.to_str()?;
            if let Some(rest) = word.strip_prefix("--") {
                return match rest.strip_prefix(long)? {
                    "" => Some(beside()),
                    rest => rest.strip_prefix('=').map(|value| Some(value.into())),
                };
            }
            let rest = word.strip_prefix('-')?.trim_start_matches(|letter| FLAGS.contains(letter));
            match rest.strip_prefix(short?)? {
                "" => Some(beside()),
                rest => Some(Some(rest.strip_prefix('=').unwrap_or(rest).into())),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(words: &[&str]) -> (Vec<OsString>, Vec<OsString>) {
        let arguments = Arguments(words.iter().map(OsString::from).collect());
        (arguments.values("report", None), arguments.values("output", Some('o')))
    }

    #[test]
    fn what_else_is_named_is_known() {
        let words = ["contacts", "--report", "r", "--token-file=r", "--report=r", "-o", "c"];
        let arguments = Arguments(words.iter().map(OsString::from).collect());
        assert_eq!(arguments.values_of_others(&["report"]), ["r", "--token-file=r", "-o", "c"]);
    }

    #[test]
    fn options_are_found_in_every_form() {
        let strings = |texts: &[&str]| texts.iter().map(OsString::from).collect::<Vec<_>>();
        for (words, report, output) in [
            (&["contacts", "--report", "r", "-o", "c"][..], &["r"][..], &["c"][..]),
            (&["contacts", "--bogus", "--report=r", "-oc"], &["r"], &["c"]),
            (&["contacts", "-qo", "c", "--report"], &[], &["c"]),
            (&["contacts", "-qvo=c", "--output=d", "--report-x", "r"], &[], &["c", "d"]),
            (&["contacts", "--", "--report", "r", "-o", "c"], &[], &[]),
            (&["contacts", "-x", "--reports=r", "-"], &[], &[]),
        ] {
            assert_eq!(values(words), (strings(report), strings(output)), "{words:?}");
        }
    }
}
