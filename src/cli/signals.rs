//! Signals to cancellation: the first asks the run to stop, a later one ends the process at once.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::platform::{StopSignal, StopSignals};
use crate::{CancellationToken, ExitCode};

/// A signal so soon after the first is the same wish: Ctrl-C reaches both a wrapper and this program, and the wrapper
/// often sends it on.
const SAME: Duration = Duration::from_millis(500);
/// Whatever hangs, the process ends this long after the first signal.
const LONGEST: Duration = Duration::from_secs(5);

/// What stops a run.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    /// Cancelled by the first signal.
    pub cancellation: CancellationToken,
    first: Arc<OnceLock<ExitCode>>,
}

impl Signals {
    /// Listens from now on, on a thread of its own: a call that blocks elsewhere must not keep a signal from being heard.
    ///
    /// # Errors
    /// If the system refuses to hand signals over, or gives no thread.
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

    /// How to exit, if a signal came.
    pub fn exit(&self) -> Option<ExitCode> {
        self.first.get().copied()
    }
}

/// The next signal that is not the first one sent twice.
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
