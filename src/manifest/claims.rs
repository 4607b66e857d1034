//! What a manifest says more than once, held against itself: its text comes in, and its level goes out, or what of it cannot
//! be true.
//!
//! A seal shows that nothing was changed since, but anybody can make one. Whether the files are those that are listed is
//! [`verify`](crate::verify)'s to find out.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::known::{ManifestError, unsealed};
use super::timestamp;
use crate::proof::Level;
use crate::text::sanitize::escape;

/// How reasons begin or end that deny the levels above one.
const DENIALS: [(&str, &str, Level); 11] = [
    ("stopped at the limit of ", "", Level::Incomplete),
    ("reading stopped before the end of the list", "", Level::Incomplete),
    ("found ", ", but the server counts ", Level::Incomplete),
    ("the end of the list was not found", "", Level::Incomplete),
    ("the contact at position ", " cannot be read", Level::Incomplete),
    ("a page could not be read in one request", "", Level::Counted),
    ("contacts may be missing between id ", "", Level::Counted),
    ("contacts may be missing beyond id ", "", Level::Counted),
    ("contacts with the same timestamp as id ", " may be missing", Level::Counted),
    ("each page is sorted by ", " but the list as a whole is not", Level::Counted),
    ("the export includes ", " deleted while the list was read", Level::Complete),
];

/// What a manifest claims of an export, once nothing in it speaks against that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// How sure it is that no contact is missing.
    pub level: Level,
    /// Why it is no higher, fit to be shown.
    pub reasons: Vec<String>,
    /// When the run ended: RFC 3339.
    pub finished_at: String,
}

#[derive(Deserialize)]
struct Claims {
    times: Times,
    options: Options,
    run: Run,
    contacts: Contacts,
    completeness: Completeness,
    file: Option<Rows>,
    #[serde(default)]
    parts: Vec<Rows>,
    owners: Option<Owners>,
    digest: Option<Rows>,
}

#[derive(Deserialize)]
struct Times {
    started_at: String,
    finished_at: String,
}

#[derive(Deserialize)]
struct Options {
    limit: Option<u64>,
    rows_per_file: Option<u64>,
}

#[derive(Deserialize)]
struct Run {
    pages: u64,
    throttles: u64,
    requests: Requests,
}

#[derive(Deserialize)]
struct Requests {
    sent: u64,
    pages: u64,
    rate_limited: u64,
    unavailable: u64,
    invalid_response: u64,
    rejected: u64,
}

#[derive(Deserialize)]
struct Contacts {
    rows: u64,
    owners: u64,
    total_count: TotalCount,
}

#[derive(Deserialize)]
struct TotalCount {
    first: u64,
}

#[derive(Deserialize)]
struct Completeness {
    level: String,
    assumptions: Vec<IgnoredAny>,
    reasons: Vec<String>,
}

#[derive(Deserialize)]
struct Owners {
    rows: u64,
    file: Option<Rows>,
    digest: Option<Rows>,
}

#[derive(Deserialize)]
struct Rows {
    rows: u64,
}

impl Claim {
    /// What the text of a manifest claims.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let claims: Claims = unsealed(bytes)?;
        let Completeness { level, reasons, .. } = &claims.completeness;
        let level = Level::named(level).ok_or_else(|| ManifestError::UnknownLevel { found: escape(level) })?;
        let contradiction = |reason: String| ManifestError::Contradiction(reason);
        claims.rows().and_then(|()| claims.requests()).and_then(|()| claims.level(level)).map_err(contradiction)?;
        let finished = claims.times.finished().map_err(contradiction)?;
        let reasons = reasons.iter().map(|reason| escape(reason)).collect();
        Ok(Self { level, reasons, finished_at: timestamp(finished) })
    }
}

impl Claims {
    /// Rows are counted in the files, in the whole and in the digests.
    fn rows(&self) -> Result<(), String> {
        let Self { options, contacts: Contacts { rows, owners, .. }, file, parts, .. } = self;
        let in_files = file.iter().chain(parts).fold(0, |sum: u64, file| sum.saturating_add(file.rows));
        equal("contacts.rows", *rows, "the rows of its files", in_files)?;
        if let Some(digest) = &self.digest {
            equal("digest.rows", digest.rows, "contacts.rows", *rows)?;
        }
        if let Some(Owners { rows: owner_rows, file, digest }) = &self.owners {
            equal("owners.rows", *owner_rows, "contacts.owners", *owners)?;
            for (key, rows) in [("owners.file.rows", file), ("owners.digest.rows", digest)] {
                rows.as_ref().map_or(Ok(()), |found| equal(key, found.rows, "owners.rows", *owner_rows))?;
            }
        }
        at_most("contacts.owners", *owners, "contacts.rows", *rows)?;
        at_most("contacts.rows", *rows, "options.limit", options.limit.unwrap_or(u64::MAX))?;
        let most = options.rows_per_file.unwrap_or(u64::MAX);
        parts.iter().try_for_each(|part| at_most("the rows of a part", part.rows, "options.rows_per_file", most))
    }

