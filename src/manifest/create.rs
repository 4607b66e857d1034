//! Creates the manifest of a run from its configuration, its figures and the files it wrote.

use std::time::Duration;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, TimeDelta, Utc};

use super::learned_rate::Learned;
use super::organization::source_of;
use super::record::{
    AssumptionRecord, CompletenessRecord, ContactsRecord, ContinuityRecord, ExampleRecord, FORMAT_VERSION, FileRecord,
    Manifest, OptionsRecord, OwnersRecord, ProgramRecord, RequestsRecord, RunRecord, SchemaRecord, TimesRecord,
    TotalCountRecord, WarningRecord, timestamp,
};
use super::schema::{columns, fingerprint};
use crate::checksum::Checksum;
use crate::config::{Content, Encoding, ExportConfig, OutFile, Output, Pacing};
use crate::digest::ContentDigest;
use crate::events::{ReadSummary, Warning};
use crate::proof::Assumption;
use crate::resource::SCHEMA_VERSION;
use crate::transform::key_id;

/// Everything that was written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// The columns of the contacts.
    pub schema: SchemaRef,
    /// The files of the contacts: one, or the parts of a directory.
    pub parts: Vec<WrittenFile>,
    /// The digest of the contacts, if it was requested.
    pub digest: Option<ContentDigest>,
    /// The owners, if they have a table of their own.
    pub owners: Option<WrittenOwners>,
}

/// The owners' file.
#[derive(Debug, Clone)]
pub(crate) struct WrittenOwners {
    pub schema: SchemaRef,
    pub file: WrittenFile,
    /// Contacts whose copy of their owner differs from the one in the table.
    pub contradictions: u64,
    pub digest: Option<ContentDigest>,
}

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct WrittenFile {
    pub file: OutFile,
    pub rows: u64,
    pub checksum: Checksum,
}

/// When a run started and how long it took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// By the system clock.
    pub started: DateTime<Utc>,
    /// By a monotonic clock.
    pub took: Duration,
}

impl Manifest {
    /// The manifest of a run.
    pub(crate) fn new(
        config: &ExportConfig,
        read: &ReadSummary,
        times: Times,
        written: &Written,
        earlier: Option<Learned>,
    ) -> Self {
        let columns = match config.content {
            // Raw lines have whatever keys the API sent.
            Content::Raw => Vec::new(),
            Content::Table(_) => columns(&written.schema),
        };
        let (mut file, mut parts) =
            (None, written.parts.iter().map(|part| part.record(&config.output, config.encoding)).collect::<Vec<_>>());
        if !config.output.is_directory() {
            file = parts.drain(..).next();
        }
        let total_count = TotalCountRecord { first: read.certificate.total_first, last: read.certificate.total_last };
        Self {
            format_version: FORMAT_VERSION,
            program: ProgramRecord::ours(),
            source: source_of(config),
            times: times.record(),
            options: options_of(config),
            run: run_of(config, read, times, earlier),
            contacts: ContactsRecord { rows: read.contacts, owners: read.owners, total_count },
            warnings: read.warnings.values().map(warning_of).collect(),
            completeness: completeness_of(read, times),
            continuity: read.continuity.as_ref().map(ContinuityRecord::of),
            file,
            parts,
            owners: written.owners.as_ref().map(|owners| owners.record(config)),
            digest: written.digest.map(Into::into),
            schema: SchemaRecord { version: SCHEMA_VERSION.to_owned(), fingerprint: fingerprint(&columns), columns },
        }
    }
}

impl Times {
    fn finished(self) -> DateTime<Utc> {
        TimeDelta::from_std(self.took).map_or(self.started, |took| self.started + took)
    }

    fn record(self) -> TimesRecord {
        TimesRecord {
            started_at: timestamp(self.started),
            finished_at: timestamp(self.finished()),
            seconds: self.took.as_secs_f64(),
        }
    }
}

