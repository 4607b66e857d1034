//! What a run takes from the one before, by the manifest of what it replaces: the rate to start with, and how many
//! contacts to expect.

use std::path::{Path, PathBuf};

use chrono::Utc;

use crate::config::{Below, ContactsConfig, ExportConfig, OnUnreadable, Output, Pacing, Rate};
use crate::destination::partitions;
use crate::events::{Event, Reporter};
use crate::manifest::{self, Learned, contacts_in, learned_by};
use crate::naming::{FolderNames, Names};
use crate::proof::Require;

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
    let manifest = manifest_of(config)?;
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

/// Where the manifest of what is replaced stands, if there is one.
fn manifest_of(config: &ExportConfig) -> Option<PathBuf> {
    let target = config.output.target()?;
    Some(match config.output {
        Output::Folder { .. } => FolderNames::of(&target).ok()?.manifest,
        _ => Names::of(&target).ok()?.manifest,
    })
}

/// Contacts of the export that is replaced; none where it is no measure, or this run is limited and so not measured.
pub(super) fn contacts_before(config: &ExportConfig, reporter: &dyn Reporter) -> Option<u64> {
    let manifest = manifest_of(config).filter(|_| config.contacts.limit.is_none())?;
    contacts_in(&manifest::read_file(&manifest).ok()?).unwrap_or_else(|error| {
        reporter.report(&Event::NoMeasure { cause: format!("{}: {error}", manifest.display()) });
        None
    })
}

/// How to read, starting with what was learned before and doubting a list of less than `least` contacts.
pub(super) fn with_start(config: &ExportConfig, earlier: Option<Learned>, least: u64) -> ContactsConfig {
    let mut contacts = config.contacts.clone();
    if config.below == Below::Publish || config.contacts.required() == Require::Any {
        contacts.on_unreadable = OnUnreadable::Skip;
    }
    contacts.second_look.below = contacts.second_look.below.max(least);
    if let Pacing::Learn { known: known @ None, .. } = &mut contacts.pacing {
        *known = earlier.and_then(Learned::start);
    }
    contacts
}
