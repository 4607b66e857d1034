//! The contacts of an export that is about to be replaced, by its manifest.

use serde::Deserialize;

use super::known::{KnownCompleteness, ManifestError, unsealed};
use crate::proof::Level;

#[derive(Deserialize)]
struct Replaced {
    contacts: Contacts,
    completeness: KnownCompleteness,
}

#[derive(Deserialize)]
struct Contacts {
    rows: u64,
}

/// How many contacts an export has; none where it is known to lack some, and so is no measure of a later one.
pub(crate) fn contacts_in(manifest: &[u8]) -> Result<Option<u64>, ManifestError> {
    let Replaced { contacts, completeness } = unsealed(manifest)?;
    Ok((completeness.level != Level::Incomplete.to_string()).then_some(contacts.rows))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{manifest_of, read_summary};
    use super::*;
    use crate::events::ReadSummary;
    use crate::proof::Certificate;

    #[test]
    fn an_export_that_lacks_contacts_is_no_measure() {
        let contacts = |read: &ReadSummary| contacts_in(manifest_of(read).text().unwrap().as_bytes());
        assert_eq!(contacts(&read_summary()), Ok(Some(250)));
        let certificate = Certificate { level: Level::Incomplete, ..Certificate::default() };
        assert_eq!(contacts(&ReadSummary { certificate, ..read_summary() }), Ok(None));
        assert_eq!(contacts_in(b"{}"), Err(ManifestError::Damaged));
    }
}