fn options_of(config: &ExportConfig) -> OptionsRecord {
    let Encoding { format, compression, profile, row_group, .. } = config.encoding;
    let has_row_groups = format.has_row_groups();
    let is_folder = config.output.is_directory();
    let layout = config.content.layout();
    let hashed = layout.and_then(|layout| layout.hashed.as_ref());
    OptionsRecord {
        format: format.to_string(),
        compression: compression.codec().to_string(),
        compression_level: compression.level(),
        parquet_profile: has_row_groups.then(|| profile.to_string()),
        row_group_bytes: has_row_groups.then(|| row_group.bytes()),
        rows_per_file: is_folder.then(|| config.rows_per_file.get()),
        partition: config.output.partition().map(ToString::to_string),
        owners: layout.map(|layout| layout.owners.to_string()),
        hmac_columns: hashed.map(|hashed| hashed.columns.clone()).unwrap_or_default(),
        hmac_key: hashed.map(|hashed| key_id(&hashed.key)),
        raw: layout.is_none(),
        limit: config.contacts.limit.map(std::num::NonZeroU64::get),
        per_page: config.contacts.per_page.get(),
    }
}

fn run_of(config: &ExportConfig, read: &ReadSummary, times: Times, earlier: Option<Learned>) -> RunRecord {
    // A rate that was set was not learned.
    let measured = read.rate.filter(|_| matches!(config.contacts.pacing, Pacing::Learn { .. }));
    let rate = Learned::next(earlier, measured.map(|rate| Learned { rate, at: times.finished() }));
    let failures = read.failures;
    RunRecord {
        pages: read.pages,
        requests: RequestsRecord {
            sent: read.requests,
            pages: read.certificate.responses,
            rate_limited: failures.rate_limited,
            unavailable: failures.unavailable,
            invalid_response: failures.invalid_response,
            rejected: failures.rejected,
        },
        retries: read.retries,
        slowdowns: failures.rate_limited,
        rate: rate.map(Learned::record),
        bytes_read: read.bytes,
    }
}

fn warning_of((warning, count): &(Warning, u64)) -> WarningRecord {
    WarningRecord {
        kind: warning.kind.name().to_owned(),
        column: warning.column.to_owned(),
        count: *count,
        example: ExampleRecord { page: warning.page, position: warning.position },
    }
}

fn completeness_of(read: &ReadSummary, times: Times) -> CompletenessRecord {
    let certificate = &read.certificate;
    let assumption = |assumption: &Assumption| AssumptionRecord {
        name: assumption.name().to_owned(),
        status: assumption.basis().to_string(),
        text: assumption.to_string(),
    };
    // The server's clock sets the timestamps of contacts, and may be behind ours.
    let watermark = read.server_start.map_or(times.started, |start| start.min(times.started));
    CompletenessRecord {
        level: certificate.level.to_string(),
        assumptions: certificate.assumptions.iter().map(assumption).collect(),
        reasons: certificate.reasons.iter().map(ToString::to_string).collect(),
        order: certificate.order.map(|order| order.to_string()),
        responses: certificate.responses,
        overlaps: certificate.overlaps,
        repair_requests: certificate.repair_requests,
        verification_passes: certificate.verification_passes,
        repeated_rows: certificate.repeated_rows,
        watermark: timestamp(watermark),
    }
}

impl Written {
    /// The size of all files.
    pub fn bytes(&self) -> u64 {
        let owners = self.owners.iter().map(|owners| &owners.file);
        self.parts.iter().chain(owners).map(|file| file.checksum.bytes()).sum()
    }
}

impl WrittenOwners {
    fn record(&self, config: &ExportConfig) -> OwnersRecord {
        OwnersRecord {
            rows: self.file.rows,
            contradictions: self.contradictions,
            file: self.file.record(&config.output, config.encoding),
            digest: self.digest.map(Into::into),
            columns: columns(&self.schema),
        }
    }
}

impl WrittenFile {
    pub(super) fn record(&self, output: &Output, encoding: Encoding) -> FileRecord {
        FileRecord {
            name: output.name_of(self.file, encoding),
            rows: self.rows,
            bytes: self.checksum.bytes(),
            sha256: self.checksum.clone().digits(),
        }
    }
}
