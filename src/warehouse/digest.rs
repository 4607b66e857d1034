//! SQL that computes the digest of a loaded table and compares it with the export's.
//!
//! [`crate::digest`] defines the text of a row. The engines differ only in the names of functions, so there is one
//! statement, filled in with each engine's spelling. The sum is cast from text, because no engine has a numeric literal
//! that wide.

use super::columns::{Kind, Leaf, leaves};
use super::input::{Missing, Table};
use super::merge::{MUST_BE_LOADED, MUST_BE_NEW};
use crate::digest::ContentDigest;

/// How an engine spells what the digest needs.
pub(super) struct Spelling {
    /// The expression for a leaf.
    pub leaf: fn(&Leaf) -> String,
    /// An integer as decimal text.
    pub integer: fn(&str) -> String,
    /// A timestamp's microseconds since 1970 as decimal text, also exact before 1970.
    pub timestamp: fn(&str) -> String,
    /// Length, `:` and text, or `-` for null. The length is in bytes, never in characters.
    pub field: fn(&str) -> String,
    /// The first 15 hexadecimal digits of a text's SHA-256, as an integer.
    pub number: fn(&str) -> String,
    /// A type wide enough for the sum of all rows.
    pub wide: &'static str,
    /// The name of the text type.
    pub text: &'static str,
    /// A text that fails when it is computed, with the verdict in the message if the engine allows that.
    pub fail: fn(&str) -> String,
}

impl Spelling {
    /// The file with the statement. `read` follows the table's name in FROM.
    pub fn file(&self, table: &str, read: &str, leaves: &[Leaf], exported: ContentDigest) -> String {
        format!(
            "-- Checks the loaded table {table}. Returns one row: equal, or whether the count or the sum differs.\n\
             -- Rows kept from earlier exports count, too: delete them first, or check a freshly created \
             table.\n\n{}",
            self.statement(&format!("{table}{read}"), leaves, exported)
        )
    }

    /// A statement that fails unless a table has this digest.
    pub fn require(&self, table: &str, leaves: &[Leaf], due: ContentDigest) -> String {
        format!(
            "SELECT CASE WHEN verdict = 'equal' THEN verdict ELSE {fail} END AS verdict\nFROM (\n{statement}) AS checked;\n",
            fail = (self.fail)("verdict"),
            statement = self.statement(table, leaves, due).replace(";\n", "\n"),
        )
    }

    /// A statement that fails unless exactly the export was loaded into a table: it must equal the export, or where rows may
    /// remain that are missing from the export, what was loaded.
    pub fn require_export(&self, table: &Table, source: &str) -> String {
        let leaves = leaves(&table.columns);
        match table.missing {
            Missing::Deleted => format!("{MUST_BE_NEW}{}", self.require(&table.name(), &leaves, table.digest)),
            Missing::Kept => format!("{MUST_BE_LOADED}{}", self.require(source, &leaves, table.digest)),
        }
    }

    /// The statement. It returns one row with one column, `verdict`.
    fn statement(&self, table: &str, leaves: &[Leaf], exported: ContentDigest) -> String {
        let fields: Vec<_> = leaves
            .iter()
            .map(|leaf| {
                let value = (self.leaf)(leaf);
                (self.field)(&match leaf.kind {
                    Kind::Integer => (self.integer)(&value),
                    Kind::Timestamp => (self.timestamp)(&value),
                    Kind::Text | Kind::Struct(_) => value,
                })
            })
            .collect();
        let text = match fields.as_slice() {
            [field] => field.clone(),
            // One call instead of a chain of ||, which nests too deeply for the Python API of Google's analyzer.
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
    use crate::warehouse::columns::columns;
    use crate::warehouse::tests::nested;

    #[test]
    fn the_verdict_says_what_differs() {
        let spelling = Spelling {
            leaf: Leaf::dotted,
            integer: |value| format!("i({value})"),
            timestamp: |value| format!("t({value})"),
            field: |value| format!("f({value})"),
            number: |text| format!("n({text})"),
            wide: "WIDE",
            text: "TEXT",
            fail: |verdict| format!("FAIL({verdict})"),
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
        let required = spelling.require("c", &leaves(&columns(&nested())), digest);
        assert!(required.starts_with(
            "SELECT CASE WHEN verdict = 'equal' THEN verdict ELSE FAIL(verdict) END AS verdict\nFROM (\nWITH numbers AS ("
        ));
        assert!(required.ends_with("END AS verdict\nFROM found\n) AS checked;\n"), "{required}");
    }
}
