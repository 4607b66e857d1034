//! Signals to cancellation: the first asks the run to stop, a second ends the process at once.

use std::sync::Arc;
use std::sync::OnceLock;

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
        let mut source = Source::new()?;
        let heard = signals.clone();
        tokio::spawn(async move {
            let exit = source.next().await;
            let _ = heard.first.set(exit);
            heard.cancellation.cancel();
            let exit = source.next().await;
            std::process::exit(exit.code().into());
        });
        Ok(signals)
    }

    /// How to exit, if a signal came.
    pub fn exit(&self) -> Option<Exit> {
        self.first.get().copied()
    }
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Exit {
        // An error here means that no signal will ever come.
        match tokio::signal::ctrl_c().await {
            Ok(()) => Exit::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}
