//! Finds and hides traces of the token in text that a server wrote.
//!
//! A server may repeat the token cut, split, encoded or in another case. So a trace is any eight consecutive characters of
//! the token, or of an encoding of it, even with characters in between that are not letters or digits. This hides some
//! harmless text as well, which is the lesser evil.

use std::ops::Range;

use rustc_hash::FxHashSet;
use secrecy::zeroize::Zeroizing;

use crate::text::sanitize::acts;

/// Replaces a trace.
const HIDDEN: &str = "[token]";
/// Length of the shortest trace.
pub(super) const TRACE: usize = 8;
/// Length of the shortest beginning of a token that is hidden before a `…`.
const BEGINNING: usize = 4;

/// A form of the token, in lowercase.
type Form = Zeroizing<Vec<u8>>;

/// The text without traces of the token, which is ASCII; `None` if there are no traces.
pub(super) fn hidden(token: &str, text: &str) -> Option<String> {
    let clean =
        if token.len() < TRACE { without(text, words(token, text)) } else { without(text, traces(token, text)) };
    (clean != text).then_some(clean)
}

/// The text with each of these parts replaced.
fn without(text: &str, mut parts: Vec<Range<usize>>) -> String {
    parts.sort_by_key(|part| part.start);
    let (mut clean, mut at) = (String::with_capacity(text.len()), 0);
    for part in parts {
        if part.start > at || clean.is_empty() {
            clean.push_str(&text[at..part.start]);
            clean.push_str(HIDDEN);
        }
        at = at.max(part.end);
    }
    clean.push_str(&text[at..]);
    clean
}

/// Where a token occurs that is too short for partial matches.
fn words(token: &str, text: &str) -> Vec<Range<usize>> {
    let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let (token, lowercase) = (token.to_ascii_lowercase(), text.to_ascii_lowercase());
    let alone = |part: &Range<usize>| {
        !is_part(text[..part.start].chars().next_back()) && !is_part(text[part.end..].chars().next())
    };
    lowercase.match_indices(&token).map(|(at, _)| at..at + token.len()).filter(alone).collect()
}

/// Where traces of a token occur.
fn traces(token: &str, text: &str) -> Vec<Range<usize>> {
    let mut parts = beginnings(token, text);
    let forms = forms(token.as_bytes());
    for counts in [is_seen, is_letter] {
        let forms: Vec<Form> = forms.iter().map(|form| of(form, counts)).collect();
        let known: FxHashSet<&[u8]> = forms.iter().flat_map(|form| form.windows(TRACE)).collect();
        let places: Vec<_> = text.char_indices().filter(|(_, character)| counts(*character)).collect();
        // Forms are ASCII.
        let letters: Vec<u8> = places
            .iter()
            .map(|(_, character)| u8::try_from(character.to_ascii_lowercase()).unwrap_or(u8::MAX))
            .collect();
        for (first, window) in letters.windows(TRACE).enumerate().filter(|(_, window)| known.contains(window)) {
            let (last, character) = places[first + window.len() - 1];
            parts.push(places[first].0..last + character.len_utf8());
        }
    }
    parts
}

/// Beginnings of a token before a `…`, with that sign.
fn beginnings(token: &str, text: &str) -> Vec<Range<usize>> {
    let shown = |cut: usize| (BEGINNING..token.len()).rev().find(|shown| text[..cut].ends_with(&token[..*shown]));
    let cuts = text.match_indices('…');
    cuts.filter_map(|(cut, sign)| Some(cut - shown(cut)?..cut + sign.len())).collect()
}

/// The characters of a form that count.
fn of(form: &Form, counts: fn(char) -> bool) -> Form {
    let mut counted = Zeroizing::new(Vec::with_capacity(form.len()));
    counted.extend(form.iter().filter(|byte| counts(char::from(**byte))));
    counted
}

/// Whether a character is visible: whitespace and control characters may occur anywhere.
fn is_seen(character: char) -> bool {
    !character.is_whitespace() && !acts(character)
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphanumeric()
}

