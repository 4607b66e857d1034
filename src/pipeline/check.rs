//! A check: everything that an export does before it reads, two requests, and a forecast. Nothing is written.

use std::cmp::Ordering;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::export::Run;
use super::warm_start::{contacts_before, learned_before, start_with, with_start};
use crate::config::{ExportConfig, KnownRate, Pacing, Rate};
use crate::destination::{DestinationError, has_stream};
use crate::error::Error;
use crate::events::{
    AnnouncedQuota, Checked, CheckedOutput, Forecast, ForecastRate, LastExport, OutputState, RateSource, Reporter,
};
use crate::fetch::{Probed, probe};
use crate::manifest::{self, Learned, last_export, source_of, timestamp};
use crate::naming::FileNames;
use crate::platform;
use crate::proof::{Level, Outlook, outlook};
use crate::rate::{Conditions, duration};
use crate::storage;
use crate::text::humanize::{bytes, count, counted, seconds};

/// The slowest limit that a forecast without a known rate allows for, in requests per second.
const SLOWEST: f64 = 5.0;

/// Checks whether an export would work, with two requests, and forecasts what it would take.
///
/// The output is opened and locked as for an export, and left as it was. If another run is writing it, that is not an
/// error.
///
/// # Errors
/// Those of an export that would fail before it reads all pages.
pub async fn check(
    mut config: ExportConfig,
    reporter: Arc<dyn Reporter>,
    cancellation: CancellationToken,
) -> Result<Checked, Error> {
    config.output.begin_run();
    config.lock_timeout = None;
    storage::trust(&config.contacts.ca_certificates);
    let checked = tokio::select! {
        checked = Box::pin(check_all(&config, &reporter, &cancellation)) => checked,
        () = cancellation.cancelled() => Err(Error::Cancelled),
    };
    storage::cleaned_up(storage::CLEAN_UP).await;
    checked
}

async fn check_all(
    config: &ExportConfig,
    reporter: &Arc<dyn Reporter>,
    cancellation: &CancellationToken,
) -> Result<Checked, Error> {
    let state = open(config, reporter, cancellation).await?;
    let (before, learned, last, plan) = {
        let (config, reporter) = (config.clone(), Arc::clone(reporter));
        let read = move || {
            let before = contacts_before(&config, &*reporter).unwrap_or_default();
            let learned = learned_before(&config);
            let start = start_with(config.contacts.pacing, learned, &*reporter);
            let least = config.max_deletes.least(before);
            let plan = with_start(&config, start, least.max(before.min(1)));
            let text = config.output.manifest_path().and_then(|path| manifest::read_file(&path).ok());
            (before, learned, text.and_then(|text| last_export(&text)), plan)
        };
        tokio::task::spawn_blocking(read).await.map_err(Error::bug)?
    };
    let probed = probe(&plan, Arc::clone(reporter)).await?;
    let outlook = outlook(&probed.first, probed.end.as_ref().ok(), plan.limit, plan.required());
    if outlook.contacts < config.max_deletes.least(before) {
        return Err(Error::Deleted { before, after: outlook.contacts, allowed: config.max_deletes });
    }
    let forecast = forecast(plan.pacing, learned, last.as_ref(), &outlook, &probed, plan.concurrency);
    let output = CheckedOutput {
        name: config.output.to_string(),
        state,
        free_bytes: if state == OutputState::Stream { None } else { free_space(config) },
    };
    let source = source_of(config);
    // A total that its own pages contradict proves nothing.
    let wrong_end = probed.end.as_ref().ok().and_then(|end| wrong_end(end.rows.len() as u64, end.asked.page, &outlook));
    let proven = outlook.level.map(|level| if wrong_end.is_some() { Level::Counted.min(level) } else { level });
    let warnings = warnings(config, wrong_end, &probed, &forecast, &output);
    Ok(Checked {
        base_url: source.base_url,
        organization: source.organization,
        contacts: outlook.contacts,
        pages: outlook.pages,
        per_page: outlook.per_page,
        order: outlook.order.map(|order| order.to_string()),
        level: proven.map(|level| level.to_string()),
        changing: outlook.changes,
        latency_seconds: probed.latency.as_secs_f64(),
        protocol: probed.version.map(str::to_owned),
        quota: probed.quota.map(|quota| AnnouncedQuota {
            remaining: quota.remaining,
            resets_in_seconds: quota.resets_in.as_secs_f64(),
        }),
        clock_ahead_seconds: probed.skew.unwrap_or_default(),
        output,
        rate: rate(plan.pacing, learned),
        forecast,
        last,
        requests: probed.requests,
        warnings,
    })
}

