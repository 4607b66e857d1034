//! The result of a check: whether an export can run, and what it will take.

use serde::Serialize;

/// What a check found out, without exporting anything.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Checked {
    /// The server.
    pub base_url: String,
    /// The key of the token's organization, as in manifests.
    pub organization: String,
    /// Contacts in the list.
    pub contacts: u64,
    /// Pages of the list.
    pub pages: u64,
    /// Contacts per page, as applied by the server.
    pub per_page: u64,
    /// The order of the list, if it has one that can prove something.
    pub order: Option<String>,
    /// The completeness level that an export can prove; `None` with a limit.
    pub level: Option<String>,
    /// Whether contacts were created or deleted between the two requests.
    pub changing: bool,
    /// Seconds in which a page arrives.
    pub latency_seconds: f64,
    /// The version of HTTP.
    pub protocol: Option<String>,
    /// The quota that the server announces.
    pub quota: Option<AnnouncedQuota>,
    /// Seconds that this machine's clock is ahead of the server's, or behind if negative; 0 if that is less than a minute.
    pub clock_ahead_seconds: i64,
    /// Where the export would go.
    pub output: CheckedOutput,
    /// The rate of the requests.
    pub rate: ForecastRate,
    /// What an export will take.
    pub forecast: Forecast,
    /// The last export to this output.
    pub last: Option<LastExport>,
    /// Requests that the check has sent.
    pub requests: u64,
    /// What the operator should look at.
    pub warnings: Vec<String>,
}

/// What is left of a quota, as the server says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AnnouncedQuota {
    /// Requests that are left.
    pub remaining: u64,
    /// Seconds until it resets.
    pub resets_in_seconds: f64,
}

/// The output, as the check found it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedOutput {
    /// Its name.
    pub name: String,
    /// Whether it can be written.
    pub state: OutputState,
    /// Free bytes on its file system.
    pub free_bytes: Option<u64>,
}

/// Whether an output can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputState {
    /// It was opened and locked, and left as it was.
    Ready,
    /// A run is writing it.
    Locked,
    /// A stream, which was not opened.
    Stream,
}

/// The rate that a forecast is based on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastRate {
    /// Where it comes from.
    pub source: RateSource,
    /// Requests per second; `None` if unknown or unlimited.
    pub per_second: Option<f64>,
    /// When it was learned.
    pub learned_at: Option<String>,
}

/// Where a rate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateSource {
    /// The configuration.
    Fixed,
    /// An earlier run learned it.
    Learned,
    /// Nowhere: the run will learn it.
    Unknown,
}

/// What an export will take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Forecast {
    /// Requests, without retries.
    pub requests: u64,
    /// Bytes of JSON.
    pub bytes_read: u64,
    /// Bytes of files, by the last export; `None` without one.
    pub bytes_written: Option<u64>,
    /// The least time in seconds.
    pub seconds_min: f64,
    /// The most: the same, unless the rate is unknown.
    pub seconds_max: f64,
}

/// The last export to an output, by its manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastExport {
    /// When it ended.
    pub finished_at: String,
    /// Its contacts.
    pub contacts: u64,
    /// The size of its files.
    pub bytes: u64,
    /// Its duration in seconds.
    pub seconds: f64,
}
