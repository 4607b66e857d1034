//! Signals to cancellation: the first asks the run to stop, a second ends the process at once.

use std::sync::Arc;
use std::sync::OnceLock;

use linq_export::platform::{StopSignal, StopSignals};
use linq_export::{CancellationToken, Exit};

/// What stops a run.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// Cancelled by the first signal.
    pub cancellation: CancellationToken,
    first: Arc<OnceLock<Exit>>,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// If the system refuses to hand signals over.
    pub fn listen() -> std::io::Result<Self> {
        let signals = Self::default();
        let mut source = StopSignals::listen()?;
        let heard = signals.clone();
        tokio::spawn(async move {
            let _ = heard.first.set(exit(source.next().await));
            heard.cancellation.cancel();
            std::process::exit(exit(source.next().await).code().into());
        });
        Ok(signals)
    }

    /// How to exit, if a signal came.
    pub fn exit(&self) -> Option<Exit> {
        self.first.get().copied()
    }
}

fn exit(signal: StopSignal) -> Exit {
    match signal {
        StopSignal::Interrupt => Exit::Interrupted,
        StopSignal::Terminate => Exit::Terminated,
    }
}
