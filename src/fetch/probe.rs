//! Reads page 1 and the last page, and nothing else: what a check needs to know.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::error::{ApiError, FailedAttempt};
use super::request::Fetcher;
use super::scheduler::denies_page;
use crate::api::Share;
use crate::api::rate_limit_headers::Quota;
use crate::config::ContactsConfig;
use crate::events::Reporter;
use crate::page::{Asked, Observed};
use crate::proof::last_page;

/// A server that does not answer for so long is down. The export would wait longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the two pages showed.
#[derive(Debug)]
pub(crate) struct Probed {
    pub first: Observed,
    /// The last page; or why it cannot be read, although the server is up.
    pub end: Result<Observed, String>,
    /// The size of both pages, in bytes.
    pub bytes: u64,
    /// The time in which a page arrives over an open connection.
    pub latency: Duration,
    pub requests: u64,
    /// The version of HTTP.
    pub version: Option<&'static str>,
    /// What the server says is left of a quota.
    pub quota: Option<Quota>,
    /// How many seconds this machine's clock is ahead of the server's, if the difference is large.
    pub skew: Option<i64>,
}

/// Requests both pages, with few retries: a server that is down or refuses is the result.
pub(crate) async fn probe(config: &ContactsConfig, reporter: Arc<dyn Reporter>) -> Result<Probed, ApiError> {
    let mut config = config.clone();
    config.retry_limits.outage = config.retry_limits.outage.min(PATIENCE);
    config.retry_limits.retry_after = Duration::ZERO;
    let deadline = config.retry_limits.deadline;
    let fetcher = Fetcher::new(&config, reporter)?;
    let reading = fetcher.probe(config.per_page.get());
    match deadline {
        None => reading.await,
        Some(after) => tokio::time::timeout(after, reading).await.unwrap_or(Err(ApiError::Deadline { after })),
    }
}

impl Fetcher {
    async fn probe(&self, per_page: u32) -> Result<Probed, ApiError> {
        let first = self.fetch_first(Asked { page: 1, per_page }, &Share::alone()).await?;
        let asked = last_page(&first.observed);
        let end = match self.fetch_past_the_end(asked, &Share::alone()).await {
            Ok(fetched) => Ok(fetched),
            Err(ApiError::Page(FailedAttempt { failure, .. }))
                if asked.page > 1 && (failure.class.may_pass() || denies_page(&failure)) =>
            {
                Err(failure.to_string())
            }
            Err(error) => return Err(error),
        };
        let took = |page: &Observed| page.received.saturating_sub(page.sent);
        // The first request also connects, and the end of a list may be slower than its start.
        let latency = match (took(&first.observed), end.as_ref().map(|end| took(&end.observed))) {
            (first, Ok(end)) if end > first => (first + end) / 2,
            (_, Ok(end)) => end,
            (first, _) => first,
        };
        let bytes = first.bytes + end.as_ref().map_or(0, |end| end.bytes);
        let head = end.as_ref().ok().and_then(|end| end.head).or(first.head);
        Ok(Probed {
            end: end.map(|end| end.observed),
            first: first.observed,
            bytes: bytes as u64,
            latency,
            requests: self.requests.load(Ordering::Relaxed),
            version: head.map(|head| head.version),
            quota: head.and_then(|head| head.quota),
            skew: self.skew(),
        })
    }
}
