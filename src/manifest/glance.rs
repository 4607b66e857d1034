//! What a manifest says at a glance, of one file or of the parts of a folder: its text comes in, and few facts go out.

use serde::Deserialize;

use super::known::{KnownCompleteness, KnownTimes, ManifestError, unsealed};
use crate::proof::Level;
use crate::text::sanitize::escape;

/// What someone who looks at a table wants to know of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glance {
    /// How sure it is that no contact is missing.
    pub level: String,
    /// When the run ended: RFC 3339.
    pub finished_at: String,
    /// Bytes of the file, or of all parts.
    pub bytes: u64,
    /// Bytes of the owners, where they are a table of their own.
    pub owners: Option<u64>,
}

#[derive(Deserialize)]
struct Glanced {
    completeness: KnownCompleteness,
    times: KnownTimes,
    file: Option<Size>,
    #[serde(default)]
    parts: Vec<Size>,
    owners: Option<Owners>,
}

#[derive(Deserialize)]
struct Owners {
    file: Option<Size>,
}

#[derive(Deserialize)]
struct Size {
    bytes: u64,
}

impl Glance {
    /// Reads a manifest.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let Glanced { completeness, times, file, parts, owners } = unsealed(bytes)?;
        let bytes = file.iter().chain(&parts).fold(0, |bytes: u64, size| bytes.saturating_add(size.bytes));
        let level = completeness.level;
        if Level::named(&level).is_none() {
            return Err(ManifestError::UnknownLevel { found: escape(&level) });
        }
        Ok(Self {
            level,
            finished_at: times.finished_at,
            bytes,
            owners: owners.and_then(|owners| owners.file).map(|file| file.bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::seal::seal;
    use super::*;

    #[test]
    fn one_file_and_many_are_added_up() {
        let glance = |rest: &str| {
            let text = format!(
                "{{\"format_version\":1,\"completeness\":{{\"level\":\"counted\"}},\"times\":{{\"finished_at\":\"t\"}}{rest}}}"
            );
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            Glance::read(seal(&value).unwrap().as_bytes()).unwrap()
        };
        let due = Glance { level: "counted".to_owned(), finished_at: "t".to_owned(), bytes: 7, owners: None };
        assert_eq!(glance(r#","file":{"bytes":7},"parts":[]"#), due);
        assert_eq!(glance(r#","file":{"bytes":7}"#), due);
        assert_eq!(glance(r#","file":null,"parts":[{"bytes":3},{"bytes":4}]"#), due);
        assert_eq!(Glance::read(b"{}"), Err(ManifestError::Damaged));
    }
}
