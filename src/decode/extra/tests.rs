//! Compares `extra`, which works on offsets, with a simple model that uses maps of strings.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use proptest::prelude::*;

use crate::decode::tests::{found, table, text};
use crate::page::WarningKind;

/// Keys as they are sent, and their text.
const KEYS: [(&str, &str); 9] = [
    ("a", "a"),
    ("\\u0061", "a"),
    ("a_", "a_"),
    ("a_2", "a_2"),
    ("contact_owner.a", "contact_owner.a"),
    ("contact_owner.a_", "contact_owner.a_"),
    ("a\\ud800", "a\u{fffd}"),
    ("a\\ud801", "a\u{fffd}"),
    ("a\\ufffd", "a\u{fffd}"),
];

type Members = Vec<(usize, u8)>;

fn members() -> impl Strategy<Value = Members> {
    proptest::collection::vec((0..KEYS.len(), 0_u8..3), 0..8)
}

fn json(members: &Members) -> String {
    members.iter().fold(String::new(), |json, (key, value)| format!(r#"{json},"{}":{value}"#, KEYS[*key].0))
}

/// The model: the object, and how many values are lost.
fn model(of_contact: &Members, of_owner: &Members) -> (BTreeMap<String, u8>, u64) {
    let (mut by_key, mut lost) = (BTreeMap::new(), 0);
    for (within, members) in [("", of_contact), ("contact_owner.", of_owner)] {
        for (key, value) in members {
            let (sent, text) = KEYS[*key];
            let broken = sent.contains("\\ud8").then_some(sent);
            let before = by_key.insert((format!("{within}{text}"), within, broken), *value);
            lost += u64::from(before.is_some_and(|before| before != *value));
        }
    }
    let names: std::collections::BTreeSet<_> = by_key.keys().map(|(name, ..)| name.clone()).collect();
    let (mut object, mut suffixes) = (BTreeMap::<String, u8>::new(), BTreeMap::new());
    for ((name, ..), value) in by_key {
        let mut own = name.clone();
        while object.contains_key(&own) || (own != name && names.contains(&own)) {
            let suffix = suffixes.entry(name.clone()).and_modify(|suffix| *suffix += 1).or_insert(1);
            own = if *suffix == 1 { format!("{name}_") } else { format!("{name}_{suffix}") };
        }
        object.insert(own, value);
    }
    (object, lost)
}

proptest! {
    #[test]
    fn agrees_with_the_model(of_contact in members(), of_owner in members()) {
        let owner = json(&of_owner).replacen(',', "", 1);
        let contact = format!(r#"{{"id":1{},"contact_owner":{{{owner}}}}}"#, json(&of_contact));
        let table = table(&contact);
        let extra = table.batch.column_by_name("extra").unwrap().as_string::<i32>();
        let found: u64 = table.findings.iter().filter(|finding| finding.kind == WarningKind::RepeatedKey).map(|finding| finding.count).sum();
        let (object, lost) = model(&of_contact, &of_owner);
        let due = (!object.is_empty()).then(|| serde_json::to_string(&object).unwrap());
        prop_assert_eq!(extra.is_valid(0).then(|| extra.value(0)), due.as_deref(), "{}", contact);
        prop_assert_eq!(found, lost, "{}", contact);
    }
}

#[test]
fn keeps_all_keys_distinct() {
    for (contact, extra) in [
        // A key of the contact, and one of its owner.
        (
            r#""contact_owner.role":"a","contact_owner":{"id":5,"role":"b"}"#,
            r#"{"contact_owner.role":"a","contact_owner.role_":"b"}"#,
        ),
        (
            r#""contact_owner":{"role":"b","role_":"c"},"contact_owner.role":"a""#,
            r#"{"contact_owner.role":"a","contact_owner.role_":"c","contact_owner.role_2":"b"}"#,
        ),
        // A key of the contact, and a column that cannot hold its value.
        (
            r#""contact_owner.id":"mine","contact_owner":{"id":1.5}"#,
            r#"{"contact_owner.id":"mine","contact_owner.id_":1.5}"#,
        ),
        // Keys with invalid characters, and one with the replacement character.
        (
            r#""k\ud800":1,"k\ud801":2,"k\ufffd":3,"k\ud802":4"#,
            "{\"k\u{fffd}\":3,\"k\u{fffd}_\":1,\"k\u{fffd}_2\":2,\"k\u{fffd}_3\":4}",
        ),
        // An owner that is not an object, and one without a key.
        (r#""contact_owner":"Jane","contact_owner.":1"#, r#"{"contact_owner":"Jane","contact_owner.":1}"#),
        (r#""contact_owner":{"":2},"contact_owner.":1,"":3"#, r#"{"":3,"contact_owner.":1,"contact_owner._":2}"#),
        // Names that are columns of the output only.
        (r#""extra":1,"owner_id":2,"raw":3"#, r#"{"extra":1,"owner_id":2,"raw":3}"#),
    ] {
        let table = table(format!(r#"{{"id":1,{contact}}}"#));
        assert_eq!(text(&table.batch, "extra", 0), Some(extra), "{contact}");
        assert!(table.findings.iter().all(|finding| finding.kind != WarningKind::RepeatedKey), "{contact}");
    }
    let broken = table(r#"{"id":1,"k\ud800":1,"k\ud801\ud802":"\ud803"}"#);
    assert_eq!(found(&broken), [(WarningKind::ReplacedCharacter, "extra")]);
    assert_eq!(broken.findings[0].count, 4);
}

/// A page may have 8 MiB of such keys, so they must not be compared pairwise.
#[test]
fn many_equal_invalid_keys_take_linear_time() {
    let keys: Vec<_> = (0..100_000_u32)
        .map(|number| {
            format!(r#""\ud8{:02x}x\ud8{:02x}x\ud8{:02x}":{number}"#, number >> 16, number >> 8 & 255, number & 255)
        })
        .collect();
    let table = table(format!(r#"{{"id":1,{}}}"#, keys.join(",")));
    let extra: serde_json::Value = serde_json::from_str(text(&table.batch, "extra", 0).unwrap()).unwrap();
    assert_eq!(extra.as_object().unwrap().len(), keys.len());
}

#[test]
fn recognizes_suffixes() {
    for (name, before) in [("a_", Some("a")), ("a_2", Some("a")), ("a__", Some("a_")), ("a2", None), ("a", None)] {
        assert_eq!(super::before_suffix(name), before, "{name}");
    }
}
