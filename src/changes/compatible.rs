//! Whether two exports can be compared: the same organization, the same columns, and the new one after the old one.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::error::{ChangesError, shown_source};
use super::options::{ChangesOptions, Token};
use super::side::Side;
use crate::manifest::{ColumnRecord, Manifest};
use crate::resource::ID;
use crate::text::sanitize::escape;

/// The resolution of a server's clock in HTTP headers.
const CLOCK: TimeDelta = TimeDelta::seconds(1);

/// Refuses exports whose differences would not be changes.
pub(super) fn check(old: &Side, new: &Side, options: ChangesOptions) -> Result<(), ChangesError> {
    let paths = || (old.rows.path.clone(), new.rows.path.clone());
    source(old, new, options.token)?;
    if let Some(reason) = other_columns(&old.manifest, &new.manifest) {
        let (old, new) = paths();
        return Err(ChangesError::Columns { old, new, reason });
    }
    if is_before(new, old) {
        let (old, new) = paths();
        return Err(ChangesError::Reversed { old, new });
    }
    if !options.require.is_met_by(new.level) {
        let (path, reasons) = (new.rows.path.clone(), new.reasons.clone());
        return Err(ChangesError::Below { path, level: new.level, required: options.require, reasons });
    }
    Ok(())
}

fn source(old: &Side, new: &Side, token: Token) -> Result<(), ChangesError> {
    let (before, after) = (&old.manifest.source, &new.manifest.source);
    let (old, new) = (old.rows.path.clone(), new.rows.path.clone());
    if before.base_url != after.base_url {
        let [old_url, new_url] = [before, after].map(|source| shown_source(&source.base_url));
        return Err(ChangesError::Source { old, old_url, new, new_url });
    }
    if before.organization != after.organization && token == Token::Same {
        return Err(ChangesError::Token { old, new });
    }
    Ok(())
}

/// How the columns differ, if they do: their names, or what their values were hashed with.
fn other_columns(old: &Manifest, new: &Manifest) -> Option<String> {
    let names = |manifest: &Manifest| -> BTreeSet<String> {
        manifest.schema.columns.iter().map(|column| column.name.clone()).collect()
    };
    let (before, after) = (names(old), names(new));
    let only: Vec<_> = [("old", before.difference(&after)), ("new", after.difference(&before))]
        .into_iter()
        .filter_map(|(which, names)| {
            let names: Vec<_> = names.map(|name| escape(name)).collect();
            (!names.is_empty()).then(|| format!("only the {which} one has {}", names.join(", ")))
        })
        .collect();
    if !only.is_empty() {
        return Some(only.join("; "));
    }
    if !after.contains(ID) {
        return Some(format!("they have no {ID}"));
    }
    let differing = |pair: &(&ColumnRecord, &ColumnRecord)| pair.0 != pair.1;
    if let Some((column, _)) = old.schema.columns.iter().zip(&new.schema.columns).find(differing) {
        return Some(format!("{} differs in type or position", escape(&column.name)));
    }
    let hashed = |manifest: &Manifest| manifest.options.hmac_columns.iter().cloned().collect::<BTreeSet<_>>();
    let (before, after) = (hashed(old), hashed(new));
    let differ: Vec<_> = before.symmetric_difference(&after).map(|name| escape(name)).collect();
    if !differ.is_empty() {
        return Some(format!("only one of them has hashed {}", differ.join(", ")));
    }
    (!after.is_empty() && old.options.hmac_key != new.options.hmac_key).then(|| {
        format!("{} were hashed with another key", after.iter().map(|name| escape(name)).collect::<Vec<_>>().join(", "))
    })
}

/// Whether an export was begun before another. Watermarks tell it, but they may come from a server's clock, which shows whole
/// seconds.
fn is_before(one: &Side, other: &Side) -> bool {
    let started = |side: &Side| time(&side.manifest.times.started_at);
    match (watermark(one), watermark(other)) {
        (Some(before), Some(after)) if (after - before).abs() >= CLOCK => before < after,
        _ => started(one) < started(other),
    }
}

/// From when on changes are looked for. Manifests that were checked have one.
pub(super) fn watermark(side: &Side) -> Option<DateTime<Utc>> {
    time(&side.record.watermark)
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
}
