//! The rate that a run starts with, when the one before has learned how much the server bears.

use std::fs;

use chrono::Utc;

use crate::config::{ContactsConfig, ExportConfig, Output, Pacing, Rate};
use crate::manifest::rate_of;
use crate::sink::Names;

/// Nine tenths of the rate that the run before learned, if its manifest stands beside the target, is of
/// the same source, and is younger than 30 days.
///
/// None is the answer to anything else, a damaged manifest included: this is a hint. [`export`](crate::export)
/// asks for itself where [`Pacing::Learn`] knows nothing.
#[must_use]
pub fn starting_rate(config: &ExportConfig) -> Option<Rate> {
    let Output::File(path) = &config.output else { return None };
    let manifest = fs::read(Names::of(path).ok()?.manifest).ok()?;
    rate_of(&manifest, config, Utc::now())
}

/// How to read, with that rate.
pub(super) fn with_starting_rate(config: &ExportConfig) -> ContactsConfig {
    let mut contacts = config.contacts.clone();
    if let Pacing::Learn { known: known @ None, .. } = &mut contacts.pacing {
        *known = starting_rate(config);
    }
    contacts
}
