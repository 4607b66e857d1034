//! Metrics in the text format of Prometheus, for the textfile collector of its `node_exporter`.
//!
//! One file per output, which the label `output` identifies by its absolute path. A failed run keeps the time of the last
//! success from the file that it replaces, if that belongs to the same output, so that alerts can use the age of the data.

use std::fmt::{Display, Write};

use super::run_report::RunReport;

const LAST_SUCCESS: &str = "linq_export_last_success_timestamp_seconds";

/// The metrics after a run. `previous` is the earlier content of the file, if it exists.
#[must_use]
pub fn metrics(report: &RunReport, previous: Option<&str>) -> String {
    let mut text = Text { label: label(&report.series), text: String::new() };
    let now = seconds(report.finished.timestamp_millis());
    let success = if report.exit_code == 0 {
        Some(now.clone())
    } else {
        previous.and_then(|previous| last_success(previous, &text.label))
    };
    if let Some(success) = success {
        text.gauge(LAST_SUCCESS, "Unix time of the last successful export.", success);
    }
    text.gauge("linq_export_last_run_timestamp_seconds", "Unix time at which the last run ended.", now);
    text.gauge("linq_export_exit_code", "Exit code of the last run; 0 means success.", report.exit_code);
    text.gauge("linq_export_rows", "Contacts published by the last run.", report.rows);
    if let Some(continuity) = &report.continuity {
        for (name, help, value) in [
            ("new", "Contacts that the previous export did not have.", continuity.new),
            ("deleted", "Contacts of the previous export that were confirmed as deleted.", continuity.deleted),
            ("recovered", "Contacts of the previous export that only a lookup found.", continuity.recovered),
            ("unconfirmed", "Contacts of the previous export that may still exist.", continuity.unconfirmed),
        ] {
            text.gauge(&format!("linq_export_{name}"), help, value);
        }
    }
    if let Some(completeness) = &report.completeness {
        let help = "The completeness level that the last run published, in the label level.";
        text.gauge_with("linq_export_completeness", help, &[("level", &completeness.level)], 1);
    }
    text.gauge("linq_export_pages", "Pages read by the last run.", report.run.pages);
    text.gauge("linq_export_requests", "Requests sent by the last run, including retries.", report.run.requests);
    text.gauge("linq_export_retries", "Failed requests that the last run repeated.", report.run.retries);
    let throttles = report.run.failures.rate_limited;
    text.gauge("linq_export_rate_limited", "Requests that the server refused because of its rate limit.", throttles);
    text.gauge("linq_export_duration_seconds", "Duration of the last run.", report.seconds);
    if let Some(profile) = &report.profile {
        let help = "The profile of the configuration file, in the label profile.";
        text.gauge_with("linq_export_profile_info", help, &[("profile", profile)], 1);
    }
    let help = "The program that ran last, with its version as a label.";
    text.gauge_with("linq_export_build_info", help, &[("version", env!("CARGO_PKG_VERSION"))], 1);
    text.text
}

struct Text {
    label: String,
    text: String,
}

impl Text {
    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.gauge_with(name, help, &[], value);
    }

    fn gauge_with(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: impl Display) {
        let more: Vec<_> = labels.iter().map(|(name, value)| format!(",{name}=\"{}\"", label(value))).collect();
        let more = more.concat();
        let output = &self.label;
        // Writing to a String cannot fail.
        let _ = write!(
            self.text,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{output=\"{output}\"{more}}} {value}\n"
        );
    }
}

/// A label's value, escaped.
fn label(output: &str) -> String {
    output.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Milliseconds as seconds with three decimals.
fn seconds(milliseconds: i64) -> String {
    format!("{}.{:03}", milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000))
}

/// The time of the output's last success, from the metrics of an earlier run.
fn last_success(previous: &str, label: &str) -> Option<String> {
    let sample = format!("{LAST_SUCCESS}{{output=\"{label}\"}} ");
    let value = previous.lines().find_map(|line| line.strip_prefix(&sample))?;
    value.parse::<f64>().ok().filter(|value| value.is_finite()).map(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Output;
    use crate::events::Figures;
    use crate::exit::ExitCode;

    fn text(exit: ExitCode, previous: Option<&str>) -> String {
        text_of(&Output::File("/a \"b\"\\c.parquet".into()), exit, previous)
    }

    fn text_of(output: &Output, exit: ExitCode, previous: Option<&str>) -> String {
        let started = "2026-01-02T03:04:05Z".parse().unwrap();
        let report = RunReport::new(exit, started, Duration::from_millis(1_500), Figures::default());
        metrics(&report.with_output(output), previous)
    }

    #[test]
    fn another_outputs_success_does_not_count() {
        let here = Output::File("c.parquet".into());
        let success = text_of(&here, ExitCode::Success, None);
        let absolute = Output::File(std::path::absolute("c.parquet").unwrap());
        assert!(text_of(&absolute, ExitCode::Unauthorized, Some(&success)).contains(LAST_SUCCESS));
        for other in ["c.parquet2", "/c.parquet", "a/c.parquet", "c"] {
            assert!(
                !text_of(&Output::File(other.into()), ExitCode::Unauthorized, Some(&success)).contains(LAST_SUCCESS),
                "{other}"
            );
        }
        assert!(!text_of(&Output::Stdout, ExitCode::Unauthorized, Some(&success)).contains(LAST_SUCCESS));
        // Last night's partition and tonight's are one output.
        let night = |day: &str| Output::Folder { path: "out/".into(), partition: Some(day.parse().unwrap()) };
        let success = text_of(&night("day=1"), ExitCode::Success, None);
        assert!(text_of(&night("day=2"), ExitCode::Unauthorized, Some(&success)).contains(LAST_SUCCESS));
    }

    #[test]
    fn failures_keep_the_time_of_the_last_success() {
        let success = text(ExitCode::Success, None);
        let line = "linq_export_last_success_timestamp_seconds{output=\"/a \\\"b\\\"\\\\c.parquet\"} 1767323046.500\n";
        assert!(success.contains(line), "{success}");
        let failure = text(ExitCode::Unauthorized, Some(&success));
        assert!(
            failure.contains(line)
                && failure.contains("linq_export_exit_code{output=\"/a \\\"b\\\"\\\\c.parquet\"} 77\n")
        );
        assert!(text(ExitCode::Unauthorized, Some(&failure)).contains(line));
        assert!(!text(ExitCode::Unauthorized, None).contains(LAST_SUCCESS));
        assert!(
            !text(ExitCode::Unauthorized, Some("linq_export_last_success_timestamp_seconds soon\n"))
                .contains(LAST_SUCCESS)
        );
    }

    #[test]
    fn every_line_is_a_comment_or_a_sample() {
        for line in text(ExitCode::Success, None).lines() {
            let sample = || line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok());
            assert!(
                line.starts_with("# HELP linq_export_") || line.starts_with("# TYPE linq_export_") || sample(),
                "{line}"
            );
        }
    }
}
