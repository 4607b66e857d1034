//! The number of contacts in an export that is about to be replaced, from its manifest.

use super::record::{Manifest, ManifestError};
use crate::proof::Level;

/// The number of contacts; `None` if some are known to be missing, which makes it useless for comparison.
pub(crate) fn contacts_in(manifest: &[u8]) -> Result<Option<u64>, ManifestError> {
    let manifest = Manifest::read(manifest)?;
    let is_incomplete = manifest.completeness.level == Level::Incomplete.to_string();
    Ok((!is_incomplete).then_some(manifest.contacts.rows))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{manifest_of, read_summary};
    use super::*;
    use crate::events::ReadSummary;
    use crate::proof::Certificate;

    #[test]
    fn incomplete_exports_are_not_compared() {
        let contacts = |read: &ReadSummary| contacts_in(manifest_of(read).text().unwrap().as_bytes());
        assert_eq!(contacts(&read_summary()), Ok(Some(250)));
        let certificate = Certificate { level: Level::Incomplete, ..Certificate::default() };
        assert_eq!(contacts(&ReadSummary { certificate, ..read_summary() }), Ok(None));
        assert_eq!(contacts_in(b"{}"), Err(ManifestError::Damaged));
    }
}
