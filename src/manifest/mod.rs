//! The manifest: the record of a run that ended well, written with its file.
//!
//! Configuration and figures come in, a sealed JSON text goes out; the same text, read back, tells a
//! later run and `verify` what they need. No I/O but the reading of a file that is to be compared.

mod claims;
mod completeness;
mod glance;
mod known;
mod learned_rate;
mod organization;
mod owners_of;
mod record;
mod replaced;
mod schema;
mod seal;
#[cfg(test)]
mod tests;
mod written;

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

pub(crate) use claims::Claim;
pub(crate) use glance::Glance;
pub use known::ManifestError;
pub(crate) use known::{Known, KnownDigest, KnownFile, KnownOwners, read_file, read_limited};
pub(crate) use learned_rate::{Learned, learned_by};
pub(crate) use owners_of::contacts_of;
pub use record::Manifest;
pub(crate) use record::{ProgramRecord, SourceRecord};
pub(crate) use replaced::contacts_in;
pub(crate) use schema::{ColumnRecord, columns, fingerprint, kind};
#[cfg(test)]
pub(crate) use seal::seal;
pub(crate) use written::{Written, WrittenFile, WrittenOwners};

use crate::config::{Content, Encoding, ExportConfig, Format, Pacing, Source};
use crate::error::Error;
use crate::events::ReadSummary;
use crate::transform::key_id;
use completeness::CompletenessRecord;
use record::{
    ContactsRecord, ExampleRecord, OptionsRecord, RequestsRecord, RunRecord, SchemaRecord, TimesRecord,
    TotalCountRecord, WarningRecord,
};
use schema::SCHEMA_VERSION;

/// The version of the manifest's format. It stays while keys are only added.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// When a run began and how long it took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// By the clock on the wall.
    pub started: DateTime<Utc>,
    /// By one that cannot be set.
    pub took: Duration,
}

impl Manifest {
    /// The record of a run, from what it was told and what came of it.
    pub(crate) fn new(
        config: &ExportConfig,
        read: &ReadSummary,
        times: Times,
        written: &Written,
        earlier: Option<Learned>,
    ) -> Self {
        let columns = match config.content {
            // Lines that are passed on have what keys they have.
            Content::Raw => Vec::new(),
            Content::Table(_) => columns(&written.schema),
        };
        let files = written.records(config);
        Self {
            format_version: FORMAT_VERSION,
            program: ProgramRecord::ours(),
            source: source_of(config),
            times: times.record(),
            options: options_of(config),
            run: run_of(config, read, times, earlier),
            contacts: ContactsRecord {
                rows: read.contacts,
                owners: read.owners,
                total_count: TotalCountRecord {
                    first: read.certificate.total_first,
                    last: read.certificate.total_last,
                },
            },
            warnings: warnings_of(read),
            completeness: CompletenessRecord::of(&read.certificate, watermark(read, times)),
            file: files.file,
            parts: files.parts,
            owners: written.owners_record(config),
            digest: written.digest,
            schema: SchemaRecord { version: SCHEMA_VERSION, fingerprint: fingerprint(&columns), columns },
        }
    }

    /// The manifest's text, with its seal.
    pub(crate) fn text(&self) -> Result<String, Error> {
        seal::seal(self).map_err(|error| Error::Bug(error.to_string()))
    }
}

/// What has changed at the server since this instant is not known. Its clock stamps the contacts, and may be behind ours.
fn watermark(read: &ReadSummary, times: Times) -> DateTime<Utc> {
    read.server_start.map_or(times.started, |start| start.min(times.started))
}

impl Times {
    fn finished(self) -> DateTime<Utc> {
        TimeDelta::from_std(self.took).map_or(self.started, |took| self.started + took)
    }

    fn record(self) -> TimesRecord {
        let finished = self.finished();
        TimesRecord {
            started_at: timestamp(self.started),
            finished_at: timestamp(finished),
            seconds: self.took.as_secs_f64(),
        }
    }
}

/// An instant, as manifests, reports and logs write it: RFC 3339, UTC, milliseconds.
pub(crate) fn timestamp(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

pub(crate) fn source_of(config: &ExportConfig) -> SourceRecord {
    let base_url = match config.source {
        Source::Api => config.contacts.base_url.to_string(),
        Source::Sandbox => "sandbox".to_owned(),
    };
    SourceRecord { organisation: organization::key(&base_url, &config.contacts), base_url }
}

fn options_of(config: &ExportConfig) -> OptionsRecord {
    let Encoding { format, compression, profile, row_group, .. } = config.encoding;
    let is_parquet = format == Format::Parquet;
    let is_folder = config.output.is_directory();
    let layout = config.content.layout();
    let hashed = layout.and_then(|layout| layout.hashed.as_ref());
    OptionsRecord {
        format: format.to_string(),
        compression: compression.codec().to_string(),
        compression_level: compression.level(),
        parquet_profile: is_parquet.then(|| profile.to_string()),
        row_group_bytes: is_parquet.then(|| row_group.bytes()),
        rows_per_file: is_folder.then(|| config.rows_per_file.get()),
        partition: config.output.partition().map(ToString::to_string),
        owners: layout.map(|layout| layout.owners.to_string()),
        hashed: hashed.map(|hashed| hashed.columns.clone()).unwrap_or_default(),
        hash_key: hashed.map(|hashed| key_id(&hashed.key)),
        raw: layout.is_none(),
        limit: config.contacts.limit.map(std::num::NonZeroU64::get),
        per_page: config.contacts.per_page.get(),
    }
}

fn run_of(config: &ExportConfig, read: &ReadSummary, times: Times, earlier: Option<Learned>) -> RunRecord {
    // A rate that was given was not learned.
    let learns = matches!(config.contacts.pacing, Pacing::Learn { .. });
    let learned = read.learned_rate.filter(|_| learns).map(|rate| Learned { rate, at: times.finished() }).or(earlier);
    RunRecord {
        pages: read.pages,
        requests: RequestsRecord { sent: read.requests, pages: read.certificate.responses, failures: read.failures },
        retries: read.retries,
        throttles: read.failures.rate_limited,
        learned_rate: learned.map(|learned| learned.rate.per_second()),
        learned_at: learned.map(|learned| timestamp(learned.at)),
        bytes_read: read.bytes,
    }
}

fn warnings_of(read: &ReadSummary) -> Vec<WarningRecord> {
    let record = |(warning, count): &(crate::events::Warning, u64)| WarningRecord {
        kind: warning.kind.name(),
        column: warning.column,
        count: *count,
        example: ExampleRecord { page: warning.page, position: warning.position },
    };
    read.warnings.values().map(record).collect()
}
