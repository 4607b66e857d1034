//! Exports made with `--raw`: one contact per line as the API sent it, without a table.

use std::path::{Path, PathBuf};

use super::error::ReadbackError;
use super::parts::Parts;
use crate::config::Codec;
use crate::decode::{Kind, Scanner, integer};
use crate::format::{FormatError, Lines};
use crate::manifest::{self, Manifest};
use crate::naming;
use crate::resource::ID;

/// A summary of a raw export.
#[derive(Debug)]
pub(crate) struct RawLines {
    pub files: Vec<PathBuf>,
    /// How the files are compressed, without repetitions.
    pub codecs: Vec<&'static str>,
    pub rows: u64,
}

/// Whether the manifest of a file or directory says that it is a raw export.
pub(super) fn is_raw(path: &Path) -> bool {
    let manifest = naming::manifest_of(path).and_then(|path| manifest::read_file(&path));
    manifest.is_ok_and(|text| Manifest::read(&text).is_ok_and(|known| known.options.raw))
}

/// Counts the contacts of a raw export.
pub(crate) fn raw_lines(path: &Path) -> Result<RawLines, ReadbackError> {
    let parts = Parts::of(path)?;
    let (mut codecs, mut rows) = (Vec::new(), 0);
    for file in &parts.files {
        let read = read(file);
        parts.check()?;
        let (codec, ids) = read?;
        if !codecs.contains(&codec.name()) {
            codecs.push(codec.name());
        }
        rows += ids.len() as u64;
    }
    Ok(RawLines { files: parts.files, codecs, rows })
}

/// The ids of a file of raw contacts.
pub(crate) fn raw_ids(path: &Path) -> Result<Vec<i64>, ReadbackError> {
    Ok(read(path)?.1)
}

fn read(path: &Path) -> Result<(Codec, Vec<i64>), ReadbackError> {
    read_ids(path).map_err(|error| ReadbackError::of(path, error))
}

fn read_ids(path: &Path) -> Result<(Codec, Vec<i64>), FormatError> {
    let mut lines = Lines::open(path)?;
    let (mut line, mut ids) = (Vec::new(), Vec::new());
    while lines.read(&mut line)? {
        ids.push(id_of(&line).map_err(|error| lines.error(error))?);
        line.clear();
    }
    Ok((lines.codec, ids))
}

/// The id of a raw contact, which must have exactly one. Nothing else in it is checked beyond its syntax.
fn id_of(line: &[u8]) -> Result<i64, FormatError> {
    let mut scanner = Scanner::new(line);
    let refused = || FormatError::malformed("not a contact with an id");
    if scanner.peek()? != Kind::Object {
        return Err(refused());
    }
    let (mut id, mut ids) = (None, 0);
    scanner.object(|scanner, key| {
        let value = scanner.value()?;
        if key.text().is_some_and(|key| key.text == ID) {
            id = integer(value).map(|integer| integer.number);
            ids += 1;
        }
        Ok::<_, FormatError>(())
    })?;
    scanner.end()?;
    id.filter(|_| ids == 1).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ids_as_numbers_or_strings() {
        let read = |text: &str| {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("raw");
            std::fs::write(&path, text).unwrap();
            raw_ids(&path)
        };
        assert_eq!(read("{\"id\":1,\"x\":{\"id\":[3]}}\n{\"id\":\"-2\"}\n").unwrap(), [1, -2]);
        // As the table reads ids.
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
