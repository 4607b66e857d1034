//! The columns that a table of changes has before those of the contacts.
//!
//! The words are those of Delta's change data feed, but no engine reserves the names.

use std::sync::LazyLock;

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::contacts;

/// What happened to the contact.
pub(crate) const CHANGE_TYPE: &str = "change_type";

static FIELDS: LazyLock<[Field; 4]> = LazyLock::new(|| {
    let instant = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    [
        Field::new(CHANGE_TYPE, DataType::Utf8, false),
        Field::new("changed_columns", DataType::Utf8, true),
        Field::new("seen_after", instant(), true),
        Field::new("seen_by", instant(), false),
    ]
});

/// The columns, in order.
pub(crate) fn change_fields() -> &'static [Field] {
    &*FIELDS
}

/// A description of a column of any table.
pub(crate) fn about(name: &str) -> Option<&'static str> {
    match name {
        CHANGE_TYPE => Some("insert, update_preimage, update_postimage, delete, or missing if no deletion is proven"),
        "changed_columns" => {
            Some("The columns that an update changed, separated by commas; null if it is not an update")
        }
        "seen_after" => Some("The change happened after this time: the start of the old export"),
        "seen_by" => Some("The change happened before this time: the end of the new export"),
        _ => contacts::about(name),
    }
}

/// The position of a leaf column in the content digest of any table: the columns of a change come first.
pub(crate) fn rank(leaf: &str) -> Option<usize> {
    let of_change = FIELDS.iter().position(|field| field.name() == leaf);
    of_change.or_else(|| contacts::rank(leaf).map(|rank| FIELDS.len() + rank))
}

/// Whether many rows share the values of a column, so that a Parquet dictionary saves space. Elsewhere it costs time and
/// saves nothing.
pub(crate) fn repeats(name: &str) -> bool {
    let is_of_change = FIELDS.iter().any(|field| field.name() == name);
    is_of_change || contacts::find(name).is_some_and(|column| column.repeats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_change_come_before_those_of_the_contact() {
        let leaves = ["change_type", "seen_by", "id", "contact_owner.id", "extra", contacts::CONTACTS];
        let ranks: Vec<_> = leaves.iter().map(|leaf| rank(leaf).unwrap()).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
        assert_eq!((rank("x"), repeats("change_type"), repeats("email")), (None, true, false));
        assert!(change_fields().iter().all(|field| about(field.name()).is_some()) && about("x").is_none());
        assert!(contacts::schema().fields().iter().all(|field| !FIELDS.iter().any(|of| of.name() == field.name())));
    }
}
