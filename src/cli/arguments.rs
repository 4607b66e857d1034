//! The raw arguments, for what must be known before or without clap's parsing.

use std::ffi::OsString;

/// Short flags without a value, which may precede a short option in one word, as in `-qo FILE`.
const FLAGS: &str = "hqvV";

/// The arguments after the program's name.
#[derive(Debug)]
pub struct Arguments(Vec<OsString>);

impl Arguments {
    /// The arguments of this process.
    pub fn of_process() -> Self {
        Self(std::env::args_os().skip(1).collect())
    }

    /// The subcommand's name.
    pub fn command(&self) -> Option<&str> {
        let mut words = self.0.iter().filter_map(|word| word.to_str());
        loop {
            match words.next()? {
                // The only option before the subcommand that has a value.
                "--color" => drop(words.next()),
                word if !word.starts_with('-') => return Some(word),
                _ => {}
            }
        }
    }

    /// Whether the short help is requested, by `-h` before any `--help`.
    pub fn ask_for_short_help(&self) -> bool {
        let is_short = |word: &str| {
            word.strip_prefix('-')
                .is_some_and(|letters| letters.contains('h') && letters.chars().all(|letter| FLAGS.contains(letter)))
        };
        let words = self.0.iter().filter_map(|word| word.to_str()).take_while(|word| !["--", "--help"].contains(word));
        words.into_iter().any(is_short)
    }

    /// Whether a flag without a value was given, by its name or its letter, which may be one of several: `-qv`.
    pub fn has_flag(&self, long: &str, letter: char) -> bool {
        let words = self.0.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--");
        let has_letter = |word: &str| {
            let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
            letters.chars().take_while(|other| FLAGS.contains(*other)).any(|other| other == letter)
        };
        self.has(long, None) || words.into_iter().any(has_letter)
    }

    /// Whether an option was given.
    pub fn has(&self, long: &str, short: Option<char>) -> bool {
        self.occurrences(long, short).next().is_some()
    }

    /// The values of an option, in order.
    pub fn values(&self, long: &str, short: Option<char>) -> Vec<OsString> {
        self.occurrences(long, short).flatten().collect()
    }

    /// Every word that may be a value of an option other than these.
    pub fn values_of_others(&self, options: &[&str]) -> Vec<OsString> {
        let mut values = Vec::new();
        let command = self.0.iter().position(|word| word.to_str() == self.command());
        let mut words = self.0.iter().skip(command.map_or(0, |index| index + 1));
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

    /// The value of each occurrence of an option; `None` if the value is missing.
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
    fn values_of_other_options_are_found() {
        let words = ["contacts", "--report", "r", "--token-file=r", "--report=r", "-o", "c"];
        let arguments = Arguments(words.iter().map(OsString::from).collect());
        assert_eq!(arguments.values_of_others(&["report"]), ["r", "--token-file=r", "-o", "c"]);
        let arguments = Arguments(["-q", "contacts", "-o", "c"].map(OsString::from).to_vec());
        assert_eq!(arguments.values_of_others(&["report"]), ["-o", "c"]);
        let arguments = Arguments(["--color", "never", "contacts", "x"].map(OsString::from).to_vec());
        assert_eq!(arguments.command(), Some("contacts"));
    }

    #[test]
    fn only_h_asks_for_the_short_help() {
        for (words, asks) in [
            (&["contacts", "-h"][..], true),
            (&["-qh", "contacts"], true),
            (&["contacts", "--help", "-h"], false),
            (&["contacts", "--", "-h"], false),
            (&["contacts", "-ohost"], false),
        ] {
            assert_eq!(Arguments(words.iter().map(OsString::from).collect()).ask_for_short_help(), asks, "{words:?}");
        }
    }

    #[test]
    fn flags_are_found_among_others() {
        for (words, is_there) in [
            (&["contacts", "-v"][..], true),
            (&["-qv", "contacts"], true),
            (&["contacts", "--verbose"], true),
            (&["contacts", "-ov"], false),
            (&["contacts", "-q", "--", "-v"], false),
        ] {
            let arguments = Arguments(words.iter().map(OsString::from).collect());
            assert_eq!(arguments.has_flag("verbose", 'v'), is_there, "{words:?}");
        }
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
