//! How a run ended, as a record for machines: written after every run, the failed ones above all.
//!
//! An outcome and figures come in; the report's JSON and the metrics' text go out.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;

use super::json_line;
use crate::api::FailureKind;
use crate::config::{ExportConfig, Output};
use crate::error::Error;
use crate::events::{Figures, Summary};
use crate::exit::ExitCode;
use crate::fetch::ApiError;
use crate::manifest::{Manifest, ProgramRecord, SourceRecord, source_of, timestamp};
use crate::text::causes::error_chain;

/// The version of the report's format. It stays while keys are only added.
const FORMAT_VERSION: u32 = 1;

/// How a run ended, what it was told, and its figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ended {
    format_version: u32,
    program: ProgramRecord,
    outcome: &'static str,
    pub(super) exit_code: u8,
    meaning: &'static str,
    error: Option<Problem>,
    source: Option<SourceRecord>,
    output: Option<String>,
    started_at: String,
    finished_at: String,
    pub(super) seconds: f64,
    run: Figures,
    manifest: Option<Manifest>,
    /// What the metrics are about: the output, and all partitions of a folder as one.
    #[serde(skip)]
    series: String,
    #[serde(skip)]
    pub(super) finished: DateTime<Utc>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Problem {
    message: String,
    /// What lies behind it, the nearest first.
    chain: Vec<String>,
    hint: Option<String>,
    page: Option<u64>,
    attempt: Option<u32>,
    status: Option<u16>,
    /// What the server said, escaped and cut.
    said: Option<String>,
    /// The id alone, without the name of the header.
    request_id: Option<String>,
}

impl Ended {
    /// The record of a run that began at `started`, as the clock on the wall has it, and took so long.
    #[must_use]
    pub fn new(exit: ExitCode, started: DateTime<Utc>, took: Duration, run: Figures) -> Self {
        let finished = TimeDelta::from_std(took).map_or(started, |took| started + took);
        Self {
            format_version: FORMAT_VERSION,
            program: ProgramRecord::ours(),
            outcome: outcome(exit),
            exit_code: exit.code(),
            meaning: exit.meaning(),
            error: None,
            source: None,
            output: None,
            started_at: timestamp(started),
            finished_at: timestamp(finished),
            seconds: took.as_secs_f64(),
            run,
            manifest: None,
            series: String::new(),
            finished,
        }
    }

    /// Changes how the run exits, where something went wrong after it had ended.
    #[must_use]
    pub fn with_exit(mut self, exit: ExitCode) -> Self {
        self.outcome = outcome(exit);
        self.exit_code = exit.code();
        self.meaning = exit.meaning();
        self
    }

    /// Adds what the run was told.
    #[must_use]
    pub fn with_config(mut self, config: &ExportConfig) -> Self {
        self.source = Some(source_of(config));
        self
    }

    /// Adds where the output was to go, as the operator named it.
    #[must_use]
    pub fn with_output(mut self, output: &Output) -> Self {
        self.output = Some(output.to_string());
        self.series = series(output);
        self
    }

    /// Adds what the run came to.
    #[must_use]
    pub fn with_summary(self, summary: &Summary) -> Self {
        self.with_manifest(&summary.manifest)
    }

    /// Adds the record of what was published, where the run did not end well after that.
    #[must_use]
    pub fn with_manifest(mut self, manifest: &Manifest) -> Self {
        self.manifest = Some(manifest.clone());
        self
    }

    /// Adds why it did not end well, and what to do.
    #[must_use]
    pub fn with_error(mut self, error: &Error, hint: Option<&str>) -> Self {
        let mut problem = Problem {
            message: error.to_string(),
            chain: error_chain(error).collect(),
            hint: hint.map(str::to_owned),
            page: None,
            attempt: None,
            status: None,
            said: None,
            request_id: None,
        };
        let failed = match error {
            Error::Api(error) => match &**error {
                ApiError::Page(last) | ApiError::Outage { last, .. } | ApiError::RateLimited { last, .. } => {
                    Some((last.page, Some(last.attempt), &last.failure))
                }
                ApiError::Unreadable { page, failure, .. } => Some((*page, None, &**failure)),
                _ => None,
            },
            _ => None,
        };
        if let Some((page, attempt, failure)) = failed {
            (problem.page, problem.attempt) = (Some(page), attempt);
            if let FailureKind::Status { status, .. } = failure.kind {
                problem.status = Some(status);
            }
            if let FailureKind::Status { message, .. }
            | FailureKind::InvalidPage { message, .. }
            | FailureKind::NotAPage { message, .. } = &failure.kind
            {
                problem.said = Some(message.message.clone()).filter(|message| !message.is_empty());
                problem.request_id = message.request_id.as_ref().map(|request| request.id.clone());
            }
        }
        self.error = Some(problem);
        self
    }

    /// What the metrics are about.
    pub(super) fn series(&self) -> &str {
        &self.series
    }

    /// Contacts written; none where the output was not published.
    pub(super) fn rows(&self) -> u64 {
        self.manifest.as_ref().map_or(0, Manifest::rows)
    }

    /// Requests sent.
    pub(super) fn requests(&self) -> u64 {
        self.run.requests
    }

    /// The report: a JSON document.
    #[must_use]
    pub fn report(&self) -> String {
        // Keys that are text and numbers that are finite: nothing here can fail to serialise.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The last line of a JSON log: the report without the manifest, which stands beside the file.
    #[must_use]
    pub fn log_line(&self) -> String {
        let mut fields = serde_json::to_value(Self { manifest: None, ..self.clone() }).unwrap_or_default();
        if let Value::Object(fields) = &mut fields {
            fields.remove("manifest");
        }
        json_line("ended", fields)
    }
}

fn outcome(exit: ExitCode) -> &'static str {
    match exit {
        ExitCode::Success => "whole",
        ExitCode::HangUp
        | ExitCode::Interrupted
        | ExitCode::Quit
        | ExitCode::Terminated
        | ExitCode::CpuLimit
        | ExitCode::BrokenPipe => "stopped",
        _ => "failed",
    }
}

/// What tells an output from all others, from wherever it is named: a run of one must not be taken for one of another. The
/// partitions of a folder are nights of one output.
fn series(output: &Output) -> String {
    match output.path() {
        Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string(),
        None => output.to_string(),
    }
}
