//! Signals that stop the program, and SIGXFSZ, which only reports a limit.

/// The signal that told the program to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopSignal {
    /// SIGHUP: the terminal was closed or the connection lost.
    HangUp,
    /// Ctrl-C, or SIGINT.
    Interrupt,
    /// Ctrl-\, or SIGQUIT.
    Quit,
    /// SIGTERM.
    Terminate,
    /// SIGXCPU: the limit on CPU time is reached.
    CpuLimit,
}

#[cfg(unix)]
pub use unix::{StopSignals, outlive_file_size_limits};

#[cfg(not(unix))]
pub use plain::{StopSignals, outlive_file_size_limits};

#[cfg(unix)]
mod unix {
    use std::future::poll_fn;
    use std::io::{self, IsTerminal};
    use std::task::Poll;

    use rustix::process::Signal as Number;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::StopSignal;

    /// Listens for the signals that stop the program.
    #[derive(Debug)]
    pub struct StopSignals(Vec<(StopSignal, Signal)>);

    impl StopSignals {
        /// Starts listening. SIGHUP stays ignored if it was ignored at startup, as with `nohup`.
        ///
        /// # Errors
        /// If the system refuses a handler.
        pub fn listen() -> io::Result<Self> {
            let mut kinds = vec![
                (StopSignal::Interrupt, Number::INT),
                (StopSignal::Quit, Number::QUIT),
                (StopSignal::Terminate, Number::TERM),
                (StopSignal::CpuLimit, Number::XCPU),
            ];
            if !is_hang_up_ignored() {
                kinds.push((StopSignal::HangUp, Number::HUP));
            }
            let listen = |(which, number): (_, Number)| Ok((which, signal(SignalKind::from_raw(number.as_raw()))?));
            kinds.into_iter().map(listen).collect::<io::Result<_>>().map(Self)
        }

        /// Waits for the next signal.
        pub async fn next(&mut self) -> StopSignal {
            poll_fn(|context| {
                let ready = self.0.iter_mut().find_map(|(which, signal)| match signal.poll_recv(context) {
                    Poll::Ready(Some(())) => Some(*which),
                    _ => None,
                });
                ready.map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }
    }

    /// Makes a write beyond the file size limit (`ulimit -f`) fail with an error instead of killing the process. Needs a
    /// tokio runtime; stays in effect until the process exits.
    ///
    /// # Errors
    /// If the system refuses a handler.
    pub fn outlive_file_size_limits() -> io::Result<()> {
        // The handler stays when the stream is dropped.
        signal(SignalKind::from_raw(Number::XFSZ.as_raw())).map(drop)
    }

    /// Whether SIGHUP was ignored at startup. If the system does not tell, assume so for a process without a terminal, as
    /// `nohup` leaves it.
    fn is_hang_up_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").ok();
        status
            .as_deref()
            .and_then(|status| is_ignored(status, Number::HUP))
            .unwrap_or_else(|| !(io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()))
    }

    /// Whether the text of `/proc/self/status` lists a signal as ignored.
    fn is_ignored(status: &str, number: Number) -> Option<bool> {
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        let mask = u128::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask >> (number.as_raw() - 1) & 1 == 1)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn an_ignored_signal_is_read_from_the_status() {
            let status = "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001001\n";
            assert_eq!(is_ignored(status, Number::HUP), Some(true));
            assert_eq!(is_ignored(status, Number::INT), Some(false));
            assert_eq!(is_ignored(status, Number::PIPE), Some(true));
            assert_eq!(is_ignored("Name:\tx\n", Number::HUP), None);
        }
    }
}

#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "built on Unix only to see that it builds"))]
#[allow(clippy::unnecessary_wraps, reason = "the signatures are those of Unix")]
mod plain {
    use std::io;

    use super::StopSignal;

    #[derive(Debug)]
    pub struct StopSignals;

    impl StopSignals {
        pub fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub async fn next(&mut self) -> StopSignal {
            // After an error, no signal will ever arrive.
            match tokio::signal::ctrl_c().await {
                Ok(()) => StopSignal::Interrupt,
                Err(_) => std::future::pending().await,
            }
        }
    }

    pub fn outlive_file_size_limits() -> io::Result<()> {
        Ok(())
    }
}
