//! Checks a manifest against itself: numbers that must be equal, and a completeness level that its evidence allows.
//!
//! The checksum shows that nothing was changed since, but anyone can compute one. Every rule here holds for whatever this
//! program writes. Whether the files match the manifest is checked by [`verify`](crate::verify).

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::file_names::names;
use super::reasons::{doubts_totals, highest, orders};
use super::record::{
    AssumptionRecord, CompletenessRecord, ContactsRecord, ContinuityRecord, Manifest, ManifestError, OwnersRecord,
    RequestsRecord, RunRecord, timestamp,
};
use crate::proof::{Assumption, Level};
use crate::text::sanitize::escape;

/// Contacts by which a list of any size may grow and shrink again during a run without the totals showing it.
const UNSEEN_CHURN: u64 = 1_000;

/// What a manifest claims of an export, once it does not contradict itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The level of completeness.
    pub level: Level,
    /// Why the level is not higher, sanitized.
    pub reasons: Vec<String>,
    /// When the run ended: RFC 3339.
    pub finished_at: String,
}

/// A contradiction, in words.
pub(super) type Contradiction = String;

impl Claim {
    /// What a manifest claims.
    pub fn of(manifest: &Manifest) -> Result<Self, ManifestError> {
        let level = manifest.level()?;
        let assumptions = assumptions(&manifest.completeness.assumptions)?;
        let finished_at = check(manifest, level, &assumptions).map_err(ManifestError::Contradiction)?;
        let reasons = manifest.completeness.reasons.iter().map(|reason| escape(reason)).collect();
        Ok(Self { level, reasons, finished_at: timestamp(finished_at) })
    }
}

/// Makes all checks; returns when the run ended.
fn check(
    manifest: &Manifest,
    level: Level,
    assumptions: &BTreeSet<Assumption>,
) -> Result<DateTime<Utc>, Contradiction> {
    names(manifest.files(), manifest.owners_file(), !manifest.parts.is_empty())?;
    rows(manifest)?;
    requests(&manifest.run, &manifest.completeness)?;
    evidence(manifest, level, assumptions)?;
    total(manifest, level)?;
    manifest.continuity.as_ref().map_or(Ok(()), |continuity| accounts(continuity, manifest.contacts.rows))?;
    times(manifest)
}

/// Rows are stated for the contacts, their files and their digests.
fn rows(manifest: &Manifest) -> Result<(), Contradiction> {
    let Manifest { options, contacts: ContactsRecord { rows, owners, .. }, .. } = manifest;
    let in_files = manifest.files().fold(0, |sum: u64, file| sum.saturating_add(file.rows));
    equal("contacts.rows", *rows, "the rows of its files", in_files)?;
    if let Some(digest) = &manifest.digest {
        equal("digest.rows", digest.rows, "contacts.rows", *rows)?;
    }
    if let Some(OwnersRecord { rows, file, digest, .. }) = &manifest.owners {
        equal("owners.rows", *rows, "contacts.owners", *owners)?;
        equal("owners.file.rows", file.rows, "owners.rows", *rows)?;
        equal("owners.digest.rows", digest.as_ref().map_or(*rows, |digest| digest.rows), "owners.rows", *rows)?;
    }
    at_most("contacts.owners", *owners, "contacts.rows", *rows)?;
    at_most("contacts.rows", *rows, "options.limit", options.limit.unwrap_or(u64::MAX))?;
    let most = options.rows_per_file.unwrap_or(u64::MAX);
    manifest.parts.iter().try_for_each(|part| at_most("the rows of a part", part.rows, "options.rows_per_file", most))
}

