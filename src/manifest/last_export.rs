//! What the last export to the same output took, from its manifest.

use super::record::Manifest;
use crate::events::LastExport;

/// The last export; `None` if the manifest is damaged.
pub(crate) fn last_export(manifest: &[u8]) -> Option<LastExport> {
    let Manifest { times, contacts, file, parts, owners, .. } = Manifest::read(manifest).ok()?;
    let files = file.iter().chain(&parts).chain(owners.iter().map(|owners| &owners.file));
    Some(LastExport {
        finished_at: times.finished_at,
        contacts: contacts.rows,
        bytes: files.map(|file| file.bytes).sum(),
        seconds: times.seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{manifest_of, read_summary};
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_manifest() {
        let manifest = manifest_of(&read_summary());
        let last = last_export(manifest.text().unwrap().as_bytes()).unwrap();
        assert_eq!((last.contacts, last.seconds), (250, manifest.times.seconds));
        assert_eq!(last.bytes, manifest.file.unwrap().bytes);
        assert_eq!(last_export(b"{}"), None);
    }
}
