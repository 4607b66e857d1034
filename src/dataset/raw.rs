//! Contacts as the API sent them, which `--raw` writes: lines without a table, by what their manifest says.

use std::path::{Path, PathBuf};

use super::parts::Parts;
use super::{Lines, ReadbackError, raw_ids};
use crate::manifest::{self, Known};
use crate::naming;

/// What can be told of such lines.
#[derive(Debug)]
pub(crate) struct RawLines {
    pub files: Vec<PathBuf>,
    /// How the files are compressed, each way once.
    pub codecs: Vec<&'static str>,
    pub rows: u64,
}

/// Whether the manifest beside a file, or in a folder, says that it holds such lines.
pub(super) fn is_raw(path: &Path) -> bool {
    let manifest = naming::manifest_of(path).and_then(|path| manifest::read_file(&path));
    manifest.is_ok_and(|text| Known::read(&text).is_ok_and(|known| known.options.raw))
}

/// Counts them.
pub(crate) fn raw_lines(path: &Path) -> Result<RawLines, ReadbackError> {
    let parts = Parts::of(path)?;
    let (mut codecs, mut rows) = (Vec::new(), 0);
    for file in &parts.files {
        let read = Lines::open(file).and_then(|lines| Ok((lines.codec, raw_ids(file)?.len())));
        parts.check()?;
        let (codec, ids) = read?;
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
        rows += ids as u64;
    }
    Ok(RawLines { files: parts.files, codecs, rows })
}