/// Requests are stated by outcome and by purpose.
fn requests(run: &RunRecord, completeness: &CompletenessRecord) -> Result<(), Contradiction> {
    let RunRecord { pages, slowdowns, requests, .. } = run;
    let RequestsRecord { sent, pages: answered, rate_limited, unavailable, invalid_response, rejected } = *requests;
    equal("run.slowdowns", *slowdowns, "run.requests.rate_limited", rate_limited)?;
    // A 404 beyond the end of the list counts twice: as rejected and as an empty page.
    let failed = [rate_limited, unavailable, invalid_response, rejected].into_iter().fold(0, u64::saturating_add);
    at_most("the sum of failed requests", failed, "run.requests.sent", sent)?;
    at_most("run.requests.pages", answered, "run.requests.sent", sent)?;
    at_most("run.pages", *pages, "run.requests.pages", answered)?;
    let CompletenessRecord { responses, overlaps, repair_requests, verification_passes, .. } = *completeness;
    at_most("1 response", 1, "completeness.responses", responses)?;
    equal("completeness.responses", responses, "run.requests.pages", answered)?;
    at_most("completeness.overlaps", overlaps, "completeness.responses", responses)?;
    let again = repair_requests.saturating_add(verification_passes);
    at_most("the sum of repair requests and verification passes", again, "completeness.responses", responses)
}

/// The assumptions by their names, each with the status that it always has.
fn assumptions(records: &[AssumptionRecord]) -> Result<BTreeSet<Assumption>, ManifestError> {
    use Assumption::{Count, End, Entrance, Lasting, Order, Repeat, Slice};
    let mut named = BTreeSet::new();
    for AssumptionRecord { name, status, .. } in records {
        let known =
            [Slice, Order, End, Entrance, Count, Repeat, Lasting].into_iter().find(|known| known.name() == name);
        let known = known.ok_or_else(|| ManifestError::UnknownAssumption { found: escape(name) })?;
        let due = known.basis().to_string();
        if *status != due {
            let reason = format!("assumption {name} has the status \"{}\" instead of \"{due}\"", escape(status));
            return Err(ManifestError::Contradiction(reason));
        }
        named.insert(known);
    }
    Ok(named)
}

/// A proven level rests on assumptions and, with A2, on an order; reasons and limits exclude levels.
fn evidence(manifest: &Manifest, level: Level, assumptions: &BTreeSet<Assumption>) -> Result<(), Contradiction> {
    use Assumption::{Count, End, Entrance, Lasting, Order as Ordered, Slice};
    let CompletenessRecord { assumptions: records, reasons, order, .. } = &manifest.completeness;
    if (level >= Level::Complete) == records.is_empty() {
        return Err(format!("level {level} with {} assumptions", records.len()));
    }
    let required = [Slice, End].into_iter().filter(|_| level >= Level::Complete);
    let of_order = [Entrance, Count, Lasting].iter().any(|needs| assumptions.contains(needs)).then_some(Ordered);
    if let Some(missing) = required.chain(of_order).find(|required| !assumptions.contains(required)) {
        return Err(format!("level {level} without assumption {}", missing.name()));
    }
    if order.is_none() && assumptions.contains(&Ordered) {
        return Err(format!("level {level} rests on the order of the list, but completeness.order is null"));
    }
    if let Some(order) = order.as_ref().filter(|order| !orders().any(|known| known.to_string() == **order)) {
        return Err(format!("completeness.order is not an order: {}", escape(order)));
    }
    // The first total decides whether a limit ends the run; later ones may be higher.
    let total = manifest.contacts.total_count.first;
    if level > Level::Incomplete && manifest.options.limit.is_some_and(|limit| total > limit) {
        return Err(format!("level {level}, but options.limit is below the server's {total} contacts"));
    }
    match reasons.iter().find(|reason| highest(reason) < level) {
        Some(reason) => Err(format!("level {level}, but a reason excludes it: {}", escape(reason))),
        None => Ok(()),
    }
}

/// At one instant, a snapshot had as many rows as the server counted. Before and after it, the list may have changed, but
/// not grown and shrunk again by half of its size. A server whose totals were seen to be wrong may state any.
fn total(manifest: &Manifest, level: Level) -> Result<(), Contradiction> {
    let ContactsRecord { rows, total_count, .. } = &manifest.contacts;
    let (least, most) = (total_count.first.min(total_count.last), total_count.first.max(total_count.last));
    let distance = least.saturating_sub(*rows).max(rows.saturating_sub(most));
    if level < Level::Snapshot
        || distance <= UNSEEN_CHURN.max(rows / 2)
        || manifest.completeness.reasons.iter().any(|reason| doubts_totals(reason))
    {
        return Ok(());
    }
    Err(format!("level {level} with {rows} contacts, but the server counted {least} to {most}"))
}

