//! New rows into a table that has older ones: updated where the key is there, inserted where it is not.

/// What a file says of itself that loads a table.
pub(super) fn purpose(table: &str, key: &str) -> String {
    format!(
        "-- Brings the export into the table {table}: rows are updated by {key}, and inserted where there is none.\n"
    )
}

/// Says when rows that an export has no more may go from the table.
pub(super) const DELETES: &str = "\
-- Deletes, switched off. What the export has no more was deleted in Linq only if the manifest's completeness.level is
-- complete or snapshot: below that, rows may merely be missing. Then take away the dashes before:
";

/// Where the deletes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deletes {
    /// In the `MERGE`, as `WHEN NOT MATCHED BY SOURCE`; switched off.
    BySource,
    /// In a statement of their own, for dialects without that: see [`deletes`].
    Apart,
}

/// The `MERGE` of one table into another.
pub(super) fn merge(target: &str, source: &str, key: &str, names: &[&str], deletes: Deletes) -> String {
    let others: Vec<_> = names.iter().filter(|name| **name != key).map(|name| format!("{name} = s.{name}")).collect();
    // A table of the key alone has nothing to update.
    let update = if others.is_empty() {
        String::new()
    } else {
        format!("WHEN MATCHED THEN UPDATE SET\n  {}\n", others.join(",\n  "))
    };
    let values: Vec<_> = names.iter().map(|name| format!("s.{name}")).collect();
    let deletes = match deletes {
        Deletes::BySource => format!("{DELETES}-- WHEN NOT MATCHED BY SOURCE THEN DELETE\n"),
        Deletes::Apart => String::new(),
    };
    format!(
        "MERGE INTO {target} AS t\n\
         USING {source} AS s\n\
         ON t.{key} = s.{key}\n\
         {update}\
         WHEN NOT MATCHED THEN INSERT ({})\n  VALUES ({})\n\
         {deletes};\n",
        names.join(", "),
        values.join(", ")
    )
}

/// A statement of its own for the deletes, switched off.
pub(super) fn deletes(target: &str, source: &str, key: &str) -> String {
    format!("{DELETES}-- DELETE FROM {target} WHERE {key} NOT IN (SELECT {key} FROM {source});\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_columns_but_the_key_are_updated_and_deletes_are_off() {
        let text = merge("a", "b", "id", &["id", "x", "y"], Deletes::BySource);
        assert!(text.starts_with("MERGE INTO a AS t\nUSING b AS s\nON t.id = s.id\nWHEN MATCHED THEN UPDATE SET\n"));
        assert!(text.contains("SET\n  x = s.x,\n  y = s.y\nWHEN NOT MATCHED THEN INSERT (id, x, y)\n"));
        assert!(
            text.contains("complete or snapshot") && text.ends_with("\n-- WHEN NOT MATCHED BY SOURCE THEN DELETE\n;\n")
        );
        assert!(!merge("a", "b", "id", &["id"], Deletes::Apart).contains("UPDATE"));
        assert!(deletes("a", "b", "id").ends_with("\n-- DELETE FROM a WHERE id NOT IN (SELECT id FROM b);\n"));
    }
}