/// Opens everything that an export opens before it reads, and closes it again.
async fn open(
    config: &ExportConfig,
    reporter: &Arc<dyn Reporter>,
    cancellation: &CancellationToken,
) -> Result<OutputState, Error> {
    let publishing = false.into();
    let run = Run { config, reporter, cancellation, publishing: &publishing };
    let (sender, _pieces) = mpsc::channel(1);
    let encode = run.check(sender)?;
    let state = if has_stream(&config.output) {
        OutputState::Stream
    } else {
        let new_locks = new_locks(config);
        match run.open().await {
            Ok(open) => {
                // While they are held, so that waiting runs notice.
                for lock in new_locks {
                    let _ = fs::remove_file(lock);
                }
                drop(open);
                OutputState::Ready
            }
            Err(Error::Destination(DestinationError::Locked { .. })) => OutputState::Locked,
            Err(error) => return Err(error),
        }
    };
    // An export would only warn of any other.
    if state != OutputState::Locked && (config.previous.is_some() || config.changes.is_some()) {
        let mut previous = run.previous().await?;
        drop(run.changes(previous.as_mut(), encode.schema(), chrono::Utc::now()).await?);
    }
    Ok(state)
}

/// The lock files that do not exist yet.
fn new_locks(config: &ExportConfig) -> Vec<PathBuf> {
    let owners = config.output.owners_path(config.encoding).filter(|_| config.has_owners_file());
    let local = [config.output.target(), owners, config.kit.clone()].into_iter().flatten();
    let locks = local.filter(|path| !storage::is_url(path)).filter_map(|path| Some(FileNames::of(&path).ok()?.lock));
    locks.filter(|lock| !lock.exists()).collect()
}

fn free_space(config: &ExportConfig) -> Option<u64> {
    let target = config.output.target().filter(|_| !config.output.is_object())?;
    let target = std::path::absolute(target).ok()?;
    target
        .ancestors()
        .skip(1)
        .find(|ancestor| ancestor.is_dir())
        .and_then(|there: &Path| platform::free_space(there).ok())
}

fn rate(pacing: Pacing, learned: Option<Learned>) -> ForecastRate {
    let known = |rate: Rate| Some(rate.per_second()).filter(|rate| rate.is_finite());
    match (pacing, learned) {
        (Pacing::Fixed(rate), _) => {
            ForecastRate { source: RateSource::Fixed, per_second: known(rate), learned_at: None }
        }
        (Pacing::Learn { known: Some(_), .. }, Some(learned)) => ForecastRate {
            source: RateSource::Learned,
            per_second: known(learned.rate.rate),
            learned_at: Some(timestamp(learned.at)),
        },
        _ => ForecastRate { source: RateSource::Unknown, per_second: None, learned_at: None },
    }
}