/// Every contact of both exports is counted once. `rows` are those of this export.
fn accounts(continuity: &ContinuityRecord, rows: u64) -> Result<(), Contradiction> {
    let ContinuityRecord { previous, present, new, deleted, recovered, unconfirmed, unconfirmed_ids, .. } = continuity;
    let sum = |numbers: &[u64]| numbers.iter().fold(0, |sum: u64, number| sum.saturating_add(*number));
    equal("contacts.rows", rows, "the sum of present, new and recovered", sum(&[*present, *new, *recovered]))?;
    let before = sum(&[*present, *deleted, *recovered, *unconfirmed]);
    equal("continuity.previous.rows", previous.export.rows, "the sum of its contacts", before)?;
    let listed = unconfirmed_ids.as_ref().map_or(*unconfirmed, |ids| ids.len() as u64);
    equal("continuity.unconfirmed", *unconfirmed, "the number of its ids", listed)
}

/// The run ended after it started, and the watermark is not later than its start.
fn times(manifest: &Manifest) -> Result<DateTime<Utc>, Contradiction> {
    let started = instant("times.started_at", &manifest.times.started_at)?;
    let finished = instant("times.finished_at", &manifest.times.finished_at)?;
    if finished < started {
        return Err("times.finished_at is before times.started_at".to_owned());
    }
    if instant("completeness.watermark", &manifest.completeness.watermark)? > started {
        return Err("completeness.watermark is after times.started_at".to_owned());
    }
    Ok(finished)
}

pub(super) fn instant(key: &str, text: &str) -> Result<DateTime<Utc>, Contradiction> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => Ok(instant.to_utc()),
        Err(_) => Err(format!("{key} is not a time: {}", escape(text))),
    }
}

pub(super) fn equal(what: &str, found: u64, other: &str, due: u64) -> Result<(), Contradiction> {
    if found == due { Ok(()) } else { Err(format!("{what} is {found}, but {other} is {due}")) }
}

