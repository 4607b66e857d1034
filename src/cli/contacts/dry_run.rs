//! A run that only checks: like an export up to its first two requests, without report and metrics.

use std::sync::Arc;
use std::time::Instant;

use super::{ApiError, Contacts};
use crate::cli::messages;
use crate::cli::signals::Signals;
use crate::cli::{hide_secrets, logging::say};
use crate::events::{Checked, Counters};
use crate::report::RunReport;
use crate::{Error, ExitCode, check};

impl Contacts {
    /// Checks whether the export would work, and prints the result.
    pub async fn check_only(&self, print: impl FnOnce(&Checked) -> ExitCode) -> ExitCode {
        let signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return self.unchecked(&Error::Bug(format!("cannot register signal handlers: {error}"))),
        };
        match self.checked(&signals).await.map_err(hide_secrets::within) {
            Ok(checked) => {
                for warning in &checked.warnings {
                    self.logging.warn(warning);
                }
                print(&checked)
            }
            Err(Error::Cancelled) => signals.exit().unwrap_or_else(|| Error::Cancelled.exit()),
            Err(error) => self.unchecked(&error),
        }
    }

    async fn checked(&self, signals: &Signals) -> Result<Checked, Error> {
        let start = Instant::now();
        // Report and metrics are opened as by a run, and dropped.
        let (_, opened) = self.open_run_files(start, signals).await;
        let checking = async {
            let ready = self.prepare(opened, start).await?;
            for warning in &ready.warnings {
                self.logging.warn(warning);
            }
            let reporter = Arc::new(Counters::new(self.logging.plain_reporter()));
            check(ready.config, reporter, signals.cancellation.clone()).await
        };
        tokio::select! {
            checked = checking => checked,
            () = signals.cancellation.cancelled() => Err(Error::Cancelled),
            after = self.deadline(start) => Err(ApiError::Deadline { after }.into()),
        }
    }

    fn unchecked(&self, error: &Error) -> ExitCode {
        if !self.logging.is_json() {
            return messages::fail(error);
        }
        let exit = error.exit();
        let ended =
            RunReport::new(exit, chrono::Utc::now(), std::time::Duration::ZERO, crate::events::Figures::default());
        say(ended.with_error(error, messages::advice(error).as_deref()).log_line());
        exit
    }
}
