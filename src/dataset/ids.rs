//! The ids of contacts as the API sent them: JSON lines come in, ids go out, and nothing else is looked at.

use std::fmt;
use std::path::Path;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::ReadbackError;
use super::ndjson::refused;
use crate::format::read::Lines;

/// The ids of a file of raw contacts, one a line.
pub(crate) fn raw_ids(path: &Path) -> Result<Vec<i64>, ReadbackError> {
    let mut lines = Lines::open(path)?;
    let (mut line, mut ids) = (Vec::new(), Vec::new());
    while lines.read(&mut line)? {
        if !line.trim_ascii_start().starts_with(b"{") {
            // An array too has a first value, which serde would take for the id.
            return Err(lines.wrong("it is no JSON object"));
        }
        let Contact { id: Id(id) } = serde_json::from_slice(&line).map_err(|error| {
            // What serde says of data shows it.
            if error.is_data() { lines.wrong("it is no contact with an id") } else { refused(&lines, &line, &error) }
        })?;
        ids.push(id);
        line.clear();
    }
    Ok(ids)
}

#[derive(Deserialize)]
struct Contact {
    id: Id,
}

/// A number, or one in a text: the API's documentation has both.
struct Id(i64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }

    fn visit_i64<E: Error>(self, id: i64) -> Result<Id, E> {
        Ok(Id(id))
    }

    fn visit_u64<E: Error>(self, id: u64) -> Result<Id, E> {
        i64::try_from(id).map(Id).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, id: f64) -> Result<Id, E> {
        // serde_json takes the integer -0 for one.
        if id == 0.0 { Ok(Id(0)) } else { Err(E::custom("no integer")) }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        // As in the table, a plus is part of no id.
        let text = if text.starts_with('+') { "" } else { text };
        text.parse().map(Id).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_or_texts_of_one_and_no_line_is_without() {
        let read = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("raw");
            std::fs::write(&path, text).unwrap();
            raw_ids(&path)
        };
        assert_eq!(read("{\"id\":1,\"x\":{\"id\":[3]}}\n{\"id\":\"-2\"}\n").unwrap(), [1, -2]);
        // What the table takes for an id.
        assert_eq!(read("{\"id\":\"007\"}\n{\"id\":-0}\n{\"id\":\"-0\"}\n").unwrap(), [7, 0, 0]);
        for line in [
            "{}",
            "{\"id\":null}",
            "{\"id\":1.5}",
            "{\"id\":\"secret\"}",
            "{\"id\":\"+1\"}",
            "[1]",
            "",
            "{\"id\":1,\"id\":2}",
            "{\"id\":1",
        ] {
            let error = read(&format!("{{\"id\":1}}\n{line}\n")).unwrap_err().to_string();
            assert!(error.contains("line 2: ") && !error.contains("secret"), "{error}");
        }
    }
}
