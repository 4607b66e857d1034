//! Apache Arrow, as the Python of pyarrow: the schema to give to readers that would guess, such as of NDJSON.

use super::columns::{Column, Kind};

/// The type of a column, with what stands at the end of a struct's fields.
pub(super) fn python_type(column: &Column, field_end: fn(&Column) -> String) -> String {
    match &column.kind {
        Kind::Integer => "pa.int64()".to_owned(),
        Kind::Text => "pa.string()".to_owned(),
        Kind::Instant => "pa.timestamp(\"us\", tz=\"UTC\")".to_owned(),
        Kind::Struct(inner) => {
            let fields: Vec<_> = inner.iter().map(|inner| field(inner, field_end)).collect();
            format!("pa.struct([\n        {},\n    ])", fields.join(",\n        "))
        }
    }
}

fn field(column: &Column, end: fn(&Column) -> String) -> String {
    format!("pa.field(\"{}\", {}{})", column.name, python_type(column, end), end(column))
}

fn described(column: &Column) -> String {
    let nullable = if column.nullable { "" } else { ", nullable=False" };
    // A text of JSON is one of Python.
    let about = serde_json::Value::from(column.about.as_str());
    format!("{nullable}, metadata={{\"description\": {about}}}")
}

/// Python's keywords, and what the library is called.
const TAKEN: [&str; 36] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pa", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The schema, in a variable named after the table.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let variable: String = table.chars().map(plain).collect();
    // A name of Python begins with no digit, and is none of its keywords.
    let before = if variable.starts_with(|first: char| first.is_ascii_digit()) { "_" } else { "" };
    let after = if TAKEN.contains(&variable.as_str()) { "_" } else { "" };
    let fields: Vec<_> = columns.iter().map(|column| format!("    {},\n", field(column, described))).collect();
    format!("import pyarrow as pa\n\n{before}{variable}{after} = pa.schema([\n{}])\n", fields.concat())
}
