//! The events of a run, for reporters.
//!
//! The stages know only [`Reporter`]. A reporter of your own gets every event of [`export`](crate::export); the program
//! has a progress bar, text lines, JSON lines, and [`Silent`].

mod checked;
mod continuity;
mod counters;
mod event;
mod summary;

pub use crate::page::{FailureClass, WarningKind};
pub use checked::{
    AnnouncedQuota, Checked, CheckedOutput, Forecast, ForecastRate, LastExport, OutputState, RateSource,
};
pub use continuity::{Continuity, PreviousExport};
pub use counters::{Counters, Failures, Figures, Publishing};
pub use event::{Event, Reporter, Silent, Warning};
pub use summary::{ChangesWritten, MeasuredRate, ReadSummary, Summary};
