//! Turns signals into cancellation: the first stops the run, a later one ends the process at once.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::platform::{StopSignal, StopSignals};
use crate::{CancellationToken, ExitCode};

/// Signals within this time count as one: Ctrl-C reaches both a wrapper and this program, and the wrapper often forwards
/// it.
const SAME: Duration = Duration::from_millis(500);
/// The process ends this long after the first signal, even if something hangs.
const LONGEST: Duration = Duration::from_secs(5);

/// How long a canceled run may take to stop.
pub const GRACE: Duration = Duration::from_millis(1_500);

/// The signals that stop a run.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// Canceled by the first signal.
    pub cancellation: CancellationToken,
    first: Arc<OnceLock<ExitCode>>,
}

impl Signals {
    /// Starts listening, on a separate thread: a blocking call elsewhere must not delay a signal.
    ///
    /// # Errors
    /// If the system refuses to register signals or to start a thread.
    pub fn listen() -> std::io::Result<Self> {
        let signals = Self::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut source = {
            let _context = runtime.enter();
            StopSignals::listen()?
        };
        let heard = signals.clone();
        let wait = async move {
            let first = exit(source.next().await);
            let sent = Instant::now();
            let _ = heard.first.set(first);
            heard.cancellation.cancel();
            let last = tokio::select! {
                last = later(&mut source, sent) => last,
                () = sleep(LONGEST) => first,
            };
            std::process::exit(last.code().into());
        };
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(wait))?;
        Ok(signals)
    }

    /// Returns when a canceled run has not stopped in time.
    pub async fn overdue(&self) {
        self.cancellation.cancelled().await;
        sleep(GRACE).await;
    }

    /// The exit code of the first signal.
    pub fn exit(&self) -> Option<ExitCode> {
        self.first.get().copied()
    }
}

/// The next signal that is not a duplicate of the first.
async fn later(source: &mut StopSignals, sent: Instant) -> ExitCode {
    loop {
        let next = exit(source.next().await);
        if sent.elapsed() >= SAME {
            return next;
        }
    }
}

fn exit(signal: StopSignal) -> ExitCode {
    match signal {
        StopSignal::HangUp => ExitCode::HangUp,
        StopSignal::Quit => ExitCode::Quit,
        StopSignal::Terminate => ExitCode::Terminated,
        StopSignal::CpuLimit => ExitCode::CpuLimit,
        _ => ExitCode::Interrupted,
    }
}