fn forecast(
    pacing: Pacing,
    learned: Option<Learned>,
    last: Option<&LastExport>,
    outlook: &Outlook,
    probed: &Probed,
    concurrency: NonZeroUsize,
) -> Forecast {
    let took = |limit| {
        let conditions = Conditions { pacing, concurrency, latency: probed.latency, limit };
        duration(&conditions, &outlook.steps).as_secs_f64()
    };
    // With a limit, the rate is only where the run begins: what counts is how fast pages came through.
    let throughput = learned.and_then(|learned| learned.rate.throughput.or(Some(learned.rate.rate.per_second())));
    let (seconds_min, slowest) = match pacing {
        Pacing::Learn { known: Some(KnownRate::Limit(..)), .. } => {
            let limited = throughput.map_or(0.0, |throughput| as_number(outlook.requests()) / throughput);
            (limited.max(took(None)), None)
        }
        Pacing::Learn { known: None, ceiling } => (took(None), Some(Rate::within(ceiling, SLOWEST))),
        _ => (took(None), None),
    };
    let seen = probed.first.rows.len() + probed.end.as_ref().map_or(0, |end| end.rows.len());
    Forecast {
        requests: outlook.requests(),
        bytes_read: scaled(probed.bytes, outlook.shown, seen as u64),
        bytes_written: last.filter(|last| last.contacts > 0).map(|last| {
            let written = outlook.contacts.min(outlook.shown);
            scaled(last.bytes, written, last.contacts)
        }),
        seconds_min,
        seconds_max: slowest.map_or(seconds_min, |slowest| took(Some(slowest)).max(seconds_min)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a forecast is not exact")]
fn as_number(requests: u64) -> f64 {
    requests as f64
}

fn scaled(bytes: u64, to: u64, from: u64) -> u64 {
    u64::try_from(u128::from(bytes) * u128::from(to) / u128::from(from.max(1))).unwrap_or(u64::MAX)
}

/// What an operator should know, although the export can begin.
fn warnings(
    config: &ExportConfig,
    wrong_end: Option<String>,
    probed: &Probed,
    forecast: &Forecast,
    output: &CheckedOutput,
) -> Vec<String> {
    let mut warnings = Vec::from_iter(wrong_end);
    if let Err(cause) = &probed.end {
        warnings.push(format!(
            "the last page cannot be read ({cause}): an export would look for the end of the list, or read that page in pieces"
        ));
    }
    if let Some(free) = output.free_bytes {
        // JSON is larger than any format that an export writes.
        let needed = forecast.bytes_written.unwrap_or(forecast.bytes_read);
        if free < needed {
            warnings.push(format!("only {} are free, and the export may need {}", bytes(free), bytes(needed)));
        }
    }
    if let Some(deadline) = config.contacts.retry_limits.deadline
        && forecast.seconds_max > deadline.as_secs_f64()
    {
        let most = seconds(Duration::try_from_secs_f64(forecast.seconds_max).unwrap_or(Duration::MAX));
        warnings.push(format!("the export may take {most}, and --deadline is {}", seconds(deadline)));
    }
    warnings
}

/// What is wrong with the total, by the last page.
fn wrong_end(rows: u64, page: u64, outlook: &Outlook) -> Option<String> {
    if outlook.changes || outlook.pages <= 1 {
        return None;
    }
    let due = outlook.contacts.saturating_sub((page - 1) * outlook.per_page).min(outlook.per_page);
    let total = counted(outlook.contacts, "contact");
    match rows.cmp(&due) {
        Ordering::Equal => None,
        Ordering::Less => Some(format!(
            "the server counts {total}, but page {page} has {} instead of {}: an export would read up to where the list ends, \
             and may be below the level complete",
            count(rows),
            count(due)
        )),
        Ordering::Greater => Some(format!(
            "the server counts {total}, but the list goes on after them: an export would read on, to its end"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(contacts: u64) -> Outlook {
        Outlook {
            contacts,
            pages: contacts.div_ceil(100),
            per_page: 100,
            order: None,
            level: None,
            changes: false,
            steps: Vec::new(),
            shown: contacts,
        }
    }

    #[test]
    fn a_wrong_total_is_named() {
        assert_eq!(wrong_end(50, 26, &outlook(2_550)), None);
        assert_eq!(wrong_end(100, 10, &outlook(1_000)), None);
        assert!(wrong_end(0, 26, &outlook(2_550)).unwrap().contains("page 26 has 0 instead of 50"));
        assert!(wrong_end(100, 26, &outlook(2_550)).unwrap().contains("goes on after them"));
        assert_eq!(wrong_end(0, 26, &Outlook { changes: true, ..outlook(2_550) }), None);
    }

    #[test]
    fn figures_are_scaled_without_overflow() {
        assert_eq!(scaled(200, 1_000, 100), 2_000);
        assert_eq!(scaled(u64::MAX, u64::MAX, 1), u64::MAX);
        assert_eq!(scaled(5, 5, 0), 25);
    }
}
