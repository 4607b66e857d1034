//! Reads page 1 again if its total is implausibly low, before the total is believed.

use tokio::time::sleep;

use super::error::ApiError;
use super::request::{Fetched, Fetcher};
use crate::api::Share;
use crate::config::SecondLook;
use crate::events::Event;
use crate::page::Asked;

impl Fetcher {
    /// Fetches page 1, and again while its total is implausible. The last total counts.
    pub async fn fetch_first(&self, asked: Asked, share: &Share) -> Result<Fetched, ApiError> {
        let total = |fetched: &Fetched| fetched.observed.said.total_count;
        let doubt = |total| {
            let SecondLook { below, pause, .. } = self.second_look;
            self.reporter.report(&Event::Doubted { contacts: total, least: below, wait: pause });
        };
        read_until_plausible(self.second_look, total, doubt, || self.fetch(asked, share)).await
    }
}

/// Reads until the total is plausible, up to a limit.
async fn read_until_plausible<R, E, F: Future<Output = Result<R, E>>>(
    look: SecondLook,
    total: impl Fn(&R) -> u64,
    doubt: impl Fn(u64),
    mut read: impl FnMut() -> F,
) -> Result<R, E> {
    let mut found = read().await?;
    for _ in 0..look.times {
        if total(&found) >= look.below {
            break;
        }
        doubt(total(&found));
        sleep(look.pause).await;
        found = read().await?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    /// Which of these totals is believed, after how many readings and seconds.
    async fn believed(totals: &[u64]) -> (u64, usize, u64) {
        let start = Instant::now();
        let mut left = totals.iter();
        let look = SecondLook { below: 50, ..SecondLook::default() };
        let read = || ready(Ok::<u64, ()>(*left.next().unwrap()));
        let found = read_until_plausible(look, |total| *total, |total| assert!(total < 50), read).await.unwrap();
        (found, totals.len() - left.len(), start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_low_total_is_believed_after_two_rereads() {
        let pause = SecondLook::default().pause.as_secs();
        assert!(SecondLook::default().pause >= Duration::from_secs(2));
        assert_eq!(believed(&[50, 0]).await, (50, 1, 0));
        assert_eq!(believed(&[0, 2_500, 0]).await, (2_500, 2, pause));
        assert_eq!(believed(&[0, 49, 7, 2_500]).await, (7, 3, 2 * pause));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_while_confirming_is_returned() {
        let mut readings = [Ok(0), Err("down")].into_iter();
        let look = SecondLook { below: 50, ..SecondLook::default() };
        let read = || ready(readings.next().unwrap());
        assert_eq!(read_until_plausible(look, |total| *total, |_| {}, read).await, Err("down"));
    }
}
