//! Colors and links in lines for people, if the terminal shows them.

use std::fmt::Write;
use std::path::Path;

/// What a label at the start of a line looks like: the label, and its ANSI style.
const LABELS: [(&str, &str); 6] = [
    ("error:", "1;31"),
    ("warning:", "1;33"),
    ("COMPLETENESS NOT PROVEN:", "1;33"),
    ("completeness:", "1;32"),
    ("hint:", "36"),
    ("note:", "36"),
];

/// How lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether labels have colors.
    pub colors: bool,
    /// Whether names of files are links to them, as in OSC 8.
    pub links: bool,
}

impl Style {
    /// The text, with its label in color.
    #[must_use]
    pub fn line(self, text: &str) -> String {
        let label = LABELS.iter().find(|(label, _)| self.colors && text.starts_with(label));
        match label {
            Some((label, style)) => format!("\x1b[{style}m{label}\x1b[0m{}", &text[label.len()..]),
            None => text.to_owned(),
        }
    }

    /// The name of a local file, as a link to it.
    #[must_use]
    pub fn link(self, name: &str, path: &Path) -> String {
        let absolute = std::path::absolute(path).ok().filter(|_| self.links);
        match absolute.as_deref().and_then(Path::to_str) {
            Some(path) => format!("\x1b]8;;file://{}\x1b\\{name}\x1b]8;;\x1b\\", encoded(path)),
            None => name.to_owned(),
        }
    }
}

/// A path in a URL.
fn encoded(path: &str) -> String {
    let mut url = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~=+,@".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labels_are_colored() {
        let style = Style { colors: true, links: false };
        assert_eq!(style.line("error: no\n  caused by: x"), "\x1b[1;31merror:\x1b[0m no\n  caused by: x");
        assert_eq!(style.line("wrote 5 contacts; error: none"), "wrote 5 contacts; error: none");
        assert_eq!(Style::default().line("error: no"), "error: no");
    }

    #[test]
    fn links_are_absolute_and_encoded() {
        let style = Style { colors: true, links: true };
        assert_eq!(
            style.link("c", "/a b/ü;\u{7}.csv".as_ref()),
            "\x1b]8;;file:///a%20b/%C3%BC%3B%07.csv\x1b\\c\x1b]8;;\x1b\\"
        );
        assert!(style.link("c", "c.csv".as_ref()).contains("file:///"));
        assert_eq!(Style::default().link("c", "/c".as_ref()), "c");
    }
}
