//! Metrics in the text format of Prometheus, for the textfile collector of its `node_exporter`.
//!
//! One file per output: the label `output`, its absolute path, tells them apart. The time of the last success is taken
//! over from the file that a failed run replaces, if that is about the same output, so that an alert can ask how old the
//! data is.

use std::fmt::{Display, Write};

use super::Ended;

const LAST_SUCCESS: &str = "linq_export_last_success_timestamp_seconds";

/// The text of the metrics after a run. `previous` is what stood in the file before, if anything did.
#[must_use]
pub fn metrics(ended: &Ended, previous: Option<&str>) -> String {
    let mut text = Text { label: label(ended.series()), text: String::new() };
    let now = seconds(ended.finished.timestamp_millis());
    let success = if ended.exit_code == 0 {
        Some(now.clone())
    } else {
        previous.and_then(|previous| last_success(previous, &text.label))
    };
    if let Some(success) = success {
        text.gauge(LAST_SUCCESS, "When an export last ended well, in seconds since 1970.", success);
    }
    text.gauge("linq_export_last_run_timestamp_seconds", "When the last run ended, in seconds since 1970.", now);
    text.gauge("linq_export_exit_code", "The exit code of the last run; 0 is a whole export.", ended.exit_code);
    text.gauge("linq_export_rows", "Contacts that the last run published.", ended.rows());
    text.gauge("linq_export_requests", "Requests that the last run sent, retries included.", ended.requests());
    text.gauge("linq_export_duration_seconds", "How long the last run took.", ended.seconds);
    text.text
}

struct Text {
    label: String,
    text: String,
}

impl Text {
    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        let label = &self.label;
        // Writing to a String cannot fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{output=\"{label}\"}} {value}\n");
    }
}

/// A label's value, escaped as the format wants it.
fn label(output: &str) -> String {
    output.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Milliseconds as seconds with their fraction.
fn seconds(milliseconds: i64) -> String {
    format!("{}.{:03}", milliseconds.div_euclid(1_000), milliseconds.rem_euclid(1_000))
}

/// When the output with this label was last exported well, by the metrics of a run before.
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
        let ended = Ended::new(exit, started, Duration::from_millis(1_500), Figures::default());
        metrics(&ended.with_output(output), previous)
    }

    #[test]
    fn the_success_of_another_output_is_not_this_ones() {
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
        // Last night's partition is of the same output as this night's.
        let night = |day: &str| Output::Folder { path: "out/".into(), partition: Some(day.parse().unwrap()) };
        let success = text_of(&night("day=1"), ExitCode::Success, None);
        assert!(text_of(&night("day=2"), ExitCode::Unauthorized, Some(&success)).contains(LAST_SUCCESS));
    }

    #[test]
    fn the_last_success_outlives_failures() {
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
