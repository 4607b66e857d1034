//! Tests with small tables.

use super::*;

fn of(text: &str) -> Inspection {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table");
    std::fs::write(&path, text).unwrap();
    inspect(&path).unwrap()
}

fn nulls(inspection: &Inspection) -> Vec<(&str, u64, u64)> {
    inspection.columns.iter().map(|column| (column.name.as_str(), column.nulls, column.value_bytes)).collect()
}

#[test]
fn nested_and_flat_owners_count_alike() {
    let flat =
        of("{\"id\":1,\"owner_id\":7,\"owner_name\":\"Jane\"}\n{\"id\":22,\"owner_id\":null,\"owner_name\":null}\n");
    let nested = of("{\"id\":1,\"contact_owner\":{\"id\":7,\"name\":\"Jane\"}}\n{\"id\":22,\"contact_owner\":null}\n");
    assert_eq!(flat.owners, nested.owners);
    assert_eq!(flat.owners.as_ref().unwrap().without, Some(1));
    assert_eq!(nulls(&flat), [("id", 0, 3), ("owner_id", 1, 1), ("owner_name", 1, 4)]);
    assert_eq!(nulls(&nested), [("id", 0, 3), ("contact_owner.id", 1, 1), ("contact_owner.name", 1, 4)]);
    assert_eq!((nested.rows, &nested.created, &nested.manifest), (2, &None, &None));
}

#[test]
fn tables_of_owners_or_without_owners_are_read() {
    let owners = of("owner_id,owner_name,contacts\r\n5,Ann,3\r\n6,,40\r\n");
    let facts = owners.owners.unwrap();
    assert_eq!((facts.distinct, facts.largest[0].contacts, owners.format), (2, 40, "csv"));
    let bare = of("{\"id\":1,\"created_at\":\"2025-07-30T15:00:00Z\"}\n");
    assert_eq!((bare.owners, bare.created.unwrap().months[0].month), (None, 7));
    let empty = of("");
    assert_eq!((empty.rows, empty.columns.len(), empty.format), (0, 0, "ndjson"));
}
