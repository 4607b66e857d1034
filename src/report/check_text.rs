//! The result of a check, as lines for people.

use std::time::Duration;

use crate::events::{Checked, CheckedOutput, ForecastRate, LastExport, OutputState, RateSource};
use crate::text::humanize::{bytes, count, counted, seconds};
use crate::text::sanitize;

/// The lines of the result, each with a label; the forecast comes last.
pub(crate) fn check_lines(checked: &Checked) -> Vec<String> {
    let mut lines = vec![
        labeled("server", &sanitize::inert(&checked.base_url)),
        labeled("token", &format!("accepted, organization {}", checked.organization)),
        labeled("contacts", &contacts(checked)),
        labeled("order", checked.order.as_deref().unwrap_or("none that proves anything")),
        labeled("complete", completeness(checked.level.as_deref())),
        labeled("latency", &latency(checked)),
    ];
    if let Some(quota) = checked.quota {
        let resets = time(quota.resets_in_seconds);
        lines.push(labeled("quota", &format!("{} left, resets in {resets}", counted(quota.remaining, "request"))));
    }
    if checked.clock_ahead_seconds != 0 {
        let by = seconds(Duration::from_secs(checked.clock_ahead_seconds.unsigned_abs()));
        let side = if checked.clock_ahead_seconds > 0 { "ahead of" } else { "behind" };
        lines.push(labeled("clock", &format!("{by} {side} the server's")));
    }
    lines.push(labeled("output", &output(&checked.output)));
    lines.extend(checked.last.as_ref().map(|last| labeled("last", &last_export(last))));
    lines.push(labeled("rate", &rate(&checked.rate)));
    lines.push(labeled("forecast", &forecast(checked)));
    if checked.rate.source == RateSource::Unknown && is_range(checked) {
        lines.push(labeled("", "an export learns the rate, and the next check knows it; or use --rate"));
    }
    lines
}

fn labeled(label: &str, text: &str) -> String {
    format!("{label:<9} {text}")
}

fn contacts(checked: &Checked) -> String {
    let list = format!(
        "{} on {} of up to {}",
        count(checked.contacts),
        counted(checked.pages, "page"),
        count(checked.per_page)
    );
    if checked.changing { format!("{list}; the list is changing") } else { list }
}

fn completeness(level: Option<&str>) -> &'static str {
    match level {
        None => "not checked, because of --limit",
        Some("snapshot" | "complete") => "can be proven",
        Some(_) => "not proven by the order and the total; --require complete tries harder",
    }
}

fn latency(checked: &Checked) -> String {
    let protocol = checked.protocol.as_deref().map(|protocol| format!(" ({protocol})")).unwrap_or_default();
    format!("{:.0} ms{protocol}", checked.latency_seconds * 1_000.0)
}

fn output(output: &CheckedOutput) -> String {
    let CheckedOutput { name, state, free_bytes } = output;
    let state = match state {
        OutputState::Ready => "can be written",
        OutputState::Locked => "a run is writing it now",
        OutputState::Stream => "a stream, not opened",
    };
    let free = free_bytes.map(|free| format!(", {} free", bytes(free))).unwrap_or_default();
    format!("{}: {state}{free}", sanitize::inert(name))
}

fn last_export(last: &LastExport) -> String {
    let LastExport { finished_at, contacts, seconds, .. } = last;
    let day = sanitize::inert(finished_at.get(..16).unwrap_or(finished_at)).replace('T', " ");
    format!("{day} UTC, {} in {}", counted(*contacts, "contact"), time(*seconds))
}

fn rate(rate: &ForecastRate) -> String {
    let ForecastRate { source, per_second, learned_at } = rate;
    match (source, per_second) {
        (RateSource::Unknown, _) => "not known yet".to_owned(),
        (_, None) => "unlimited".to_owned(),
        (RateSource::Fixed, Some(rate)) => format!("{rate} requests/s, fixed"),
        (RateSource::Learned, Some(rate)) => {
            let day = learned_at.as_deref().and_then(|at| at.get(..10)).unwrap_or("earlier");
            format!("{rate:.1} requests/s, learned {day}")
        }
    }
}

fn is_range(checked: &Checked) -> bool {
    let forecast = checked.forecast;
    forecast.seconds_max > forecast.seconds_min * 1.1
}

fn forecast(checked: &Checked) -> String {
    let forecast = checked.forecast;
    let written = forecast.bytes_written.map(|written| format!(", {} to write", bytes(written))).unwrap_or_default();
    let least = time(forecast.seconds_min);
    let took = if is_range(checked) { format!("{least} to {}", time(forecast.seconds_max)) } else { least };
    format!("{}, {} to read{written}, {took}", counted(forecast.requests, "request"), bytes(forecast.bytes_read))
}

fn time(of: f64) -> String {
    seconds(Duration::try_from_secs_f64(of).unwrap_or(Duration::MAX))
}
