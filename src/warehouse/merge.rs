//! Upserts: `MERGE` of an export into the table, with or without deletes, or of changes, with their deletes.

use super::input::Missing;

/// The first comment of a script that loads a table.
pub(super) fn purpose(table: &str, key: &str) -> String {
    format!("-- Upserts the export into {table}, by {key}.\n")
}

/// Says when it is safe to delete the rows that an export no longer has.
pub(super) const DELETES: &str = "\
-- Deletes are commented out. Rows missing from the export were deleted in Linq only if completeness.level in the manifest
-- is complete or snapshot; below that, the export itself may lack them. To enable them, uncomment this line:
";

/// Says why rows are deleted.
pub(super) const DELETED: &str =
    "-- Deletes the rows missing from the export: its level proves that they were deleted in Linq.\n";

impl Missing {
    /// The line that deletes, commented out unless it is meant to run.
    fn line(self, delete: &str) -> String {
        match self {
            Self::Kept => format!("{DELETES}-- {delete}\n"),
            Self::Deleted => format!("{DELETED}{delete}\n"),
        }
    }
}

/// How a script deletes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deletes {
    /// In the `MERGE`, as `WHEN NOT MATCHED BY SOURCE`.
    BySource(Missing),
    /// In a separate statement, for dialects without that clause: see [`deletes`].
    Separate,
    /// Rows whose `change_type` is `delete`: see [`effective`].
    Marked,
}

/// The first comment of a script that applies changes.
pub(super) fn applies(table: &str, key: &str) -> String {
    format!(
        "-- Applies the changes between two exports to {table}, by {key}. The table must hold the old export.\n\
         -- A second run changes nothing. Contacts are deleted only if that is proven: missing ones stay.\n"
    )
}

/// What a check at the end of a script is for.
pub(super) const MUST_BE_NEW: &str = "-- Fails unless the contents are now those of the new export.\n";

/// The same for what a table is loaded from.
pub(super) const MUST_BE_LOADED: &str = "-- Fails unless exactly the export was loaded.\n";

/// The changes that add or replace a contact.
pub(super) const UPSERTS: &str = "change_type IN ('insert', 'update_postimage')";
/// The changes that remove a contact. `missing` is not one of them.
pub(super) const REMOVALS: &str = "change_type = 'delete'";
/// The changes that have an effect on a table: neither preimages nor missing contacts.
pub(super) const EFFECTIVE: &str = "change_type IN ('insert', 'update_postimage', 'delete')";

/// What a check is for that comes before the changes are applied.
pub(super) const WILL_BE_NEW: &str =
    "-- Stops here, before anything is changed, unless the result will be the contents of the new export.\n";

/// What a table holds after the changes were applied to it, as a source for queries.
pub(super) fn result(table: &str, source: &str, names: &[&str]) -> String {
    let list = names.join(", ");
    format!(
        "(\n    SELECT {list}\n    FROM {table}\n    WHERE id NOT IN (SELECT id FROM {source} WHERE {EFFECTIVE})\n    \
         UNION ALL\n    SELECT {list}\n    FROM {source}\n    WHERE {UPSERTS}\n  ) AS result"
    )
}

/// The source of a `MERGE` that applies changes.
pub(super) fn effective(source: &str, names: &[&str]) -> String {
    format!("(\n  SELECT change_type, {}\n  FROM {source}\n  WHERE {EFFECTIVE}\n)", names.join(", "))
}

/// The `MERGE` of one table into another.
pub(super) fn merge(target: &str, source: &str, key: &str, names: &[&str], deletes: Deletes) -> String {
    let others: Vec<_> = names.iter().filter(|name| **name != key).map(|name| format!("{name} = s.{name}")).collect();
    // A table with only the key has nothing to update.
    let update = if others.is_empty() {
        String::new()
    } else {
        format!("WHEN MATCHED THEN UPDATE SET\n  {}\n", others.join(",\n  "))
    };
    let values: Vec<_> = names.iter().map(|name| format!("s.{name}")).collect();
    let by_source = match deletes {
        Deletes::BySource(missing) => missing.line("WHEN NOT MATCHED BY SOURCE THEN DELETE"),
        Deletes::Separate | Deletes::Marked => String::new(),
    };
    let (removal, unless_removed) = match deletes {
        Deletes::Marked => (format!("WHEN MATCHED AND s.{REMOVALS} THEN DELETE\n"), " AND s.change_type <> 'delete'"),
        Deletes::BySource(_) | Deletes::Separate => (String::new(), ""),
    };
    format!(
        "MERGE INTO {target} AS t\n\
         USING {source} AS s\n\
         ON t.{key} = s.{key}\n\
         {removal}\
         {update}\
         WHEN NOT MATCHED{unless_removed} THEN INSERT ({})\n  VALUES ({})\n\
         {by_source};\n",
        names.join(", "),
        values.join(", ")
    )
}

/// A separate `DELETE`.
pub(super) fn deletes(target: &str, source: &str, key: &str, missing: Missing) -> String {
    missing.line(&format!("DELETE FROM {target} WHERE {key} NOT IN (SELECT {key} FROM {source});"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_columns_but_the_key_are_updated_and_deletes_are_off() {
        let text = merge("a", "b", "id", &["id", "x", "y"], Deletes::BySource(Missing::Kept));
        assert!(text.starts_with("MERGE INTO a AS t\nUSING b AS s\nON t.id = s.id\nWHEN MATCHED THEN UPDATE SET\n"));
        assert!(text.contains("SET\n  x = s.x,\n  y = s.y\nWHEN NOT MATCHED THEN INSERT (id, x, y)\n"));
        assert!(
            text.contains("complete or snapshot") && text.ends_with("\n-- WHEN NOT MATCHED BY SOURCE THEN DELETE\n;\n")
        );
        assert!(!merge("a", "b", "id", &["id"], Deletes::Separate).contains("UPDATE"));
        let text = merge("a", &effective("b", &["id", "x"]), "id", &["id", "x"], Deletes::Marked);
        assert!(text.starts_with(
            "MERGE INTO a AS t\nUSING (\n  SELECT change_type, id, x\n  FROM b\n  WHERE change_type IN ('insert', \
             'update_postimage', 'delete')\n) AS s\nON t.id = s.id\nWHEN MATCHED AND s.change_type = 'delete' THEN DELETE\n\
             WHEN MATCHED THEN UPDATE SET\n  x = s.x\nWHEN NOT MATCHED AND s.change_type <> 'delete' THEN INSERT (id, x)\n"
        ));
        assert!(
            deletes("a", "b", "id", Missing::Kept)
                .ends_with("\n-- DELETE FROM a WHERE id NOT IN (SELECT id FROM b);\n")
        );
        let text = merge("a", "b", "id", &["id", "x"], Deletes::BySource(Missing::Deleted));
        assert!(text.ends_with("in Linq.\nWHEN NOT MATCHED BY SOURCE THEN DELETE\n;\n"), "{text}");
        let text = deletes("a", "b", "id", Missing::Deleted);
        assert!(text.ends_with("in Linq.\nDELETE FROM a WHERE id NOT IN (SELECT id FROM b);\n"), "{text}");
    }
}
