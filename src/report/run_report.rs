//! The report of a run, for other programs: written after every run, successful or not.
//!
//! `docs/report.schema.json` describes it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::json_lines::{Severity, json_line};
use crate::api::FailureKind;
use crate::config::{ExportConfig, Output};
use crate::error::Error;
use crate::events::{Continuity, Figures};
use crate::exit::ExitCode;
use crate::fetch::ApiError;
use crate::manifest::{ContinuityRecord, Manifest, ProgramRecord, SourceRecord, source_of, timestamp};
use crate::text::causes::error_chain;

/// The version of the report's format. It does not change while keys are only added.
const FORMAT_VERSION: u32 = 1;

/// How a run ended, its options, and its figures.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    format_version: u32,
    program: ProgramRecord,
    outcome: &'static str,
    pub(super) exit_code: u8,
    exit_meaning: &'static str,
    error: Option<Problem>,
    source: Option<SourceRecord>,
    output: Option<String>,
    /// The profile of the configuration file.
    pub(super) profile: Option<String>,
    started_at: String,
    finished_at: String,
    pub(super) seconds: f64,
    pub(super) run: Figures,
    /// What became of the contacts of the previous export, if that is known.
    pub(super) continuity: Option<Box<ContinuityRecord>>,
    /// The text of the manifest, as published.
    manifest: Option<Box<RawValue>>,
    /// Contacts published.
    #[serde(skip)]
    pub(super) rows: u64,
    /// How complete the published export is proven to be.
    #[serde(skip)]
    pub(super) completeness: Option<Completeness>,
    /// The output that the metrics belong to; all partitions of a directory are one.
    #[serde(skip)]
    pub(super) series: String,
    #[serde(skip)]
    pub(super) finished: DateTime<Utc>,
}

/// How complete the published export is proven to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Completeness {
    /// The level, as in the manifest.
    pub level: String,
    reasons: Vec<String>,
}

/// What went wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Problem {
    message: String,
    /// Its causes, the nearest first.
    chain: Vec<String>,
    hint: Option<String>,
    /// Whether the same run may succeed later: `later`, or `no`.
    retry: &'static str,
    page: Option<u64>,
    attempt: Option<u32>,
    status: Option<u16>,
    /// The server's error message, sanitized and truncated.
    server_message: Option<String>,
    /// The request id, without the name of its header.
    request_id: Option<String>,
}

impl RunReport {
    /// The report of a run that started at `started` by the system clock and took `took`.
    #[must_use]
    pub fn new(exit: ExitCode, started: DateTime<Utc>, took: Duration, run: Figures) -> Self {
        let finished = TimeDelta::from_std(took).map_or(started, |took| started + took);
        Self {
            format_version: FORMAT_VERSION,
            program: ProgramRecord::ours(),
            outcome: outcome(exit),
            exit_code: exit.code(),
            exit_meaning: exit.meaning(),
            error: None,
            source: None,
            output: None,
            profile: None,
            started_at: timestamp(started),
            finished_at: timestamp(finished),
            seconds: took.as_secs_f64(),
            run,
            continuity: None,
            manifest: None,
            rows: 0,
            completeness: None,
            series: String::new(),
            finished,
        }
    }

    /// Replaces the exit code, if something failed after the export.
    #[must_use]
    pub fn with_exit(self, exit: ExitCode) -> Self {
        Self { outcome: outcome(exit), exit_code: exit.code(), exit_meaning: exit.meaning(), ..self }
    }

    /// Adds the source of the run.
    #[must_use]
    pub fn with_config(self, config: &ExportConfig) -> Self {
        Self { source: Some(source_of(config)), ..self }
    }

    /// Adds the name of the profile.
    #[must_use]
    pub fn with_profile(self, profile: Option<&str>) -> Self {
        Self { profile: profile.map(str::to_owned), ..self }
    }

    /// Adds the output, as named on the command line.
    #[must_use]
    pub fn with_output(self, output: &Output) -> Self {
        Self { output: Some(output.to_string()), series: series(output), ..self }
    }

    /// Adds what became of the contacts of the previous export.
    #[must_use]
    pub fn with_continuity(self, continuity: Option<&Continuity>) -> Self {
        Self { continuity: continuity.map(|continuity| Box::new(ContinuityRecord::of(continuity))), ..self }
    }

    /// Adds what was published: the number of contacts and the text of the manifest.
    #[must_use]
    pub fn with_published(self, rows: u64, manifest: &str) -> Self {
        let completeness = Manifest::read(manifest.as_bytes()).ok().map(|manifest| Completeness {
            level: manifest.completeness.level,
            reasons: manifest.completeness.reasons,
        });
        Self { rows, completeness, manifest: RawValue::from_string(manifest.to_owned()).ok(), ..self }
    }

    /// Adds the error and a hint.
    #[must_use]
    pub fn with_error(self, error: &Error, hint: Option<&str>) -> Self {
        let mut problem = Problem {
            message: error.to_string(),
            chain: error_chain(error).collect(),
            hint: hint.map(str::to_owned),
            retry: if error.exit().is_temporary() { "later" } else { "no" },
            ..Problem::default()
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
                problem.server_message = Some(message.message.clone()).filter(|message| !message.is_empty());
                problem.request_id = message.request_id.as_ref().map(|request| request.id.clone());
            }
        }
        Self { error: Some(problem), ..self }
    }

    /// The report as a JSON document.
    #[must_use]
    pub fn report(&self) -> String {
        // Serializing texts and finite numbers cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The last line of a JSON log: the report, but of the manifest only the rows and how complete they are.
    #[must_use]
    pub fn log_line(&self) -> String {
        let mut fields = serde_json::to_value(Self { manifest: None, ..self.clone() }).unwrap_or_default();
        if let Value::Object(fields) = &mut fields {
            fields.remove("manifest");
            if let Some(Completeness { level, reasons }) = &self.completeness {
                fields.insert("rows".to_owned(), self.rows.into());
                fields.insert("completeness".to_owned(), level.clone().into());
                fields.insert("reasons".to_owned(), reasons.clone().into());
            }
        }
        let severity = match self.outcome {
            "success" => Severity::Info,
            "stopped" => Severity::Warning,
            _ => Severity::Error,
        };
        json_line("ended", severity, fields)
    }
}

fn outcome(exit: ExitCode) -> &'static str {
    match exit {
        ExitCode::Success => "success",
        ExitCode::HangUp
        | ExitCode::Interrupted
        | ExitCode::Quit
        | ExitCode::Terminated
        | ExitCode::CpuLimit
        | ExitCode::BrokenPipe => "stopped",
        _ => "failed",
    }
}

/// Identifies an output for the metrics, by its absolute path. The partitions of a directory are one output, since each run
/// writes another one.
fn series(output: &Output) -> String {
    match output.path() {
        Some(path) if !output.is_object() => {
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
        }
        Some(path) => path.display().to_string(),
        None => output.to_string(),
    }
}
