//! The rate that a run starts with, when the one before has learned how much the server bears.

use std::path::Path;

use chrono::Utc;

use crate::config::{ContactsConfig, ExportConfig, Output, Pacing, Rate};
use crate::manifest::{self, Learned, learned_by};
use crate::sink::{FolderNames, Names, partitions};

/// Nine tenths of the rate that the run before learned, if its manifest stands beside the target or in it, is of
/// the same source, and is younger than 30 days. A partition without one has that of its newest sibling.
///
/// None is the answer to anything else, a damaged manifest included: this is a hint. [`export`](crate::export)
/// asks for itself where [`Pacing::Learn`] knows nothing.
#[must_use]
pub fn starting_rate(config: &ExportConfig) -> Option<Rate> {
    learned_before(config)?.start()
}

/// What a run before has learned, by the manifest of the target; nothing where the rate is given.
pub(super) fn learned_before(config: &ExportConfig) -> Option<Learned> {
    let Pacing::Learn { known: None, .. } = config.contacts.pacing else { return None };
    let target = config.output.target()?;
    let manifest = match config.output {
        Output::Folder { .. } => FolderNames::of(&target).ok()?.manifest,
        _ => Names::of(&target).ok()?.manifest,
    };
    let learned = |manifest: &Path| learned_by(&manifest::read_file(manifest).ok()?, config, Utc::now());
    learned(&manifest).or_else(|| match &config.output {
        // A new night's partition has nothing yet: what the latest of the others learned counts.
        Output::Folder { path, partition: Some(_) } => {
            let others = partitions(path).unwrap_or_default();
            let manifests = others.iter().map(|other| path.join(other.to_string()).join(FolderNames::MANIFEST));
            manifests.filter_map(|manifest| learned(&manifest)).max_by_key(|learned| learned.at)
        }
        _ => None,
    })
}

/// How to read, starting with what was learned before.
pub(super) fn with_start(config: &ExportConfig, earlier: Option<Learned>) -> ContactsConfig {
    let mut contacts = config.contacts.clone();
    if let Pacing::Learn { known: known @ None, .. } = &mut contacts.pacing {
        *known = earlier.and_then(Learned::start);
    }
    contacts
}