/// The token itself and its common encodings.
fn forms(token: &[u8]) -> Vec<Form> {
    let percent = |sign: &[u8], keeps: fn(u8) -> bool| {
        let mut form = Zeroizing::new(Vec::with_capacity(5 * token.len()));
        for byte in token {
            if keeps(*byte) {
                form.push(*byte);
            } else {
                form.extend(sign);
                form.extend(hexadecimal(*byte));
            }
        }
        form
    };
    let mut forms = vec![
        Zeroizing::new(token.to_vec()),
        percent(b"%", |byte| byte.is_ascii_alphanumeric()),
        percent(b"%", |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
        // Encoded twice.
        percent(b"%25", |byte| byte.is_ascii_alphanumeric()),
        Zeroizing::new(token.iter().flat_map(|byte| hexadecimal(*byte)).collect()),
    ];
    forms.extend((0..3).flat_map(|before| [*b"+/", *b"-_"].map(|last| base64(token, before, last))));
    for form in &mut forms {
        form.make_ascii_lowercase();
    }
    forms
}

fn hexadecimal(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|half| b"0123456789abcdef"[usize::from(half)])
}

/// The Base64 digits that depend on the token only, with this many bytes before it. `last` are the last two digits of the
/// alphabet.
fn base64(token: &[u8], before: usize, last: [u8; 2]) -> Form {
    let bit = |at: usize| usize::from(token[at / 8] >> (7 - at % 8) & 1);
    // Digits have six bits, so the first one that begins within the token may begin at any even bit.
    let first = (6 - 8 * before % 6) % 6;
    let digits = (first..8 * token.len()).step_by(6).filter(|at| at + 6 <= 8 * token.len()).map(|at| {
        let digit = (at..at + 6).fold(0, |digit, at| digit << 1 | bit(at));
        match digit {
            0..26 => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit],
            26..52 => b"abcdefghijklmnopqrstuvwxyz"[digit - 26],
            52..62 => b"0123456789"[digit - 52],
            _ => last[digit - 62],
        }
    });
    let mut form = Zeroizing::new(Vec::with_capacity(2 * token.len()));
    form.extend(digits);
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "lk_live_4f1d0c77a9b84e5f9d3c";

    /// Checks that no eight characters of the token and nothing of its encoding is left.
    fn assert_hidden(text: &str) {
        let clean = hidden(TOKEN, text).unwrap_or_else(|| panic!("nothing was hidden: {text}"));
        assert!(clean.contains(HIDDEN), "{clean}");
        assert!(!clean.to_lowercase().contains("4f1d") && !clean.contains("a9b8"), "{text}: {clean}");
    }

    fn base64_of(text: &str) -> String {
        let form = |last| {
            let whole: Vec<u8> = text.bytes().chain([0; 2]).collect();
            String::from_utf8(base64(&whole, 0, last).to_vec()).unwrap()
        };
        form(*b"+/")
    }

    #[test]
    fn digits_are_those_of_base64() {
        assert_eq!(base64_of("user:pass"), "dXNlcjpwYXNzAA");
        // python3 -c "import base64; print(base64.b64encode(b'x~~~???'))" is eH5+fj8/Pw==
        assert_eq!(&base64_of("x~~~???")[..9], "eH5+fj8/P");
        assert_eq!(&*base64(b"~~~", 1, *b"-_"), &b"5-f"[..]);
    }

    #[test]
    fn hides_whole_cut_and_recased_tokens() {
        assert_eq!(hidden(TOKEN, &format!("bad {TOKEN}!")).unwrap(), "bad [token]!");
        for at in 1..TOKEN.len() {
            let (head, tail) = TOKEN.split_at(at);
            for part in [head, tail].into_iter().filter(|part| part.len() >= TRACE) {
                for text in [format!("invalid token {part}..."), format!("…{part} is no token"), part.to_uppercase()]
                {
                    let clean = hidden(TOKEN, &text).unwrap();
                    assert!(!clean.to_lowercase().contains(part), "{clean}");
                }
            }
        }
        assert_eq!(hidden(TOKEN, "the token lk_live… is not known").unwrap(), "the token [token] is not known");
        assert_hidden(&format!("{TOKEN} and {TOKEN}{TOKEN}, and {}", TOKEN.to_uppercase()));
    }

    #[test]
    fn hides_tokens_however_split() {
        for between in ["\n", " ", "\r\n\t", "-", ", ", "\u{200b}", "\u{1b}[", "…", "\", \"", "</b><b>", "é"]
            .iter()
            .filter(|b| !b.contains('b'))
        {
            for size in [1, 2, 3, 4, 5, 7, 14, 26] {
                let pieces: Vec<_> =
                    TOKEN.as_bytes().chunks(size).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
                assert_hidden(&format!("it was {}: no", pieces.join(between)));
            }
        }
    }

    #[test]
    fn hides_tokens_however_encoded() {
        let hexadecimal: Vec<_> = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
        let (hex, percent) = (hexadecimal.concat(), hexadecimal.concat().to_uppercase());
        let percent: Vec<_> = percent.as_bytes().chunks(2).map(|digits| [b"%", digits].concat()).collect();
        let percent = String::from_utf8(percent.concat()).unwrap();
        for text in [
            hex.as_str(),
            &hex.to_uppercase(),
            &percent,
            &TOKEN.replace('_', "%5F"),
            &TOKEN.replace('_', "%5f"),
            &format!("key={}&x=1", TOKEN.replace('_', "%255F")),
        ] {
            let clean = hidden(TOKEN, text).unwrap();
            assert!(clean.len() < text.len() / 2, "{text}: {clean}");
        }
        for before in ["", ":", "a:", "user:", "Token token=", "X-LINQ-INTEGRATION-TOKEN: "] {
            for after in ["", "\n", ":", ":password"] {
                let encoded = base64_of(&format!("{before}{TOKEN}{after}"));
                for text in [
                    encoded.clone(),
                    encoded.replace('+', "-").replace('/', "_"),
                    encoded[..encoded.len() - 9].to_owned(),
                ] {
                    let clean = hidden(TOKEN, &format!("Basic {text}")).unwrap();
                    // A digit or two at each end belong to the neighboring text, too.
                    assert!(
                        clean.len() <= "Basic [token]".len() + (before.len() + after.len()) * 4 / 3 + 8,
                        "{text}: {clean}"
                    );
                }
            }
        }
    }

    #[test]
    fn keeps_text_without_traces() {
        for text in
            ["", "no such contact", "lk_live", "…lk_l", "the server answered 503 (x-request-id 4f1d0c7)", "名前 🎉"]
        {
            assert_eq!(hidden(TOKEN, text), None, "{text}");
        }
        assert_eq!(hidden("abcdefgh", "名前abcdefgh🎉").unwrap(), "名前[token]🎉");
    }

    #[test]
    fn hides_short_tokens_only_as_a_whole() {
        assert_eq!(hidden("s3cret", "bad S3CRET, s3cret!").unwrap(), "bad [token], [token]!");
        for text in ["s3cre", "s3crets", "xs3cret", "és3cret"] {
            assert_eq!(hidden("s3cret", text), None, "{text}");
        }
        assert_eq!(hidden("t", "text"), None);
    }

    /// No eight consecutive characters of the token are left, whatever the pieces.
    #[test]
    fn no_eight_characters_are_left() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..2_000 {
            let mut text = String::new();
            for _ in 0..random.usize(1..6) {
                let start = random.usize(..TOKEN.len());
                let end = random.usize(start..=TOKEN.len());
                text.push_str(&TOKEN[start..end]);
                text.push_str(random.choice(["", " ", "x", "…", "é", "\n", "[token]"]).unwrap());
            }
            let clean = hidden(TOKEN, &text).unwrap_or_else(|| text.clone());
            assert!(
                !TOKEN.as_bytes().windows(TRACE).any(|trace| clean.as_bytes().windows(TRACE).any(|seen| seen == trace)),
                "{text}: {clean}"
            );
        }
    }
}