fn at_most(what: &str, found: u64, other: &str, most: u64) -> Result<(), Contradiction> {
    if found <= most { Ok(()) } else { Err(format!("{what} is {found}, but {other} is only {most}")) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::seal::seal;
    use super::super::tests::{manifest_of, read_summary};
    use super::*;
    use crate::proof::{Certificate, Direction, Field, Order, Reason};

    const ORDER: Order = Order { field: Field::Id, direction: Direction::Ascending, ties: None };

    /// The claim of a snapshot's manifest in which something is changed.
    fn claim(change: impl FnOnce(&mut Value)) -> Result<Claim, ManifestError> {
        let certificate = Certificate {
            level: Level::Snapshot,
            assumptions: vec![Assumption::Slice, Assumption::Order, Assumption::End, Assumption::Entrance],
            order: Some(ORDER),
            responses: 4,
            total_first: 250,
            total_last: 250,
            ..Certificate::default()
        };
        let manifest = manifest_of(&crate::events::ReadSummary { certificate, ..read_summary() });
        let mut value = serde_json::to_value(manifest).unwrap();
        change(&mut value);
        Claim::of(&Manifest::read(seal(&value).unwrap().as_bytes())?)
    }

    /// Makes it a manifest of a level that is not proven.
    fn unproven(manifest: &mut Value, level: &str) {
        manifest["completeness"]["level"] = json!(level);
        manifest["completeness"]["assumptions"] = json!([]);
    }

    fn file(name: &str, rows: u64) -> Value {
        json!({"name": name, "rows": rows, "bytes": 0, "sha256": ""})
    }

    fn owners(rows: u64, in_file: u64, in_digest: u64) -> Value {
        let digest = json!({"rows": in_digest, "sum": "1"});
        json!({"rows": rows, "contradictions": 0, "file": file("c.owners.csv", in_file), "digest": digest, "columns": []})
    }

    fn is_contradiction(error: &ManifestError, says: &str) -> bool {
        matches!(error, ManifestError::Contradiction(reason) if reason.contains(says))
    }

    #[test]
    fn a_consistent_manifest_is_believed() {
        let claimed = claim(|_| {}).unwrap();
        assert_eq!((claimed.level, claimed.finished_at.as_str()), (Level::Snapshot, "2026-01-02T03:04:14.000Z"));
        let counted = claim(|manifest| {
            unproven(manifest, "counted");
            manifest["completeness"]["reasons"] = json!(["a\u{1b}[2J"]);
        });
        assert_eq!(counted.unwrap().reasons, ["a\\u{1b}[2J"]);
        // A list that one page shows needs no order.
        let page = claim(|manifest| {
            manifest["completeness"]["order"] = Value::Null;
            let assumptions = manifest["completeness"]["assumptions"].as_array_mut().unwrap();
            assumptions.retain(|assumption| ["A1", "A3"].contains(&assumption["name"].as_str().unwrap()));
        });
        assert_eq!(page.unwrap().level, Level::Snapshot);
    }

    #[test]
    fn each_contradiction_is_found_and_named() {
        let changes: [(&str, Value, &str); 34] = [
            ("/file/rows", json!(249), "contacts.rows is 250, but the rows of its files is 249"),
            ("/contacts/rows", json!(251), "contacts.rows is 251"),
            ("/contacts/owners", json!(251), "contacts.owners is 251, but contacts.rows is only 250"),
            ("/parts", json!([file("a", u64::MAX), file("b", 1)]), "contacts.rows is 250"),
            ("/digest", json!({"rows": 249, "sum": "1"}), "digest.rows is 249"),
            ("/owners", owners(8, 8, 8), "owners.rows is 8, but contacts.owners is 7"),
            ("/owners", owners(7, 6, 7), "owners.file.rows is 6"),
            ("/owners", owners(7, 7, 8), "owners.digest.rows is 8"),
            ("/options/limit", json!(249), "options.limit is only 249"),
            ("/run/slowdowns", json!(1), "run.slowdowns is 1"),
            ("/run/requests/invalid_response", json!(6), "failed requests is 6, but run.requests.sent is only 5"),
            ("/run/requests/pages", json!(6), "run.requests.pages is 6"),
            ("/run/requests/pages", json!(3), "completeness.responses is 4, but run.requests.pages is 3"),
            ("/run/pages", json!(5), "run.pages is 5"),
            ("/completeness/responses", json!(0), "completeness.responses is only 0"),
            ("/completeness/responses", json!(5), "completeness.responses is 5"),
            ("/completeness/overlaps", json!(5), "completeness.overlaps is 5"),
            ("/completeness/repair_requests", json!(5), "verification passes is 5"),
            ("/completeness/verification_passes", json!(u64::MAX), "verification passes is"),
            ("/completeness/assumptions", json!([]), "level snapshot with 0 assumptions"),
            ("/completeness/level", json!("counted"), "level counted with 4 assumptions"),
            (
                "/completeness/assumptions/0",
                json!({"name": "A3", "status": "checked", "text": ""}),
                "without assumption A1",
            ),
            (
                "/completeness/assumptions/2",
                json!({"name": "A1", "status": "assumed", "text": ""}),
                "without assumption A3",
            ),
            (
                "/completeness/assumptions/1",
                json!({"name": "A3", "status": "checked", "text": ""}),
                "without assumption A2",
            ),
            ("/completeness/assumptions/0/status", json!("believed"), "the status \"believed\" instead of \"assumed\""),
            ("/completeness/assumptions/0/status", json!("checked"), "the status \"checked\" instead of \"assumed\""),
            ("/completeness/order", Value::Null, "completeness.order is null"),
            ("/completeness/order", json!("id sideways"), "completeness.order is not an order: id sideways"),
            ("/contacts/total_count", json!({"first": 9_999, "last": 9_999}), "the server counted 9999 to 9999"),
            ("/completeness/watermark", json!("2999-01-01T00:00:00Z"), "watermark is after times.started_at"),
            ("/completeness/watermark", json!("soon"), "completeness.watermark is not a time: soon"),
            ("/times/finished_at", json!("2025-01-01T00:00:00Z"), "times.finished_at is before"),
            ("/times/finished_at", json!("\u{1b}]0;owned\u{7}"), "times.finished_at is not a time: \\u{1b}]0;owned"),
            ("/file/name", json!("../c.parquet"), "\"../c.parquet\" is not a file name"),
        ];
        for (key, value, says) in changes {
            let result = claim(|manifest| *manifest.pointer_mut(key).unwrap() = value.clone());
            assert!(is_contradiction(result.as_ref().unwrap_err(), says), "{key} {value}: {result:?}");
        }
        let limited = claim(|manifest| {
            manifest["options"]["limit"] = json!(250);
            manifest["contacts"]["total_count"]["first"] = json!(251);
        });
        assert!(limited.unwrap_err().to_string().contains("options.limit is below the server's 251"));
        let parts = claim(|manifest| {
            manifest["options"]["rows_per_file"] = json!(100);
            manifest["file"] = Value::Null;
            manifest["parts"] = json!([file("a", 100), file("b", 150)]);
        });
        assert!(parts.unwrap_err().to_string().contains("options.rows_per_file is only 100"));
    }

    #[test]
    fn names_do_not_lead_out_of_the_directory() {
        for name in ["../f", "/f", "a/f", "a/../f", "./f", ".", "..", "", "f/"] {
            let single = claim(|manifest| manifest["file"]["name"] = json!(name));
            let part = claim(|manifest| {
                manifest["file"] = Value::Null;
                manifest["parts"] = json!([file(name, 250)]);
            });
            let owned = claim(|manifest| {
                manifest["owners"] = owners(7, 7, 7);
                manifest["owners"]["file"]["name"] = json!(name);
            });
            for result in [single, part, owned] {
                assert!(is_contradiction(&result.unwrap_err(), "is not a file name"), "{name}");
            }
        }
        for (name, is_accepted) in [("_owners/f", true), ("f", true), ("_owners/a/f", false), ("../f", false)] {
            let parts = claim(|manifest| {
                manifest["file"] = Value::Null;
                manifest["parts"] = json!([file("part-00000", 250)]);
                manifest["owners"] = owners(7, 7, 7);
                manifest["owners"]["file"]["name"] = json!(name);
            });
            assert_eq!(parts.is_ok(), is_accepted, "{name}");
        }
    }

    #[test]
    fn unknown_levels_and_assumptions_are_named_and_sanitized() {
        let error = claim(|manifest| manifest["completeness"]["level"] = json!("snapshot\u{1b}]0;owned\u{7}"));
        let due = ManifestError::UnknownLevel { found: "snapshot\\u{1b}]0;owned\\u{7}".to_owned() };
        assert_eq!(error.unwrap_err(), due);
        let error = claim(|manifest| manifest["completeness"]["assumptions"][0]["name"] = json!("A99\u{7}"));
        assert_eq!(error.unwrap_err(), ManifestError::UnknownAssumption { found: "A99\\u{7}".to_owned() });
    }

    #[test]
    fn totals_that_were_seen_to_be_wrong_may_be_any() {
        let doubt = Reason::TotalDisagrees { page: 24, per_page: 100, rows: 100, total: 2_350 };
        let doubted = claim(|manifest| {
            manifest["contacts"]["total_count"] = json!({"first": 9_999, "last": 9_999});
            manifest["completeness"]["reasons"] = json!([doubt.to_string()]);
        });
        assert!(doubted.is_ok(), "{doubted:?}");
        // A list may change by a few contacts, and in one direction by many.
        for (first, last) in [(251, 251), (9_999, 250), (0, 9_999), (249, 1_250)] {
            let claimed = claim(|manifest| manifest["contacts"]["total_count"] = json!({"first": first, "last": last}));
            assert!(claimed.is_ok(), "{first} {last}: {claimed:?}");
        }
    }

    #[test]
    fn reasons_exclude_levels() {
        let denied = claim(|manifest| manifest["completeness"]["reasons"] = json!([Reason::Unfinished.to_string()]));
        let says = format!("a reason excludes it: {}", Reason::Unfinished);
        assert!(is_contradiction(&denied.unwrap_err(), &says));
    }
}