    /// Requests are counted by what came of them.
    fn requests(&self) -> Result<(), String> {
        let Run { pages, throttles, requests } = &self.run;
        equal("run.throttles", *throttles, "run.requests.rate_limited", requests.rate_limited)?;
        let Requests { sent, pages: answered, rate_limited, unavailable, invalid_response, rejected } = requests;
        // A denial beyond the end of the list is both, a refusal and an empty page.
        let failed = [rate_limited, unavailable, invalid_response, rejected]
            .into_iter()
            .fold(0, |sum: u64, one| sum.saturating_add(*one));
        at_most("the requests that gave no page", failed, "run.requests.sent", *sent)?;
        at_most("run.requests.pages", *answered, "run.requests.sent", *sent)?;
        at_most("run.pages", *pages, "run.requests.pages", *answered)
    }

    /// A level rests on its assumptions, and some reasons deny it.
    fn level(&self, level: Level) -> Result<(), String> {
        let Completeness { assumptions, reasons, .. } = &self.completeness;
        if (level >= Level::Complete) == assumptions.is_empty() {
            return Err(format!("the level {level} is said to rest on {} assumptions", assumptions.len()));
        }
        // The first total decides whether a limit ends the reading; the last one may have grown since.
        let total = self.contacts.total_count.first;
        if level > Level::Incomplete && self.options.limit.is_some_and(|limit| total > limit) {
            return Err(format!("the level is {level}, and options.limit is below the {total} contacts of the server"));
        }
        match reasons.iter().find(|reason| most(reason) < level) {
            Some(reason) => Err(format!("the level is {level}, and a reason denies it: {}", escape(reason))),
            None => Ok(()),
        }
    }
}

impl Times {
    fn finished(&self) -> Result<DateTime<Utc>, String> {
        let instant = |key: &str, text: &str| match DateTime::parse_from_rfc3339(text) {
            Ok(instant) => Ok(instant.to_utc()),
            Err(_) => Err(format!("times.{key} is not a time: {}", escape(text))),
        };
        let (started, finished) =
            (instant("started_at", &self.started_at)?, instant("finished_at", &self.finished_at)?);
        if finished < started { Err("times.finished_at is before times.started_at".to_owned()) } else { Ok(finished) }
    }
}

fn equal(what: &str, found: u64, other: &str, due: u64) -> Result<(), String> {
    if found == due { Ok(()) } else { Err(format!("{what} is {found}, and {other} is {due}")) }
}

fn at_most(what: &str, found: u64, other: &str, most: u64) -> Result<(), String> {
    if found <= most { Ok(()) } else { Err(format!("{what} is {found}, and {other} is only {most}")) }
}

