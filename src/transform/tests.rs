//! Transformations of pages as the API sends them.

use arrow::datatypes::Int64Type;
use serde_json::{Value, json};

use arrow::array::{Array, AsArray};

use super::batch::text;
use super::*;
use crate::config::{Hashed, HmacKey};
use crate::decode::{BatchBuilder, RawColumn, decode};

/// A batch of the whole table, with what was sent.
fn batch(contacts: &str) -> RecordBatch {
    let pagination = r#""pagination":{"current_page":1,"per_page":100,"total_pages":1,"total_count":1}"#;
    let body = format!("{{\"contacts\":[{contacts}],{pagination}}}");
    BatchBuilder::of_page(RawColumn::With, decode(&body.into()).unwrap().contacts, |_, _, _, _| {}).unwrap()
}

fn layout(change: impl FnOnce(&mut Layout)) -> Layout {
    let mut layout = Layout::default();
    change(&mut layout);
    layout
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn hashed(columns: &[&str]) -> Hashed {
    Hashed { columns: names(columns), key: HmacKey::new(&[7; 32]).unwrap() }
}

fn arranged(layout: Layout, contacts: &str) -> (RecordBatch, Option<OwnersTable>) {
    let mut arrange = Arrange::new(&Content::Table(layout)).unwrap();
    let arranged = arrange.take(&batch(contacts)).unwrap();
    assert_eq!(arranged.schema(), arrange.schema());
    (arranged, arrange.finish())
}

fn refused(layout: Layout) -> String {
    Arrange::new(&Content::Table(layout)).unwrap_err().to_string()
}

fn field_names(batch: &RecordBatch) -> String {
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    names.join(" ")
}

fn value(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let column = text(batch, column).unwrap();
    column.is_valid(row).then(|| column.value(row).to_owned())
}

fn object(batch: &RecordBatch, row: usize) -> Value {
    value(batch, "extra", row).map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
}

#[test]
fn whole_table_is_unchanged() {
    let contacts = r#"{"id":1,"email":"a","contact_owner":{"id":2,"team":1.50},"x":18446744073709551616}"#;
    let (arranged, owners) = arranged(Layout::default(), contacts);
    let whole = batch(contacts);
    assert_eq!(arranged, whole.project(&(0..18).collect::<Vec<_>>()).unwrap());
    assert!(owners.is_none());
}

#[test]
fn keeps_the_order_of_columns_and_always_id() {
    let of = |change: &dyn Fn(&mut Layout)| {
        let mut layout = Layout::default();
        change(&mut layout);
        field_names(&arranged(layout, r#"{"id":1}"#).0)
    };
    assert_eq!(of(&|layout| layout.columns = Some(names(&["owner_id", "email"]))), "id email owner_id");
    let dropped = names(&["contact_owner", "extra", "image_url", "title", "location"]);
    assert_eq!(
        of(&|layout| layout.dropped.clone_from(&dropped)),
        "id first_name last_name full_name email phone_number company created_at updated_at"
    );
    let with_struct = |layout: &mut Layout| {
        layout.owners = Owners::Struct;
        layout.columns = Some(names(&["id", "owner_email", "contact_owner", "extra"]));
        layout.dropped = names(&["owner_name"]);
    };
    assert_eq!(of(&with_struct), "id contact_owner extra");
}

#[test]
fn refuses_invalid_selections_by_name() {
    for (layout, says) in [
        (
            layout(|layout| layout.columns = Some(names(&["e-mail"]))),
            "unknown column \"e-mail\" in --columns; available: id, ",
        ),
        (layout(|layout| layout.dropped = names(&["id"])), "id cannot be dropped"),
        (layout(|layout| layout.hashed = Some(hashed(&["owner_id"]))), "text columns only, not owner_id"),
        (layout(|layout| layout.hashed = Some(hashed(&["extra"]))), "drop it"),
        (layout(|layout| layout.hashed = Some(hashed(&["nick"]))), "\"nick\", which is not a column"),
        (
            layout(|layout| {
                layout.dropped = names(&["owner_id"]);
                layout.owners = Owners::Table;
            }),
            "requires owner_id",
        ),
    ] {
        let error = refused(layout);
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn nests_owners_and_leaves_null_without_one() {
    let contacts = r#"{"id":1,"contact_owner":{"id":5,"name":"Jane"}},{"id":2},{"id":3,"contact_owner":{"email":""}}"#;
    let (arranged, _) = arranged(layout(|layout| layout.owners = Owners::Struct), contacts);
    let owners = arranged.column_by_name("contact_owner").unwrap().as_struct();
    assert_eq!(owners.column_names(), ["id", "email", "first_name", "last_name", "name"]);
    assert_eq!([0, 1, 2].map(|row| owners.is_valid(row)), [true, false, true]);
    assert_eq!(owners.column(0).as_primitive::<Int64Type>().value(0), 5);
    assert_eq!(owners.column(4).as_string::<i32>().value(0), "Jane");
    let emails = owners.column(1).as_string::<i32>();
    assert_eq!((emails.is_null(0), emails.value(2)), (true, ""));
}

#[test]
fn most_recently_updated_copy_of_an_owner_wins() {
    let contacts = r#"
        {"id":1,"updated_at":"2025-01-02T00:00:00Z","contact_owner":{"id":9,"name":"new","email":"a"}},
        {"id":2,"updated_at":"2025-01-01T00:00:00Z","contact_owner":{"id":9,"name":"old","email":"a"}},
        {"id":3,"updated_at":"2024-01-01T00:00:00Z","contact_owner":{"id":9,"name":"new","email":"a"}},
        {"id":4,"contact_owner":{"id":-8}},
        {"id":6,"contact_owner":{"id":-8,"name":""}},
        {"id":5}"#;
    let (arranged, owners) = arranged(layout(|layout| layout.owners = Owners::Table), contacts);
    assert!(field_names(&arranged).ends_with("updated_at owner_id extra"), "{}", field_names(&arranged));
    let mut owners = owners.unwrap();
    let (batch, contradictions) = (owners.next().unwrap().unwrap(), owners.contradictions());
    assert!(owners.next().is_none());
    assert_eq!(batch.schema(), schemas(&layout(|layout| layout.owners = Owners::Table)).unwrap().owners.unwrap());
    assert_eq!(field_names(&batch), "owner_id owner_email owner_first_name owner_last_name owner_name contacts");
    let number = |column: &str| column_of(&batch, column).as_primitive::<Int64Type>().values().to_vec();
    assert_eq!((number("owner_id"), number("contacts"), contradictions), (vec![-8, 9], vec![2, 3], 2));
    assert_eq!([0, 1].map(|row| value(&batch, "owner_name", row)), [Some(String::new()), Some("new".to_owned())]);
}

fn column_of<'b>(batch: &'b RecordBatch, name: &str) -> &'b ArrayRef {
    column(batch, name).unwrap()
}

#[test]
fn owner_without_an_id_goes_into_extra() {
    let contacts = r#"{"id":1,"contact_owner":{"id":"x","name":"Jane \"J\"","email":null}},{"id":2,"a":1.50},{"id":3}"#;
    let (arranged, owners) = arranged(layout(|layout| layout.owners = Owners::Table), contacts);
    assert_eq!(object(&arranged, 0), json!({"contact_owner.id": "x", "contact_owner.name": "Jane \"J\""}));
    assert_eq!([1, 2].map(|row| value(&arranged, "extra", row)), [Some(r#"{"a":1.50}"#.to_owned()), None]);
    assert!(owners.unwrap().next().is_none());
}

#[test]
fn hashed_and_dropped_values_are_not_in_extra() {
    let contacts = r#"{"id":1,"email":["jane@x"],"phone_number":5551234567,"title":{"a":1},"y":1,
            "contact_owner":{"id":1,"email":7,"name":"Jane"}},
        {"id":2,"email":" Jane@X ","phone_number":null,"title":2}"#;
    let (arranged, _) = arranged(
        layout(|layout| {
            layout.hashed = Some(hashed(&["email", "phone_number", "owner_email", "owner_name"]));
            layout.dropped = names(&["title"]);
        }),
        contacts,
    );
    let hash = |column: &str, text: &str| {
        let columns = Columns::of(&Layout::default()).unwrap();
        HashedColumns::new(&hashed(&[column]), &columns).unwrap().hash(column, text)
    };
    assert_eq!(
        object(&arranged, 0),
        json!({
            "email": hash("email", "[\"jane@x\"]"),
            "phone_number": hash("phone_number", "5551234567"),
            "contact_owner.email": hash("owner_email", "7"),
            "y": 1,
        })
    );
    assert_eq!(value(&arranged, "email", 1), Some(hash("email", "jane@x")));
    assert_eq!(value(&arranged, "owner_name", 0), Some(hash("owner_name", "Jane")));
    assert_eq!((value(&arranged, "phone_number", 1), value(&arranged, "extra", 1)), (None, None));
}

#[test]
fn dropped_or_hashed_owners_are_not_in_extra() {
    let contacts = r#"{"id":1,"contact_owner":"Jane <jane@x>"},{"id":2,"contact_owner":[{"email":"jane@x"}],"x":1},
        {"id":3,"contact_owner":{"id":5,"phone":"555","email":"jane@x"}},{"id":4,"contact_owner_id":5}"#;
    let of = |change: &dyn Fn(&mut Layout)| {
        let (arranged, _) = arranged(layout(|layout| change(layout)), contacts);
        [0, 1, 2, 3].map(|row| object(&arranged, row))
    };
    let gone = [Value::Null, json!({"x": 1}), Value::Null, json!({"contact_owner_id": 5})];
    assert_eq!(of(&|layout| layout.dropped = names(&["contact_owner"])), gone);
    assert_eq!(of(&|layout| layout.columns = Some(names(&["extra"]))), gone);
    // The other values of the owner are kept, including those without a column.
    let [text, list, kept, _] = of(&|layout| layout.dropped = names(&["owner_email"]));
    assert_eq!([text, list, kept], [Value::Null, json!({"x": 1}), json!({"contact_owner.phone": "555"})]);
    let [text, list, ..] = of(&|layout| layout.hashed = Some(hashed(&["owner_email"])));
    assert!(text["contact_owner"].as_str().is_some_and(|hash| hash.len() == 64), "{text}");
    assert!(list["contact_owner"].as_str().is_some_and(|hash| hash.len() == 64), "{list}");
}

/// The contact itself has a key of the name that the value would get in `extra`.
#[test]
fn hides_values_whose_name_got_a_suffix() {
    let contacts = r#"{"id":1,"contact_owner.email":"jane@x","contact_owner":{"id":1,"email":["jane@x"]}},
        {"id":2,"email_":"jane@x","email_2":1}"#;
    let of = |change: &dyn Fn(&mut Layout)| {
        let (arranged, _) = arranged(layout(|layout| change(layout)), contacts);
        [0, 1].map(|row| object(&arranged, row))
    };
    // These keys are unrelated: their names only look like suffixed ones.
    let others = json!({"email_": "jane@x", "email_2": 1});
    assert_eq!(of(&|layout| layout.dropped = names(&["owner_email", "email"])), [Value::Null, others.clone()]);
    let [hidden, same] = of(&|layout| layout.hashed = Some(hashed(&["owner_email", "email"])));
    assert_eq!(same, others);
    assert!(hidden.as_object().unwrap().len() == 2 && !hidden.to_string().contains("jane"), "{hidden}");
}

#[test]
fn empty_values_in_extra_are_not_hashed() {
    let contacts = r#"{"id":1,"email":"","owner_email":"","contact_owner":""}"#;
    let (arranged, _) = arranged(layout(|layout| layout.hashed = Some(hashed(&["email", "owner_email"]))), contacts);
    assert_eq!(value(&arranged, "email", 0).as_deref(), Some(""));
    assert_eq!(object(&arranged, 0), json!({"contact_owner": "", "owner_email": ""}));
}

#[test]
fn owner_does_not_overwrite_a_key_of_the_contact() {
    let contacts = r#"{"id":1,"contact_owner.name":"literal","contact_owner":{"name":"Jane"}}"#;
    let (arranged, _) = arranged(layout(|layout| layout.owners = Owners::Table), contacts);
    assert_eq!(object(&arranged, 0), json!({"contact_owner.name": "literal", "contact_owner.name_": "Jane"}));
}

#[test]
fn raw_lines_are_the_bytes_as_sent() {
    let contacts = "{ \"id\": 1.0e0x }";
    assert!(decode(&contacts.into()).is_err());
    let contacts = "{\"id\":1,\r\n  \"a\":\"\\u00e9\\n\", \"b\": 1.50},  {\"b\":2,\"id\":\"2\"}";
    let mut arrange = Arrange::new(&Content::Raw).unwrap();
    let batch = arrange.take(&batch(contacts)).unwrap();
    let lines: Vec<_> = batch.column(0).as_binary::<i32>().iter().flatten().collect();
    assert_eq!(lines, [&b"{\"id\":1,    \"a\":\"\\u00e9\\n\", \"b\": 1.50}"[..], b"{\"b\":2,\"id\":\"2\"}"]);
}
