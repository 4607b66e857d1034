//! Limits per window of time: consecutive windows, and the window that ends now.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Consecutive windows, each with its own count; the first opens with the first request.
#[derive(Debug)]
pub(super) struct FixedWindow {
    requests: u32,
    window: Duration,
    opened: Option<Instant>,
    admitted: u32,
}

impl FixedWindow {
    pub(super) fn new(requests: u32, window: Duration) -> Self {
        Self { requests, window, opened: None, admitted: 0 }
    }

    /// Accepts a request, or returns how long until the next one would be accepted.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        let opened = *self.opened.get_or_insert(now);
        let mut within = now.saturating_duration_since(opened);
        if within >= self.window {
            // Windows without requests count too, so that the boundaries stay on the same grid.
            within = remainder(within, self.window);
            self.opened = now.checked_sub(within);
            self.admitted = 0;
        }
        if self.admitted == self.requests {
            return Err(self.window.saturating_sub(within));
        }
        self.admitted += 1;
        Ok(())
    }
}

fn remainder(time: Duration, window: Duration) -> Duration {
    Duration::from_nanos_u128(time.as_nanos() % window.as_nanos().max(1))
}

/// The arrival times within the last window.
#[derive(Debug)]
pub(super) struct SlidingWindow {
    requests: usize,
    window: Duration,
    admitted: VecDeque<Instant>,
}

impl SlidingWindow {
    pub(super) fn new(requests: u32, window: Duration) -> Self {
        Self { requests: usize::try_from(requests).unwrap_or(usize::MAX), window, admitted: VecDeque::new() }
    }

    /// Accepts a request, or returns how long until the next one would be accepted.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        while self.admitted.front().is_some_and(|at| now.saturating_duration_since(*at) >= self.window) {
            self.admitted.pop_front();
        }
        match self.admitted.front() {
            Some(oldest) if self.admitted.len() >= self.requests => {
                Err(self.window.saturating_sub(now.saturating_duration_since(*oldest)))
            }
            _ => {
                self.admitted.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn at(start: Instant, seconds: f64) -> Instant {
        start + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_fixed_window_resets_at_its_boundary() {
        let mut limit = FixedWindow::new(3, WINDOW);
        let start = Instant::now();
        let admitted = [0.0, 8.0, 9.0, 9.5, 10.0, 10.0, 10.0, 10.0].map(|s| limit.admit(at(start, s)).is_ok());
        assert_eq!(admitted, [true, true, true, false, true, true, true, false]);
        assert_eq!(limit.admit(at(start, 12.5)), Err(Duration::from_millis(7_500)));
        // No requests for three windows: the next boundary is at 60 s, not 10 s after the next request.
        assert!((0..3).all(|_| limit.admit(at(start, 59.0)).is_ok()));
        assert_eq!(limit.admit(at(start, 59.0)), Err(Duration::from_secs(1)));
        assert_eq!(limit.admit(at(start, 60.0)), Ok(()));
    }

    #[test]
    fn a_sliding_window_never_exceeds_its_number() {
        let mut limit = SlidingWindow::new(5, WINDOW);
        let start = Instant::now();
        let arrivals: Vec<_> = (0..600).map(|tenth| at(start, f64::from(tenth) / 10.0)).collect();
        let admitted: Vec<_> = arrivals.into_iter().filter(|now| limit.admit(*now).is_ok()).collect();
        assert_eq!(admitted.len(), 30);
        assert!(admitted.windows(6).all(|six| six[5] - six[0] >= WINDOW));
    }

    #[test]
    fn a_sliding_window_waits_for_its_oldest_request() {
        let mut limit = SlidingWindow::new(1, WINDOW);
        let start = Instant::now();
        assert_eq!(limit.admit(start), Ok(()));
        let wait = limit.admit(at(start, 4.0)).unwrap_err();
        assert_eq!(wait, Duration::from_secs(6));
        assert_eq!(limit.admit(at(start, 4.0) + wait), Ok(()));
    }
}
