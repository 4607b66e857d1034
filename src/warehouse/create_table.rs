//! What the data definitions of the SQL dialects have in common.

use super::columns::{Column, key};
use super::quote::standard;

/// How a dialect describes a table.
pub(super) struct CreateTable {
    /// The name of the table, quoted.
    pub table: String,
    /// The type of a column.
    pub of: fn(&Column) -> String,
    /// What follows the types of the key, and of other columns that are never null.
    pub never_null: [&'static str; 2],
    /// The end of a column's line, such as its comment.
    pub described: fn(&Column) -> String,
    /// What stands behind the closing parenthesis.
    pub end: String,
}

impl CreateTable {
    /// The statement that makes the table unless it is there.
    pub fn create(&self, columns: &[Column]) -> String {
        let [of_key, of_others] = self.never_null;
        let key = key(columns);
        let line = |column: &Column| {
            let null = match (column.nullable, column.name == key) {
                (true, _) => "",
                (false, true) => of_key,
                (false, false) => of_others,
            };
            format!("  {} {}{null}{}", column.name, (self.of)(column), (self.described)(column))
        };
        let lines: Vec<_> = columns.iter().map(line).collect();
        format!("CREATE TABLE IF NOT EXISTS {} (\n{}\n){};\n", self.table, lines.join(",\n"), self.end)
    }
}

/// For [`CreateTable::never_null`], where a key is no more than that.
pub(super) const NOT_NULL: [&str; 2] = [" NOT NULL", " NOT NULL"];

/// The fields of a struct, each as the dialect writes it, with commas between.
pub(super) fn fields(fields: &[Column], write: impl Fn(&Column) -> String) -> String {
    fields.iter().map(write).collect::<Vec<_>>().join(", ")
}

/// The comments of a table and its columns as statements of their own: `DuckDB`, `PostgreSQL`.
pub(super) fn comments(table: &str, columns: &[Column]) -> String {
    let own = format!("COMMENT ON TABLE {table} IS {};\n", standard(about_table(columns)));
    let others = columns.iter().map(|column| {
        let about = standard(&column.about_with_fields());
        format!("COMMENT ON COLUMN {table}.{} IS {about};\n", column.name)
    });
    std::iter::once(own).chain(others).collect()
}

/// What the comment of a table says.
pub(super) fn about_table(columns: &[Column]) -> &'static str {
    if columns.iter().any(|column| column.name == crate::resource::CONTACTS) {
        "The users of a Linq organisation who own contacts, by linq-export"
    } else {
        "The contacts of a Linq organisation, by linq-export"
    }
}
