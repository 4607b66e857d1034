//! Refusals in every form: what counts as rate limiting, how long the server is waited for, and what is an outage or a bad
//! page instead.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use linq_export::config::{ContactsConfig, Pacing};
use linq_export::events::Summary;
use linq_export::sandbox::{Sandbox, SandboxConfig};
use linq_export::{Error, Level};

use crate::support::run::json;
use crate::support::scripted::{Scripted, answer, page};
use crate::support::{
    Ran, assert_rows, export, folder, in_small_pages, ndjson_rows, path, program, ran, sandbox_with, truth,
};

/// Exports from a scripted server.
fn exported(server: &Scripted, more: &[&str]) -> (Ran, serde_json::Value) {
    let folder = folder();
    let (file, report) = (path(&folder, "c.ndjson"), path(&folder, "report.json"));
    let url = server.url();
    let mut arguments = vec!["contacts", "--base-url", &url, "-o", &file, "--report", &report];
    arguments.extend_from_slice(more);
    let ran = ran(program(&arguments).env("LINQ_INTEGRATION_TOKEN", "token").output().unwrap());
    let report = json(report);
    (ran, report)
}

/// The server asks for 50 minutes, which is too long: the run ends, and says when to retry.
#[test]
fn a_wait_is_understood_in_every_form() {
    let date = "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
    for (status, headers, body) in [
        ("429", "Retry-After: 2999.5\r\n", ""),
        ("429", "Retry-After: Tue, 14 Nov 2023 23:03:20 GMT\r\n", ""),
        ("429", "Retry-After: 1700003000\r\n", ""),
        ("429", "X-Retry-After: 1700003000000\r\n", ""),
        ("429", "Retry-After-Ms: 3000000\r\n", ""),
        ("429", "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1700003000\r\n", ""),
        ("429", "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 9\r\nRetry-After: 3000\r\n", ""),
        ("429", "X-RateLimit-Reset-After: 2999.5\r\n", ""),
        ("429", "RateLimit: \"day\";r=0;t=3000\r\n", ""),
        ("429", "RateLimit-Reset: 3000\r\n", ""),
        ("420", "Retry-After: 3000\r\n", ""),
        ("529", "Retry-After: 3000\r\n", ""),
        ("503", "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1700003000\r\n", ""),
        ("403", "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1700003000\r\n", ""),
        ("403", "Retry-After: 3000\r\n", ""),
        ("200", "", r#"{"error":{"message":"slow down","retry_after":"2999.5"}}"#),
        ("200", "", r#"{"status":"error","retryAfter":1700003000}"#),
    ] {
        let server = Scripted::start(move |_| answer(&format!("{status} Refused"), &format!("{date}{headers}"), body));
        let (ran, report) = exported(&server, &["--max-retry-after", "2999s"]);
        let case = format!("{status} {headers}{body}: {}", ran.stderr);
        assert_eq!(ran.code, Some(75), "{case}");
        assert!(ran.stderr.contains("error: rate limited: page 1, attempt 1: "), "{case}");
        assert!(ran.stderr.contains("; retry after 20"), "{case}");
        assert!(ran.stderr.contains("hint: the server is rate limiting"), "{case}");
        assert_eq!(
            ran.stderr.contains("; taken as rate limiting; "),
            !["429", "420", "529"].contains(&status),
            "{case}"
        );
        assert_eq!(report["run"]["failures"]["rate_limited"], 1, "{case}");

        let server = Scripted::start(move |_| answer(&format!("{status} Refused"), &format!("{date}{headers}"), body));
        let (ran, _) = exported(&server, &["--max-retry-after", "3000s", "--deadline", "100ms"]);
        assert!(ran.stderr.contains("deadline"), "3,000 s are waited for: {case}");
    }
}

#[test]
fn a_refusal_that_names_no_wait_is_retried_after_a_pause() {
    for (status, headers, body) in [
        ("429", "", ""),
        ("420", "", ""),
        ("403", "X-RateLimit-Remaining: 0\r\n", ""),
        ("403", "", r#"{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}"#),
        ("200", "", r#"{"error_code":"RATE_LIMIT_EXCEEDED","message":"Too many requests"}"#),
    ] {
        let refused = AtomicBool::new(false);
        let server = Scripted::start(move |_| {
            if refused.swap(true, Ordering::Relaxed) {
                page(r#"{"id":1}"#, 1)
            } else {
                answer(&format!("{status} Refused"), headers, body)
            }
        });
        let (ran, report) = exported(&server, &[]);
        assert_eq!(ran.code, Some(0), "{status} {headers}{body}: {}", ran.stderr);
        let failures = &report["run"]["failures"];
        assert_eq!((&failures["rate_limited"], &failures["rejected"]), (&1.into(), &0.into()), "{failures}");
    }
}

#[test]
fn a_403_that_says_nothing_of_a_rate_is_a_rejected_token() {
    for headers in ["", "X-RateLimit-Remaining: 3\r\nX-RateLimit-Reset: 60\r\n", "X-RateLimit-Reset: 60\r\n"] {
        let server = Scripted::start(move |_| answer("403 Forbidden", headers, r#"{"message":"rate limit: none"}"#));
        let (ran, _) = exported(&server, &[]);
        assert_eq!(ran.code, Some(77), "{headers}: {}", ran.stderr);
        assert!(ran.stderr.contains("check the token"), "{}", ran.stderr);
    }
}

/// Exports a sandbox in pages of 5 contacts, and checks them.
async fn run(sandbox: &Sandbox, change: impl FnOnce(&mut ContactsConfig)) -> Result<Summary, Error> {
    let mut config = in_small_pages(sandbox);
    config.retry_limits.outage = Duration::from_secs(20);
    change(&mut config);
    let folder = folder();
    let path = folder.path().join("c.ndjson");
    let summary = export(config, &path).await?;
    assert_rows(&ndjson_rows(&std::fs::read_to_string(&path).unwrap()), &truth(sandbox));
    Ok(summary)
}

fn playing(fault: &'static str) -> impl FnOnce(&mut SandboxConfig) {
    move |config| config.faults = vec![fault.parse().unwrap()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_503_beside_pages_is_a_refusal() {
    let sandbox = sandbox_with(playing("503:page=7,times=1")).await;
    let read = run(&sandbox, |_| {}).await.unwrap().read;
    assert_eq!((read.failures.rate_limited, read.failures.unavailable), (1, 0));
    // It says no more about the rate than a broken connection does.
    let sandbox = sandbox_with(playing("502:page=7,times=1")).await;
    let read = run(&sandbox, |_| {}).await.unwrap().read;
    assert_eq!((read.failures.rate_limited, read.failures.unavailable), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limiter_that_answers_503_breaks_no_page() {
    let limit = "30/s,burst=2,status=503,silent";
    let sandbox = sandbox_with(|config| {
        config.limit = limit.parse().unwrap();
        config.latency = Duration::from_millis(20);
    })
    .await;
    let read = run(&sandbox, |config| config.pacing = Pacing::default()).await.unwrap().read;
    assert!(read.failures.rate_limited > 0, "{:?}", read.failures);
    assert_eq!(read.certificate.level, Level::Snapshot, "{:?}", read.certificate);
    assert!(sandbox.requests().iter().all(|seen| seen.per_page == Some(5)), "no page was read in pieces");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limiter_that_answers_403_and_a_used_up_quota_is_obeyed() {
    let sandbox = sandbox_with(|config| config.limit = "fixed:15/1s,status=403,quota".parse().unwrap()).await;
    let read = run(&sandbox, |config| config.pacing = Pacing::default()).await.unwrap().read;
    assert!(read.failures.rate_limited > 0 && read.failures.rejected == 0, "{:?}", read.failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_alone_is_answered_with_503_is_broken() {
    let sandbox = sandbox_with(|config| {
        config.contacts = 40;
        config.faults = vec!["503:row=33".parse().unwrap()];
    })
    .await;
    let error = run(&sandbox, |_| {}).await.unwrap_err();
    assert_eq!(error.exit().code(), 69, "{error}");
    let text = error.to_string();
    assert!(text.contains("page 7: the contact at position 33 of the list") && text.contains("answered 503"), "{text}");
    let failed = sandbox.requests().iter().filter(|seen| seen.status == 503 && seen.per_page == Some(5)).count();
    assert!((8..=20).contains(&failed), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_with_503_is_not_learned_as_a_rate() {
    let sandbox = sandbox_with(|config| {
        config.contacts = 1_000;
        config.outages = vec!["503:request=50,for=1500ms".parse().unwrap()];
    })
    .await;
    // With fewer in flight than the brake on refusals allows.
    let few = |config: &mut ContactsConfig| config.concurrency = NonZeroUsize::new(4).unwrap();
    let read = run(&sandbox, few).await.unwrap().read;
    assert!(read.failures.unavailable > 0, "{:?}", read.failures);
    assert!(!read.rate.unwrap().is_limit, "{:?}", read.rate);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maintenance_page_in_place_of_many_pages_is_waited_for() {
    for fault in ["maintenance:page=3-10,times=6", "error-envelope:page=3-10,times=6"] {
        let sandbox = sandbox_with(playing(fault)).await;
        let read = run(&sandbox, |_| {}).await.unwrap_or_else(|error| panic!("{fault}: {error}")).read;
        assert_eq!(read.certificate.level, Level::Snapshot, "{fault}: {:?}", read.certificate);
        assert!(sandbox.requests().iter().all(|seen| seen.per_page == Some(5)), "{fault}: no contact is to blame");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maintenance_page_in_place_of_many_pages_that_stays_is_an_outage() {
    let sandbox = sandbox_with(playing("maintenance:page=3-")).await;
    let error = run(&sandbox, |config| config.retry_limits.outage = Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(error.exit().code(), 69, "{error}");
    assert!(error.to_string().starts_with("API unavailable for "), "{error}");
    assert!(sandbox.requests().iter().all(|seen| seen.per_page == Some(5)), "no contact is to blame");
}
