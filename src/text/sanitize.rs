//! Sanitizes untrusted text for display, such as a server's error message.
//!
//! Control characters and bidirectional overrides are written as `\u{…}`, and long text is cut.

use std::path::Path;

/// Maximum characters of untrusted text in a message.
pub(crate) const SHOWN: usize = 200;

/// Escapes characters that act on a terminal or a log, collapses white space, and cuts after [`SHOWN`] characters.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::new();
    let mut space = false;
    for (count, character) in text.trim().chars().enumerate() {
        if count == SHOWN {
            shown.push('…');
            break;
        }
        if matches!(character, ' ' | '\n' | '\r' | '\t') {
            space = true;
            continue;
        }
        if std::mem::take(&mut space) {
            shown.push(' ');
        }
        if acts(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Escapes characters that act on a terminal or a log, line breaks included, and changes nothing else.
pub(crate) fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Escapes characters that act on a terminal or a log, except line breaks.
#[cfg(feature = "cli")]
pub(crate) fn inert_lines(text: &str) -> String {
    text.split('\n').map(inert).collect::<Vec<_>>().join("\n")
}

/// A path for a message, which may contain control characters, come from a manifest, or be a URL with credentials.
pub(crate) fn path(path: &Path) -> String {
    inert(&without_credentials(&path.to_string_lossy()))
}

/// A URL without the credentials in it.
pub(crate) fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}{path}"),
        None => text.to_owned(),
    }
}

/// Whether a character acts on a terminal or reorders text, instead of being shown.
pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_urls_are_not_shown() {
        assert_eq!(path("s3://AKIA:geheim@b/c@d".as_ref()), "s3://…@b/c@d");
        assert_eq!(path("s3://b/c@d".as_ref()), "s3://b/c@d");
    }

    #[test]
    fn control_and_bidi_characters_are_escaped() {
        assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("a\u{202e}b\u{9b}c\0"), "a\\u{202e}b\\u{9b}c\\u{0}");
        assert_eq!(escape("  two\r\n\t lines "), "two lines");
        assert_eq!(escape("naïve 名前 🎉"), "naïve 名前 🎉");
    }

    #[test]
    fn names_stay_whole() {
        assert_eq!(inert(" a  \n\u{1b}b"), " a  \\u{a}\\u{1b}b");
        assert_eq!(inert(&"x".repeat(SHOWN + 1)).len(), SHOWN + 1);
    }

    #[test]
    fn long_text_is_cut() {
        let shown = escape(&"x".repeat(SHOWN + 1));
        assert_eq!(shown.chars().count(), SHOWN + 1);
        assert!(shown.ends_with('…'));
    }
}
