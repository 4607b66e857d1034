//! The manifest beside a table: a path comes in, what it says of the run goes out, and whether it can be of this table.
//!
//! Sizes alone are compared: the full check is that of [`verify`](crate::verify).

use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;

use crate::manifest::{Glance, contacts_of, read_file};
use crate::naming;

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ManifestFacts {
    /// Where it is.
    pub path: String,
    /// How sure it is that no contact is missing; nothing where it cannot be read.
    pub level: Option<String>,
    /// When the run ended: RFC 3339; nothing where it cannot be read.
    pub finished_at: Option<String>,
    /// The contacts that it is of, where the table is that of their owners.
    pub owners_of: Option<String>,
    /// Why it is not of this table, or cannot be read; nothing where neither was found.
    pub problem: Option<String>,
}

/// The manifest of a file or folder of so many bytes, if there is one.
pub(super) fn read(path: &Path, bytes: u64) -> Option<ManifestFacts> {
    let own = naming::manifest_of(path).ok()?;
    let (contacts, manifest) = match contacts_of(path).filter(|_| !own.exists()) {
        Some((contacts, manifest)) => (Some(contacts), manifest),
        None => (None, own),
    };
    let mut facts = ManifestFacts {
        path: manifest.display().to_string(),
        level: None,
        finished_at: None,
        owners_of: contacts.map(|contacts| contacts.display().to_string()),
        problem: None,
    };
    let text = match read_file(&manifest) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(ManifestFacts { problem: Some(format!("cannot read it: {error}")), ..facts }),
    };
    match Glance::read(&text) {
        Ok(glance) => {
            facts.level = Some(glance.level);
            facts.finished_at = Some(glance.finished_at);
            let due = if facts.owners_of.is_some() { glance.owners.unwrap_or(0) } else { glance.bytes };
            facts.problem = (due != bytes).then(|| format!("it is of {due} bytes, and there are {bytes}"));
        }
        Err(error) => facts.problem = Some(error.to_string()),
    }
    Some(facts)
}
