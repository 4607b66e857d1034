//! Upserts: `MERGE` into the table, with the deletes commented out.

/// The first comment of a script that loads a table.
pub(super) fn purpose(table: &str, key: &str) -> String {
    format!("-- Upserts the export into {table}, by {key}.\n")
}

/// Says when it is safe to delete the rows that an export no longer has.
pub(super) const DELETES: &str = "\
-- Deletes are commented out. Rows missing from the export were deleted in Linq only if completeness.level in the manifest
-- is complete or snapshot; below that, the export itself may lack them. To enable them, uncomment this line:
";

/// How a script deletes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deletes {
    /// In the `MERGE`, as `WHEN NOT MATCHED BY SOURCE`, commented out.
    BySource,
    /// In a separate statement, for dialects without that clause: see [`deletes`].
    Separate,
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
    let deletes = match deletes {
        Deletes::BySource => format!("{DELETES}-- WHEN NOT MATCHED BY SOURCE THEN DELETE\n"),
        Deletes::Separate => String::new(),
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

/// A separate `DELETE`, commented out.
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
        assert!(!merge("a", "b", "id", &["id"], Deletes::Separate).contains("UPDATE"));
        assert!(deletes("a", "b", "id").ends_with("\n-- DELETE FROM a WHERE id NOT IN (SELECT id FROM b);\n"));
    }
}
