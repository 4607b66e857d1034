//! `CREATE TABLE`, as far as the SQL dialects agree on it.

use super::columns::{Column, has_changes, key};
use super::quote::standard;

/// How a dialect creates a table.
pub(super) struct CreateTable {
    /// The name of the table, quoted.
    pub table: String,
    /// The type of a column.
    pub sql_type: fn(&Column) -> String,
    /// What follows the types of the key and of other columns that cannot be null.
    pub not_null: [&'static str; 2],
    /// The end of a column's line, such as its comment.
    pub description: fn(&Column) -> String,
    /// What follows the closing parenthesis.
    pub end: String,
}

impl CreateTable {
    /// The statement that creates the table unless it exists.
    pub fn statement(&self, columns: &[Column]) -> String {
        let [key_not_null, other_not_null] = self.not_null;
        let key = key(columns);
        let line = |column: &Column| {
            let null = match (column.nullable, column.name == key) {
                (true, _) => "",
                (false, true) => key_not_null,
                (false, false) => other_not_null,
            };
            format!("  {} {}{null}{}", column.name, (self.sql_type)(column), (self.description)(column))
        };
        let lines: Vec<_> = columns.iter().map(line).collect();
        format!("CREATE TABLE IF NOT EXISTS {} (\n{}\n){};\n", self.table, lines.join(",\n"), self.end)
    }
}

/// For [`CreateTable::not_null`], in dialects without a primary key.
pub(super) const NOT_NULL: [&str; 2] = [" NOT NULL", " NOT NULL"];

/// The columns with their types only, one per line.
pub(super) fn types(columns: &[Column], sql_type: impl Fn(&Column) -> String) -> String {
    let lines = columns.iter().map(|column| format!("  {} {}", column.name, sql_type(column)));
    lines.collect::<Vec<_>>().join(",\n")
}

/// The fields of a struct, each as the dialect writes it, separated by commas.
pub(super) fn fields(fields: &[Column], write: impl Fn(&Column) -> String) -> String {
    fields.iter().map(write).collect::<Vec<_>>().join(", ")
}

/// The comments of a table and its columns as separate statements: `DuckDB`, `PostgreSQL`.
pub(super) fn comments(table: &str, columns: &[Column]) -> String {
    let table_comment = format!("COMMENT ON TABLE {table} IS {};\n", standard(about_table(columns)));
    let column_comments = columns.iter().map(|column| {
        let about = standard(&column.about_with_fields());
        format!("COMMENT ON COLUMN {table}.{} IS {about};\n", column.name)
    });
    std::iter::once(table_comment).chain(column_comments).collect()
}

/// The comment of a table.
pub(super) fn about_table(columns: &[Column]) -> &'static str {
    if has_changes(columns) {
        "Changes of the contacts of a Linq organization, compared by linq-export"
    } else if columns.iter().any(|column| column.name == crate::resource::CONTACTS) {
        "Owners of the contacts of a Linq organization, exported by linq-export"
    } else {
        "Contacts of a Linq organization, exported by linq-export"
    }
}
