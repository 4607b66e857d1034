//! Every rule of flattening by example, on small pages.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{Int64Type, TimestampMicrosecondType},
};

use super::*;
use crate::page::{DecodeError, Pagination, WarningKind};
use crate::resource::schema;

const PAGINATION: &str = r#""pagination":{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}"#;

fn page(contacts: &[u8]) -> Vec<u8> {
    [b"{\"contacts\":[", contacts, b"],", PAGINATION.as_bytes(), b"}"].concat()
}

/// Values of one column that could not be stored as sent: the row of the first one, from 1, and how many.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    pub kind: WarningKind,
    pub column: &'static str,
    pub row: usize,
    pub count: u64,
}

/// The rows of a page, with the findings.
pub(super) struct Table {
    pub batch: RecordBatch,
    pub findings: Vec<Finding>,
}

impl Table {
    pub fn of(contacts: Vec<Contact>) -> Self {
        let mut findings = Vec::<Finding>::new();
        let warn = |row, kind, column, count| match findings
            .iter_mut()
            .find(|finding| finding.kind == kind && finding.column == column)
        {
            Some(finding) => finding.count += count,
            None => findings.push(Finding { kind, column, row, count }),
        };
        Self { batch: BatchBuilder::of_page(RawColumn::Without, contacts, warn).unwrap(), findings }
    }
}

pub(super) fn table(contacts: impl AsRef<[u8]>) -> Table {
    Table::of(decode(&page(contacts.as_ref()).into()).unwrap().contacts)
}

/// The findings, as kind and column.
pub(super) fn found(table: &Table) -> Vec<(WarningKind, &'static str)> {
    table.findings.iter().map(|finding| (finding.kind, finding.column)).collect()
}

fn error(contacts: &str) -> DecodeError {
    decode(&page(contacts.as_bytes()).into()).unwrap_err()
}

pub(super) fn text<'b>(batch: &'b RecordBatch, column: &str, row: usize) -> Option<&'b str> {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    column.is_valid(row).then(|| column.value(row))
}

fn integer(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(column).unwrap().as_primitive::<Int64Type>();
    column.is_valid(row).then(|| column.value(row))
}

fn instant(batch: &RecordBatch, column: &str, row: usize) -> Option<i64> {
    let column = batch.column_by_name(column).unwrap().as_primitive::<TimestampMicrosecondType>();
    column.is_valid(row).then(|| column.value(row))
}

#[test]
fn reads_each_field_of_the_published_example() {
    let body = include_bytes!("../../tests/fixtures/published_page.json");
    let Decoded { said, contacts, held } = decode(&body[..].into()).unwrap();
    let rows: Vec<_> = contacts.iter().map(|contact| contact.key).collect();
    let Table { batch, findings } = Table::of(contacts);
    assert_eq!(said, Pagination { current_page: 1, per_page: 25, total_pages: 5, total_count: 123 });
    let created = [1_753_887_600_000_000, 1_753_801_200_000_000].map(Some);
    assert_eq!([rows[0].id, rows[1].id], [123, 124]);
    assert_eq!([rows[0].created_at, rows[1].created_at], created);
    assert_eq!([rows[0].updated_at, rows[1].updated_at], created);
    assert_ne!(rows[0].hash, rows[1].hash);
    assert!(findings.is_empty() && held > 0);
    assert_eq!(batch.schema(), schema());
    let texts =
        ["first_name", "last_name", "full_name", "email", "phone_number", "company", "title", "location", "image_url"];
    let row = |row| texts.map(|column| text(&batch, column, row));
    assert_eq!(
        row(0),
        [
            Some("John"),
            Some("Doe"),
            Some("John Doe"),
            None,
            Some("+15551234567"),
            Some("Acme Corp"),
            Some("CEO"),
            Some("San Francisco, CA"),
            None
        ]
    );
    assert_eq!(
        row(1),
        [
            Some("Jane"),
            Some("Smith"),
            Some("Jane Smith"),
            None,
            Some("+15559876543"),
            Some("Tech Corp"),
            Some("CTO"),
            Some("New York, NY"),
            None
        ]
    );
    for (row, created) in [(0, 1_753_887_600_000_000), (1, 1_753_801_200_000_000)] {
        assert_eq!(instant(&batch, "created_at", row), Some(created));
        assert_eq!(instant(&batch, "updated_at", row), Some(created));
        assert_eq!(integer(&batch, "owner_id", row), Some(456));
        let owner = ["owner_email", "owner_first_name", "owner_last_name", "owner_name"]
            .map(|column| text(&batch, column, row));
        assert_eq!(owner, [None, Some("Jane"), Some("Owner"), Some("Jane Owner")]);
        assert_eq!(text(&batch, "extra", row), None);
    }
}