/// The highest level that a reason lets stand.
fn most(reason: &str) -> Level {
    let denies = |(begins, holds, _): &&(&str, &str, Level)| reason.starts_with(begins) && reason.contains(holds);
    DENIALS.iter().find(denies).map_or(Level::Snapshot, |(.., level)| *level)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::seal::seal;
    use super::super::tests::{manifest_of, read_summary};
    use super::*;
    use crate::proof::{Assumption, Certificate, Direction, Field, Order, Reason};

    /// The claim of a manifest in which something is changed.
    fn claim(change: &dyn Fn(&mut Value)) -> Result<Claim, ManifestError> {
        let certificate = Certificate {
            level: Level::Snapshot,
            assumptions: vec![Assumption::Slice],
            responses: 3,
            ..Certificate::default()
        };
        let manifest = manifest_of(&crate::events::ReadSummary { certificate, ..read_summary() });
        let mut value: Value = serde_json::from_str(&manifest.text().unwrap()).unwrap();
        value.as_object_mut().unwrap().remove("manifest_sha256");
        change(&mut value);
        Claim::read(seal(&value).unwrap().as_bytes())
    }

    #[test]
    fn what_agrees_is_claimed() {
        let claimed = claim(&|_| {}).unwrap();
        assert_eq!((claimed.level, claimed.finished_at.as_str()), (Level::Snapshot, "2026-01-02T03:04:14.000Z"));
        let counted = claim(&|value| {
            value["completeness"]["level"] = json!("counted");
            value["completeness"]["assumptions"] = json!([]);
            value["completeness"]["reasons"] = json!(["a\u{1b}[2J"]);
        });
        assert_eq!(counted.unwrap().reasons, ["a\\u{1b}[2J"]);
    }

    #[test]
    fn each_contradiction_is_found_and_named() {
        let changes: [(&str, Value, &str); 17] = [
            ("/file/rows", json!(249), "contacts.rows is 250, and the rows of its files is 249"),
            ("/contacts/rows", json!(251), "contacts.rows is 251"),
            ("/contacts/owners", json!(251), "contacts.owners is 251, and contacts.rows is only 250"),
            ("/parts", json!([{"rows": u64::MAX}, {"rows": 1}]), "contacts.rows is 250"),
            ("/digest", json!({"rows": 249, "sum": "1"}), "digest.rows is 249"),
            ("/owners", json!({"rows": 8}), "owners.rows is 8, and contacts.owners is 7"),
            ("/owners", json!({"rows": 7, "file": {"rows": 6}}), "owners.file.rows is 6"),
            ("/owners", json!({"rows": 7, "digest": {"rows": 8}}), "owners.digest.rows is 8"),
            ("/options/limit", json!(249), "options.limit is only 249"),
            ("/run/throttles", json!(1), "run.throttles is 1"),
            (
                "/run/requests/invalid_response",
                json!(6),
                "the requests that gave no page is 6, and run.requests.sent is only 5",
            ),
            ("/run/requests/pages", json!(6), "run.requests.pages is 6"),
            ("/run/pages", json!(4), "run.pages is 4"),
            ("/completeness/assumptions", json!([]), "the level snapshot is said to rest on 0 assumptions"),
            ("/completeness/level", json!("counted"), "the level counted is said to rest on 1 assumptions"),
            ("/times/finished_at", json!("2025-01-01T00:00:00Z"), "times.finished_at is before"),
            ("/times/finished_at", json!("\u{1b}]0;owned\u{7}"), "times.finished_at is not a time: \\u{1b}]0;owned"),
        ];
        for (key, value, says) in changes {
            let error = claim(&|manifest| *manifest.pointer_mut(key).unwrap() = value.clone()).unwrap_err();
            assert!(matches!(&error, ManifestError::Contradiction(reason) if reason.contains(says)), "{key}: {error}");
        }
        let limited = claim(&|manifest| {
            manifest["options"]["limit"] = json!(250);
            manifest["contacts"]["total_count"]["first"] = json!(251);
        });
        assert!(limited.unwrap_err().to_string().contains("options.limit is below the 251"));
        let parts = claim(&|manifest| {
            manifest["options"]["rows_per_file"] = json!(100);
            manifest["file"] = Value::Null;
            manifest["parts"] = json!([{"rows": 100}, {"rows": 150}]);
        });
        assert!(parts.unwrap_err().to_string().contains("options.rows_per_file is only 100"));
    }

    #[test]
    fn a_level_that_is_not_known_is_named_and_does_nothing() {
        let error = claim(&|manifest| manifest["completeness"]["level"] = json!("snapshot\u{1b}]0;owned\u{7}"));
        let due = ManifestError::UnknownLevel { found: "snapshot\\u{1b}]0;owned\\u{7}".to_owned() };
        assert_eq!(error.unwrap_err(), due);
    }

    /// The words of a reason are all that a manifest has of it.
    #[test]
    fn each_reason_that_denies_a_level_is_known_by_its_words() {
        let order = Order { field: Field::Id, direction: Direction::Ascending, ties: None };
        for (reason, level) in [
            (Reason::Limited { contacts: 1 }, Level::Incomplete),
            (Reason::Unfinished, Level::Incomplete),
            (Reason::Missing { seen: 1, total: 2 }, Level::Incomplete),
            (Reason::NoEnd { pages: 1 }, Level::Incomplete),
            (Reason::Gap { near: 1, far: 2 }, Level::Counted),
            (Reason::OpenEnd { id: 1 }, Level::Counted),
            (Reason::Unreadable { place: 1, before: None, after: None }, Level::Incomplete),
            (Reason::Unreadable { place: 2, before: Some(1), after: Some(3) }, Level::Incomplete),
            (Reason::Assembled, Level::Counted),
            (Reason::TiedBorder { id: 1 }, Level::Counted),
            (Reason::Disorder { order }, Level::Counted),
            (Reason::Deleted { contacts: 1 }, Level::Complete),
            // What was seen, and denies no level by itself.
            (Reason::Moved, Level::Snapshot),
            (Reason::Stale { id: 1 }, Level::Snapshot),
        ] {
            assert_eq!(most(&reason.to_string()), level, "{reason}");
        }
        let denied = claim(&|manifest| manifest["completeness"]["reasons"] = json!([Reason::Unfinished.to_string()]));
        assert!(denied.unwrap_err().to_string().contains("a reason denies it: reading stopped before the end"));
    }
}
