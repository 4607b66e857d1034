//! Compares the grammar with that of `serde_json`.

use proptest::prelude::*;

use super::*;

pub fn scan(bytes: &[u8]) -> Scan<Raw<'_>> {
    let mut scanner = Scanner::new(bytes);
    let value = scanner.value()?;
    scanner.end()?;
    Ok(value)
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(scan(&nested(DEPTH)).is_ok());
    assert_eq!(scan(&nested(DEPTH + 1)).unwrap_err().reason, "nested too deeply");
    assert!(scan(&nested(1_000_000)).is_err());
}

#[test]
fn distinguishes_truncation_from_a_syntax_error() {
    assert_eq!(scan(br#"{"a": [1, 2"#).unwrap_err(), Broken { reason: "unexpected end", at: 11 });
    assert_eq!(scan(br#"{"a" 1}"#).unwrap_err(), Broken { reason: "expected a colon after the key", at: 5 });
}

fn json_like() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\\", "\\u00e9", "\\n", "null", "true", "fals", "0", "-", "1",
            ".", "e", "E+", "12", " ", "\n", "é", "\u{1}", "\"k\":", "[1,", "{\"a\":",
        ]),
        0..24,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    /// Accepts the same texts as `serde_json`, and reads the same strings.
    #[test]
    fn agrees_with_serde_json(json in json_like()) {
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&json);
        let ours = scan(json.as_bytes());
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?}: {:?} {:?}", json, ours, theirs);
        if let (Ok(raw), Ok(serde_json::Value::String(text))) = (ours, serde_json::from_str(&json)) {
            prop_assert_eq!(&*raw.text().unwrap().text, text);
        }
    }

    /// Finds the same end of a string as a look at each byte.
    #[test]
    fn eight_bytes_at_a_time_are_as_one(bytes in proptest::collection::vec(prop_oneof![0x1e..0x24_u8, 0x5a..0x5e_u8, 0x7e..=0xff_u8], 0..32)) {
        let end = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        prop_assert_eq!(ordinary(&bytes), end.unwrap_or(bytes.len()));
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(raw) = scan(&bytes) {
            raw.json();
            raw.text();
        }
    }
}
