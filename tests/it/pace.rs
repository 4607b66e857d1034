//! The request rate in real time, against the sandbox's limits. Timed, so ignored in the normal run:
//! `cargo test --release --test it pace:: -- --ignored --nocapture --test-threads 1` on a quiet machine.

use std::time::{Duration, Instant};

use linq_export::config::{ContactsConfig, Pacing, PerPage, Rate};
use linq_export::sandbox::{Limit, LoggedRequest, Sandbox, SandboxConfig, max_within};

use crate::support::{config, export, folder};

/// Serves this many pages of five contacts.
async fn serve(pages: u64, limit: Limit, latency: Duration) -> Sandbox {
    let mut config = SandboxConfig::default();
    // The last page is short, so that nothing is read beyond it.
    config.contacts = pages * 5 - 1;
    config.limit = limit;
    config.latency = latency;
    Sandbox::start(config).await.unwrap()
}

/// Exports all pages; returns the time that took, in seconds.
async fn timed(sandbox: &Sandbox, change: impl FnOnce(&mut ContactsConfig)) -> f64 {
    let mut config = config(sandbox);
    config.per_page = PerPage::new(5).unwrap();
    change(&mut config);
    let folder = folder();
    let start = Instant::now();
    export(config, &folder.path().join("contacts.parquet")).await.unwrap();
    start.elapsed().as_secs_f64()
}

fn refused(requests: &[LoggedRequest]) -> usize {
    requests.iter().filter(|seen| seen.status == 429).count()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 20 s and a quiet machine"]
async fn a_limit_is_learned_in_one_real_run() {
    let sandbox = serve(400, Limit::per_second(20.0), Duration::from_millis(80)).await;
    let seconds = timed(&sandbox, |config| config.pacing = Pacing::default()).await;
    let (ideal, requests) = (19.0, sandbox.requests());
    let refused = refused(&requests);
    println!(
        "400 pages at 20/s: {seconds:.1} s, {:.0} % of the ideal speed, {refused} refused",
        100.0 * ideal / seconds
    );
    assert!(ideal / seconds > 0.85 && refused <= 12, "{seconds} s, {refused} refused");
    for (index, seen) in requests.iter().enumerate().filter(|(_, seen)| seen.status == 429) {
        // Whatever left before the refusal was known arrives within a round trip and the jitter of this machine.
        let told = seen.arrived + Duration::from_secs(1);
        let early =
            |later: &&LoggedRequest| later.arrived > seen.arrived + Duration::from_millis(250) && later.arrived < told;
        assert_eq!(requests[index..].iter().filter(early).count(), 0, "sent before the instant the server named");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 6 s and a quiet machine"]
async fn a_given_rate_is_kept_from_the_first_request_to_the_last() {
    let sandbox = serve(300, Limit::default(), Duration::from_millis(20)).await;
    let seconds = timed(&sandbox, |config| config.pacing = Pacing::Fixed(Rate::new(50.0).unwrap())).await;
    let requests = sandbox.requests();
    let (most, start) =
        (max_within(&requests, Duration::from_secs(1)), max_within(&requests[..10], Duration::from_millis(100)));
    println!("300 pages at 50/s: {seconds:.2} s; at most {most} in a second, {start} in 100 ms at the start");
    assert!((seconds / 6.0 - 1.0).abs() < 0.03 && most <= 51 && start <= 6, "{seconds} {most} {start}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 5 s and a quiet machine"]
async fn a_slow_server_is_asked_by_as_many_as_may() {
    // Page 1 and the anchor are read alone, whatever the number of pages.
    let sandbox = serve(800, Limit::default(), Duration::from_millis(80)).await;
    let seconds = timed(&sandbox, |_| {}).await;
    let ideal = 800.0 * 0.080 / 16.0;
    println!("800 pages of 80 ms, 16 at once: {seconds:.2} s, ideal {ideal:.2} s");
    assert!((seconds / ideal - 1.0).abs() < 0.10, "{seconds} s");
}
