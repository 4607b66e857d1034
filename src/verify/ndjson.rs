//! Columns and ids of an NDJSON file, line by line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use super::Content;
use crate::manifest::ColumnRecord;

/// Reads what is compared. No value is shown in what it says.
pub(super) fn read(file: &Path, due: &[ColumnRecord]) -> Result<Content, String> {
    let lines = BufReader::new(File::open(file).map_err(|error| error.to_string())?).lines();
    let mut ids = Vec::new();
    for (number, line) in (1..).zip(lines) {
        let line = line.map_err(|error| format!("line {number}: {error}"))?;
        let row: Map<String, Value> =
            serde_json::from_str(&line).map_err(|_| format!("line {number} is no JSON object"))?;
        if let Err(reason) = differs(&row, due) {
            return Ok(Content { columns: Err(format!("line {number}: {reason}")), ids });
        }
        ids.push(row.get("id").and_then(Value::as_i64).ok_or_else(|| format!("line {number} has no id"))?);
    }
    Ok(Content { columns: Ok(()), ids })
}

/// The first difference between a row and the columns due.
fn differs(row: &Map<String, Value>, due: &[ColumnRecord]) -> Result<(), String> {
    for column in due {
        let fits = match row.get(&column.name) {
            None => return Err(format!("{} is missing", column.name)),
            Some(Value::Null) => column.nullable,
            Some(value) => value.is_i64() == (column.kind == "int64") && (value.is_i64() || value.is_string()),
        };
        if !fits {
            return Err(format!("{} is no {}", column.name, column.kind));
        }
    }
    if row.len() == due.len() { Ok(()) } else { Err(format!("{} keys instead of {}", row.len(), due.len())) }
}
