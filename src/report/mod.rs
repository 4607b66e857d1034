//! Reporting: a reporter for each kind of output, the summary, and the records of a run for other programs.

#[cfg(feature = "cli")]
mod bar;
#[cfg(feature = "cli")]
mod changes_text;
#[cfg(feature = "cli")]
mod check_text;
mod json_lines;
mod progress;
mod prometheus;
mod run_report;
#[cfg(feature = "cli")]
mod style;
#[cfg(feature = "cli")]
mod summary;
mod text;

#[cfg(feature = "cli")]
pub use bar::Bar;
#[cfg(feature = "cli")]
pub(crate) use changes_text::changes_lines;
#[cfg(feature = "cli")]
pub(crate) use check_text::check_lines;
pub use json_lines::{JsonLines, Severity, json_line};
pub use progress::Progress;
pub use prometheus::metrics;
pub use run_report::RunReport;
#[cfg(feature = "cli")]
pub(crate) use style::Style;
#[cfg(feature = "cli")]
pub(crate) use summary::summary_lines;
#[cfg(feature = "cli")]
pub(crate) use text::now;
pub use text::{Lines, Verbosity};