#[test]
fn empty_text_is_not_null_but_an_absent_key_is() {
    let Table { batch, findings } = table(r#"{"id":1,"email":"","company":null,"title":"\u0000"}"#);
    assert_eq!(
        ["email", "company", "title", "location"].map(|column| text(&batch, column, 0)),
        [Some(""), None, Some("\0"), None]
    );
    assert_eq!((instant(&batch, "created_at", 0), integer(&batch, "owner_id", 0)), (None, None));
    assert!(findings.is_empty());
}

#[test]
fn ids_are_64_bit_numbers_or_numeric_strings() {
    let table = table(r#"{"id":9223372036854775807},{"id":"-9223372036854775808"},{"id":0},{"id":"42"},{"id":-7}"#);
    let ids = [i64::MAX, i64::MIN, 0, 42, -7].map(Some);
    assert_eq!([0, 1, 2, 3, 4].map(|row| integer(&table.batch, "id", row)), ids);
    assert!(table.findings.is_empty() && text(&table.batch, "extra", 0).is_none(), "{:?}", table.findings);
}

/// Two spellings of one number may be two identities.
#[test]
fn keeps_the_spelling_of_unusual_integers() {
    let table = table(
        r#"{"id":"0042"},{"id":-0},{"id":"-0"},{"id":"\u0034"},{"id":5,"contact_owner":{"id":"007","name":"Bond"}},
           {"id":6,"contact_owner":{"id":"-01"}}"#,
    );
    let ids = [42, 0, 0, 4, 5, 6].map(Some);
    assert_eq!([0, 1, 2, 3, 4, 5].map(|row| integer(&table.batch, "id", row)), ids);
    assert_eq!([4, 5].map(|row| integer(&table.batch, "owner_id", row)), [Some(7), Some(-1)]);
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(|row| text(&table.batch, "extra", row)),
        [
            Some(r#"{"id":"0042"}"#),
            Some(r#"{"id":-0}"#),
            Some(r#"{"id":"-0"}"#),
            None,
            Some(r#"{"contact_owner.id":"007"}"#),
            Some(r#"{"contact_owner.id":"-01"}"#),
        ]
    );
    assert_eq!(found(&table), ["id", "owner_id"].map(|column| (WarningKind::RewrittenNumber, column)));
    assert_eq!(table.findings.iter().map(|finding| finding.count).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn keeps_owner_ids_that_are_not_integers_in_extra() {
    for id in [r#""+7""#, r#""7.0""#, "7.0", "1e2", r#""seven""#, "9223372036854775808", "true", r#"" 7""#] {
        let table = table(format!(r#"{{"id":1,"contact_owner":{{"id":{id}}}}}"#));
        assert_eq!(integer(&table.batch, "owner_id", 0), None, "{id}");
        assert_eq!(text(&table.batch, "extra", 0), Some(&*format!(r#"{{"contact_owner.id":{id}}}"#)));
        assert_eq!(found(&table), [(WarningKind::WrongKind, "owner_id")], "{id}");
    }
}

/// It is not an irregularity, but not null either, so `extra` keeps it.
#[test]
fn empty_text_in_typed_columns_is_not_a_finding() {
    let table = table(r#"{"id":1,"created_at":"","updated_at":" ","contact_owner":{"id":""}}"#);
    assert_eq!((instant(&table.batch, "created_at", 0), integer(&table.batch, "owner_id", 0)), (None, None));
    let extra = r#"{"contact_owner.id":"","created_at":"","updated_at":" "}"#;
    assert_eq!(text(&table.batch, "extra", 0), Some(extra));
    assert_eq!(found(&table), [(WarningKind::UnreadableTime, "updated_at")]);
}

#[test]
fn keeps_times_outside_years_1_to_9999_in_extra() {
    let table = table(r#"{"id":1,"created_at":"9999-12-31T23:59:59-05:00","updated_at":"0000-06-01T00:00:00Z"}"#);
    assert_eq!(["created_at", "updated_at"].map(|column| instant(&table.batch, column, 0)), [None, None]);
    let extra = r#"{"created_at":"9999-12-31T23:59:59-05:00","updated_at":"0000-06-01T00:00:00Z"}"#;
    assert_eq!(text(&table.batch, "extra", 0), Some(extra));
    assert_eq!(found(&table), ["created_at", "updated_at"].map(|column| (WarningKind::UnreadableTime, column)));
}

#[test]
fn error_names_the_position_of_a_contact_without_id() {
    for (contacts, says) in [
        (r#"{"id":1},{"email":"a"}"#, "contact 2 of the page has no id"),
        (r#"{"id":null}"#, "contact 1 of the page has no id"),
        (r#"{"id":12.5}"#, "has the id 12.5, which is not a 64-bit integer"),
        (r#"{"id":9223372036854775808}"#, "the id 9223372036854775808,"),
        (r#"{"id":"+1"}"#, r#"the id "+1","#),
        (r#"{"id":[1]}"#, "the id [1],"),
        (r#"{"id":""}"#, r#"the id "","#),
        (r#"{"id":7},null"#, "contact 2 of the page is null, not an object"),
    ] {
        let error = error(contacts);
        assert!(matches!(&error, DecodeError::Identity(text) if text.contains(says)), "{contacts}: {error}");
    }
}

#[test]
fn keeps_in_extra_what_columns_cannot_hold() {
    let Table { batch, findings } = table(
        r#"{"id":1,"tags":["a", 1.50],"company":{"name":"Acme"},"created_at":"yesterday","updated_at":7,
            "contact_owner":{"id":1.5,"email":["x"],"team":null}},
           {"id":2,"contact_owner":"Jane"}"#,
    );
    assert_eq!(
        text(&batch, "extra", 0),
        Some(
            r#"{"company":{"name":"Acme"},"contact_owner.email":["x"],"contact_owner.id":1.5,"contact_owner.team":null,"created_at":"yesterday","tags":["a", 1.50],"updated_at":7}"#
        )
    );
    assert_eq!(text(&batch, "extra", 1), Some(r#"{"contact_owner":"Jane"}"#));
    assert_eq!(
        (text(&batch, "company", 0), instant(&batch, "created_at", 0), integer(&batch, "owner_id", 0)),
        (None, None, None)
    );
    let kinds: Vec<_> = findings.iter().map(|finding| (finding.kind, finding.column)).collect();
    assert_eq!(
        kinds,
        [
            (WarningKind::WrongKind, "company"),
            (WarningKind::UnreadableTime, "created_at"),
            (WarningKind::WrongKind, "updated_at"),
            (WarningKind::WrongKind, "owner_id"),
            (WarningKind::WrongKind, "owner_email"),
        ]
    );
}

#[test]
fn invalid_characters_do_not_fail_the_page() {
    let Table { batch, findings } = table(b"{\"id\":1,\"email\":\"ok\"},{\"id\":2,\"email\":\"a\\ud800b\",\"note\":\"\xff\"},{\"id\":3,\"email\":\"\xff\xff\"}");
    assert_eq!(
        [0, 1, 2].map(|row| text(&batch, "email", row)),
        [Some("ok"), Some("a\u{fffd}b"), Some("\u{fffd}\u{fffd}")]
    );
    assert_eq!(text(&batch, "extra", 1), Some("{\"note\":\"\u{fffd}\"}"));
    assert_eq!(
        findings,
        [
            Finding { kind: WarningKind::ReplacedCharacter, column: "email", row: 2, count: 3 },
            Finding { kind: WarningKind::ReplacedCharacter, column: "extra", row: 2, count: 1 },
        ]
    );
}

#[test]
fn last_value_of_a_repeated_key_wins_with_a_finding() {
    let table = table(
        r#"{"id":1,"id":2,"email":"a","\u0065mail":"b","x":1,"x":2,
            "contact_owner":{"id":1,"name":"A","name":"B","y":1,"y":2},"contact_owner":{"id":2}}"#,
    );
    let batch = &table.batch;
    assert_eq!((integer(batch, "id", 0), text(batch, "email", 0)), (Some(2), Some("b")));
    assert_eq!((integer(batch, "owner_id", 0), text(batch, "owner_name", 0)), (Some(2), None));
    assert_eq!(text(batch, "extra", 0), Some(r#"{"x":2}"#));
    let lost = table.findings.iter().map(|finding| (finding.column, finding.count));
    let due = [("id", 1), ("email", 1), ("owner_name", 1), ("extra", 2), ("contact_owner", 1)];
    assert_eq!(lost.collect::<Vec<_>>(), due);
    assert!(table.findings.iter().all(|finding| finding.kind == WarningKind::RepeatedKey));
}

/// One of two lists would be lost.
#[test]
fn refuses_two_lists_or_two_paginations() {
    for twice in [
        r#""contacts":[{"id":1}],"contacts":[]"#,
        r#""contacts":[{"id":1}],"\u0063ontacts":[{"id":2}]"#,
        &format!(r#""contacts":[],{PAGINATION}"#),
    ] {
        let body = format!("{{{twice},{PAGINATION}}}");
        let error = decode(&body.clone().into()).unwrap_err();
        assert!(matches!(&error, DecodeError::Malformed(text) if text.contains("more than once")), "{error}");
    }
}

#[test]
fn repeating_a_key_with_the_same_value_loses_nothing() {
    let table = table(
        r#"{"id":1,"id":1,"email":"a","email":"a","x":[1],"x":[1],"contact_owner":{"id":1},"contact_owner":{"id":1}},
           {"id":2,"contact_owner":null,"contact_owner":null}"#,
    );
    assert!(table.findings.is_empty(), "{:?}", table.findings);
}

#[test]
fn refuses_bodies_that_are_not_pages() {
    for body in [
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        r#"{"contacts":[]}"#,
        &format!("{{{PAGINATION}}}"),
        &format!(r#"{{"contacts":null,{PAGINATION}}}"#),
        &format!(r#"{{"contacts":{{}},{PAGINATION}}}"#),
        r#"{"contacts":[],"pagination":[]}"#,
        r#"{"contacts":[],"pagination":{"current_page":1,"per_page":1,"total_pages":1}}"#,
        r#"{"contacts":[],"pagination":{"current_page":-1,"per_page":1,"total_pages":1,"total_count":1}}"#,
        r#"{"status":"error","error_code":"INTERNAL_ERROR"}"#,
        &format!(r#"{{"contacts":[],{PAGINATION}}} x"#),
        &format!(r#"{{"contacts":[{{"id":1}},{PAGINATION}}}"#),
    ] {
        assert!(matches!(decode(&body.to_owned().into()), Err(DecodeError::Malformed(_))), "{body}");
    }
}

#[test]
fn accepts_unambiguous_variants() {
    let said = |current_page, per_page, total_pages, total_count| Pagination {
        current_page,
        per_page,
        total_pages,
        total_count,
    };
    let pagination = r#""current_page":1,"per_page":100"#;
    for (body, expected) in [
        (format!("\u{feff}{{\"contacts\":[],{PAGINATION}}}"), None),
        (format!(r#"{{"\u0063ontacts":[],{PAGINATION}}}"#), None),
        (format!(r#"{{"contacts":null,"pagination":{{{pagination},"total_pages":0,"total_count":0}}}}"#), Some(said(1, 100, 0, 0))),
        (format!(r#"{{"contacts":[],"pagination":{{{pagination},"total_count":201}}}}"#), Some(said(1, 100, 3, 201))),
        (format!(r#"{{"contacts":[],"pagination":{{{pagination},"total_pages":null,"total_count":0}}}}"#), Some(said(1, 100, 0, 0))),
        (
            r#"{"contacts":[],"pagination":{"current_page":"2","per_page":25.0,"total_pages":3.00,"total_count":"75"}}"#.to_owned(),
            Some(said(2, 25, 3, 75)),
        ),
    ] {
        let decoded = decode(&body.clone().into()).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert!(expected.is_none_or(|expected| decoded.said == expected), "{body}: {:?}", decoded.said);
        assert!(decoded.contacts.is_empty());
    }
    for total in ["25.5", "2.5e1", "\"25.0\"", "true", "[]", "1.", "-1.0", "1e2"] {
        let body = format!(r#"{{"contacts":[],"pagination":{{{pagination},"total_pages":1,"total_count":{total}}}}}"#);
        assert!(decode(&body.clone().into()).is_err(), "{body}");
        let body = format!(r#"{{"contacts":[],"pagination":{{{pagination},"total_pages":{total},"total_count":1}}}}"#);
        assert!(decode(&body.clone().into()).is_err(), "{body}");
    }
}

#[test]
fn refuses_truncated_pages() {
    let body = include_bytes!("../../tests/fixtures/published_page.json").trim_ascii();
    for end in 0..body.len() {
        assert!(matches!(decode(&body[..end].into()), Err(DecodeError::Malformed(_))), "cut after {end} bytes");
    }
}

#[test]
fn repeated_owner_affects_no_other_key() {
    let Table { batch, .. } = table(
        r#"{"id":1,"contact_owner_id":7,"contact_owner_type":"user","contact_owner":"Jane","contact_owner":{"team":null}},
           {"id":2,"contact_owner_id":8,"contact_owner":{"id":"x","team":1},"contact_owner":{}}"#,
    );
    let kept = r#"{"contact_owner.team":null,"contact_owner_id":7,"contact_owner_type":"user"}"#;
    assert_eq!([text(&batch, "extra", 0), text(&batch, "extra", 1)], [Some(kept), Some(r#"{"contact_owner_id":8}"#)]);
}

/// The keys of one contact are expected in the next, but need not be there.
#[test]
fn contacts_of_a_page_may_have_their_keys_in_any_order() {
    let contacts = [
        r#"{"id":1,"email":"a","x":1,"contact_owner":{"id":7,"name":"O"}}"#,
        r#"{"contact_owner":{"name":"O","team":2,"id":7},"email":"b","id":2}"#,
        r#"{ "id" : 3 , "title" : "t" , "x":2, "em\u0061il" : "c" }"#,
        r#"{"id":4,"emails":"d","email":"d","contact_owner":{"id":8,"email":"o"}}"#,
    ];
    let keys = (0..200).map(|key| format!(r#","k{key}":{key}"#)).collect::<Vec<_>>().concat();
    let many = [5, 6].map(|id| format!(r#"{{"id":{id}{keys},"email":"e"}}"#));
    let contacts: Vec<_> = contacts.into_iter().chain(many.iter().map(|contact| &**contact)).collect();
    let together = table(contacts.join(","));
    for (row, contact) in contacts.iter().enumerate() {
        assert_eq!(together.batch.slice(row, 1), table(contact).batch, "{contact}");
    }
}
