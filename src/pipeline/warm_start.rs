//! What a run takes over from the previous one, whose manifest it replaces: the learned rate and the number of contacts.

use std::path::Path;

use chrono::Utc;

use crate::config::{ContactsConfig, ExportConfig, KnownRate, OnIncomplete, OnUnreadable, Pacing};
use crate::destination::partitions;
use crate::events::{Event, Reporter};
use crate::manifest::{self, Learned, contacts_in, learned_by};
use crate::naming::DirectoryNames;
use crate::proof::Require;
use crate::rate::starting_rate;

/// The rate that the previous run learned, by the manifest that the output replaces.
///
/// The manifest must have the same source and be younger than 30 days. A partition without a manifest takes that of its newest
/// sibling. A damaged manifest counts as none.
pub(super) fn learned_before(config: &ExportConfig) -> Option<Learned> {
    let manifest = config.output.manifest_path()?;
    let learned = |manifest: &Path| learned_by(&manifest::read_file(manifest).ok()?, config, Utc::now());
    learned(&manifest).or_else(|| {
        // A new partition has no manifest yet: use that of the newest one.
        let path = config.output.path().filter(|_| config.output.partition().is_some())?;
        let others = partitions(path).unwrap_or_default();
        let manifests = others.iter().map(|other| path.join(other.to_string()).join(DirectoryNames::MANIFEST));
        manifests.filter_map(|manifest| learned(&manifest)).max_by_key(|learned| learned.at)
    })
}

/// What the run starts with, by what an earlier one has learned, unless its rate is set. Says so if that makes a difference.
pub(super) fn start_with(pacing: Pacing, earlier: Option<Learned>, reporter: &dyn Reporter) -> Option<KnownRate> {
    let Pacing::Learn { known: None, ceiling } = pacing else { return None };
    let earlier = earlier?;
    let start = earlier.start(Utc::now());
    let rate = starting_rate(ceiling, start);
    if rate != starting_rate(ceiling, None) {
        reporter.report(&Event::StartingRate { rate, learned: earlier.at });
    }
    start
}

/// The contacts in the export that is replaced; `None` if its manifest does not tell, or if this run has a limit.
pub(super) fn contacts_before(config: &ExportConfig, reporter: &dyn Reporter) -> Option<u64> {
    let manifest = config.output.manifest_path().filter(|_| config.contacts.limit.is_none())?;
    contacts_in(&manifest::read_file(&manifest).ok()?).unwrap_or_else(|error| {
        reporter.report(&Event::NoMeasure { cause: format!("{}: {error}", manifest.display()) });
        None
    })
}

/// The configuration for reading: starts at the learned rate, and re-reads page 1 if it counts fewer than `least` contacts.
pub(super) fn with_start(config: &ExportConfig, start: Option<KnownRate>, least: u64) -> ContactsConfig {
    let mut contacts = config.contacts.clone();
    if config.on_incomplete == OnIncomplete::Publish || config.contacts.required() == Require::Any {
        contacts.on_unreadable = OnUnreadable::Skip;
    }
    contacts.second_look.below = contacts.second_look.below.max(least);
    if let Pacing::Learn { known: known @ None, .. } = &mut contacts.pacing {
        *known = start;
    }
    contacts
}
