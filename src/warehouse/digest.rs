//! The digest of a loaded table, computed by the engine that holds it, against the one that the export came to.
//!
//! How the text of a row is made is in [`crate::digest`]. The engines differ in the names of functions alone, so there
//! is one statement with an engine's spellings in it. No engine's SQL has a literal as wide as the sum: it is cast from
//! text.

use super::columns::{Kind, Leaf};
use crate::digest::ContentDigest;

/// How an engine spells what the digest needs.
pub(super) struct Spelling {
    /// A leaf as the engine reaches it.
    pub leaf: fn(&Leaf) -> String,
    /// The decimal text of an integer.
    pub integer: fn(&str) -> String,
    /// The decimal text of an instant's microseconds since 1970, exact also before it.
    pub instant: fn(&str) -> String,
    /// Length in bytes, `:` and text, or `-` for null. The length never counts characters.
    pub field: fn(&str) -> String,
    /// The first 15 hexadecimal digits of a text's SHA-256, as an integer.
    pub number: fn(&str) -> String,
    /// A type that the sum of all rows fits into.
    pub wide: &'static str,
    /// The name of the type of text.
    pub text: &'static str,
}

impl Spelling {
    /// A file with the statement. `read` follows the table's name where it is read from.
    pub fn file(&self, table: &str, read: &str, leaves: &[Leaf], exported: ContentDigest) -> String {
        format!(
            "-- Is the table {table} what was exported? One row says: equal, or which of count and sum differs.\n\
             -- Rows that the table has kept from older exports count, too: delete them first, or compare a fresh \
             table.\n\n{}",
            self.statement(&format!("{table}{read}"), leaves, exported)
        )
    }

    /// The statement. It gives one row with one column, `verdict`.
    fn statement(&self, table: &str, leaves: &[Leaf], exported: ContentDigest) -> String {
        let fields: Vec<_> = leaves
            .iter()
            .map(|leaf| {
                let value = (self.leaf)(leaf);
                (self.field)(&match leaf.kind {
                    Kind::Integer => (self.integer)(&value),
                    Kind::Instant => (self.instant)(&value),
                    Kind::Text | Kind::Struct(_) => value,
                })
            })
            .collect();
        let text = match fields.as_slice() {
            [field] => field.clone(),
            // One call rather than a chain of ||, whose depth Google's analyser cannot hand to its Python.
            fields => format!("CONCAT(\n      {}\n    )", fields.join(",\n      ")),
        };
        let ContentDigest { rows, sum } = exported;
        format!(
            "WITH numbers AS (\n  SELECT {number} AS number\n  FROM {table}\n),\n\
             found AS (\n  SELECT COUNT(*) AS row_count, \
             COALESCE(SUM(CAST(number AS {wide})), CAST('0' AS {wide})) AS row_sum\n  FROM numbers\n)\n\
             SELECT CASE\n  WHEN row_count <> {rows} THEN\n    \
             'the count differs: ' || CAST(row_count AS {text_type}) || ' in the table, {rows} exported'\n  \
             WHEN row_sum <> CAST('{sum}' AS {wide}) THEN\n    \
             'the sum differs: ' || CAST(row_sum AS {text_type}) || ' in the table, {sum} exported'\n  \
             ELSE 'equal'\nEND AS verdict\nFROM found;\n",
            number = (self.number)(&text),
            text_type = self.text,
            wide = self.wide,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::columns::{columns, leaves};
    use crate::warehouse::tests::nested;

    #[test]
    fn the_verdict_names_what_differs() {
        let spelling = Spelling {
            leaf: Leaf::dotted,
            integer: |value| format!("i({value})"),
            instant: |value| format!("t({value})"),
            field: |value| format!("f({value})"),
            number: |text| format!("n({text})"),
            wide: "WIDE",
            text: "TEXT",
        };
        let digest = ContentDigest { rows: 3, sum: u128::MAX };
        let sql = spelling.statement("c", &leaves(&columns(&nested())), digest);
        for line in [
            "  SELECT n(CONCAT(\n      f(i(id)),\n      f(first_name),\n",
            "      f(t(created_at)),\n      f(t(updated_at)),\n      f(i(contact_owner.id)),\n",
            "      f(i(contact_owner.id)),\n      f(contact_owner.email),\n",
            "      f(extra)\n    )) AS number\n  FROM c\n",
            "COALESCE(SUM(CAST(number AS WIDE)), CAST('0' AS WIDE)) AS row_sum",
            "WHEN row_count <> 3 THEN\n    'the count differs: ' || CAST(row_count AS TEXT)",
            "WHEN row_sum <> CAST('340282366920938463463374607431768211455' AS WIDE) THEN\n    'the sum differs: ' ||",
            "  ELSE 'equal'\nEND AS verdict\n",
        ] {
            assert!(sql.contains(line), "{line}\n{sql}");
        }
    }
}
