//! Every fault of the sandbox: the export either succeeds, or fails with an error that names the cause, the page and
//! the server's message, and leaves the previous file untouched.

use std::path::Path;
use std::time::{Duration, Instant};

use linq_export::config::ContactsConfig;
use linq_export::events::Summary;
use linq_export::sandbox::{FaultRule, Order, Outage, PastTheEnd, Sandbox, SandboxConfig, WrongTotals};
use linq_export::{Assumption, Error, Level, Reason};

use crate::support::{Row, assert_rows, export, folder, in_small_pages, names, ndjson_rows, sandbox_with, truth};

/// What stood under the target's name before.
const LAST_NIGHT: &str = "last night's";

/// A sandbox of 20 pages of 5 contacts that plays these faults.
async fn playing(faults: &[&str]) -> Sandbox {
    sandbox_with(|config| config.faults = faults.iter().map(|text| text.parse::<FaultRule>().unwrap()).collect()).await
}

/// An impatient client, so that tests take no time.
fn impatient(sandbox: &Sandbox) -> ContactsConfig {
    let mut config = in_small_pages(sandbox);
    config.retry_limits.outage = Duration::from_secs(2);
    config.timeouts.silence = Duration::from_millis(300);
    config
}

/// Exports over last night's file, and checks that it is replaced by the truth or untouched, with nothing beside it.
async fn run(sandbox: &Sandbox, config: ContactsConfig) -> Result<Summary, Error> {
    let folder = folder();
    let path = folder.path().join("contacts.ndjson");
    std::fs::write(&path, LAST_NIGHT).unwrap();
    let result = export(config, &path).await;
    if result.is_ok() {
        assert_rows(&rows(&path), &truth(sandbox));
        linq_export::verify::verify(&path, None).unwrap();
        assert_eq!(names(folder.path()), ["contacts.ndjson", "contacts.ndjson.manifest.json"]);
    } else {
        assert_eq!(std::fs::read_to_string(&path).unwrap(), LAST_NIGHT);
        assert_eq!(names(folder.path()), ["contacts.ndjson"]);
    }
    result
}

fn rows(path: &Path) -> Vec<Row> {
    ndjson_rows(&std::fs::read_to_string(path).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_costs_a_retry_and_no_row() {
    for fault in [
        "500:page=7,times=2",
        "502:page=7,times=2",
        "503:page=1,times=2",
        "599:page=7,times=2",
        "maintenance:page=7,times=2",
        "byte-order-mark:page=7,times=2",
        "529:page=20,times=2",
        "408:page=7,times=2",
        "reset:page=7,times=2",
        "reset-body:page=7,times=2",
        "short-body:page=7,times=2",
        "stalled-body:page=7,times=1",
        "broken-json:page=7,times=2",
        "error-envelope:page=7,times=2",
        "no-contacts:page=7,times=2",
        "no-pagination:page=1,times=2",
        "wrong-page:page=7,times=2",
        "empty-page:page=7,times=2",
        "half-page:page=7,times=2",
        "per-page:max=3,page=7,times=2",
        "refused-stream:page=7,times=2",
        "429-seconds:wait=1,page=7,times=1",
        "429-body:wait=1,page=7,times=1",
        "503-seconds:wait=1,page=7,times=1",
        "403-date:wait=1,page=7,times=1",
        "429:page=7,times=1",
    ] {
        let sandbox = playing(&[fault]).await;
        let summary = run(&sandbox, impatient(&sandbox)).await.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert!(summary.read.requests > 20, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_pass_ends_the_run_and_says_why() {
    for (fault, code, says) in [
        ("400:page=7", 65, "page 7, attempt 1: the server answered 400"),
        ("401:page=7", 77, "page 7, attempt 1: the server answered 401"),
        ("403:page=7", 77, "page 7, attempt 1: the server answered 403"),
        ("404:page=7", 65, "page 7, attempt 1: the server answered 404"),
        ("410:page=7", 65, "410"),
        ("422:page=7", 65, "422"),
        ("501:page=7", 69, "501"),
        ("505:page=7", 69, "505"),
        ("500:row=33", 69, "cannot be read: the server answered 500: INTERNAL_ERROR: Unable to fetch contacts"),
        ("502:row=33", 69, "page 7: the contact at position 33 of the list, between the ids "),
        ("gzip-bomb:row=33", 65, "cannot be read: the response is larger than 8 MiB"),
        ("huge-page:row=33", 65, "cannot be read: the response is larger than 8 MiB"),
        ("broken-json:row=33", 65, "cannot be read: the response is not valid JSON"),
        ("no-pagination:row=33", 65, "cannot be read: the response has no `pagination`"),
        ("wrong-page:row=33", 65, "cannot be read: the server returned page 32"),
        (
            "empty-page:row=33",
            65,
            "cannot be read: the page has 0 contacts, but should have 1 according to its pagination",
        ),
        (
            "half-page:row=33",
            65,
            "cannot be read: the page has 0 contacts, but should have 1 according to its pagination",
        ),
        ("502:row=31-40", 69, ": the server answered 502"),
        ("429-seconds:wait=3600,page=7", 75, "retry after 20"),
        ("429-date:wait=3600,page=7", 75, "retry after 20"),
    ] {
        let sandbox = playing(&[fault]).await;
        let error = run(&sandbox, impatient(&sandbox)).await.expect_err(fault);
        assert_eq!(error.exit().code(), code, "{fault}: {error}");
        assert!(error.to_string().contains(says), "{fault}: {error}");
        assert!(
            error.to_string().contains("x-request-id") || !error.to_string().contains("server answered"),
            "{error}"
        );
    }
}

/// Only after the time for which an outage would be waited for: usually, all pages fail like that.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_turns_its_page_into_something_else_is_named_at_last() {
    for (fault, says) in [
        ("error-envelope:row=33", "cannot be read: the response has no `contacts`: INTERNAL_ERROR"),
        ("maintenance:row=33", "cannot be read: the response is not valid JSON"),
        ("no-contacts:row=33", "cannot be read: the response has no `contacts`"),
    ] {
        let sandbox = playing(&[fault]).await;
        let mut config = impatient(&sandbox);
        config.retry_limits.outage = Duration::from_millis(300);
        let error = run(&sandbox, config).await.expect_err(fault);
        assert_eq!(error.exit().code(), 65, "{fault}: {error}");
        assert!(error.to_string().contains(says), "{fault}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_fatal_and_nobody_else_gets_the_token() {
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fault = format!("redirect:to=http://{}/secret,page=3", elsewhere.local_addr().unwrap());
    let sandbox = playing(&[&fault]).await;
    let error = run(&sandbox, impatient(&sandbox)).await.unwrap_err();
    assert_eq!(error.exit().code(), 65);
    let text = error.to_string();
    assert!(text.contains("page 3") && text.contains("302") && text.contains("http://127.0.0.1"), "{text}");
    assert!(!text.contains("/secret"), "{text}");
    let called = tokio::time::timeout(Duration::ZERO, elsewhere.accept()).await;
    assert!(called.is_err(), "the redirect was followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_back_in_time_finds_the_run_going_on() {
    for outage in [
        "refused:request=30,for=300ms",
        "503:request=30,for=300ms",
        "refused:request=0,for=300ms",
        "maintenance:request=30,for=300ms",
        "error-envelope:request=30,for=300ms",
        "maintenance:request=1,for=300ms",
        // Only one page is left, which must not be mistaken for a page that fails while others succeed.
        "maintenance:request=100,for=300ms",
    ] {
        let sandbox = sandbox_with(|config| {
            config.contacts = 500;
            config.outages = vec![outage.parse::<Outage>().unwrap()];
        })
        .await;
        let summary = run(&sandbox, impatient(&sandbox)).await.unwrap_or_else(|error| panic!("{outage}: {error}"));
        // Ten failures are an outage; up to sixteen requests are in flight at that time, and the rest are probes.
        assert!(summary.read.requests < 100 + 26 + 30, "{outage}: {} requests", summary.read.requests);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_down_is_given_up_in_time() {
    let sandbox = sandbox_with(|config| config.outages = vec!["503:request=10,for=1h".parse().unwrap()]).await;
    let mut config = impatient(&sandbox);
    config.retry_limits.outage = Duration::from_millis(200);
    let error = run(&sandbox, config).await.unwrap_err();
    assert_eq!(error.exit().code(), 69);
    let text = error.to_string();
    let seconds = text.strip_prefix("API unavailable for ").and_then(|rest| rest.split_once(" s; last error (page "));
    let seconds: f64 = seconds.unwrap_or_else(|| panic!("{text}")).0.parse().unwrap();
    // The first 503s beside pages may count as rate limiting, until the next request is refused as well.
    assert!(seconds >= 0.2, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maintenance_page_that_stays_is_given_up_like_an_outage() {
    for begin in ["request=10", "request=1"] {
        let outage = format!("maintenance:{begin},for=1h");
        let sandbox = sandbox_with(|config| config.outages = vec![outage.parse().unwrap()]).await;
        let mut config = impatient(&sandbox);
        config.retry_limits.outage = Duration::from_millis(200);
        let error = run(&sandbox, config).await.unwrap_err();
        assert_eq!(error.exit().code(), 69, "{error}");
        assert!(error.to_string().starts_with("API unavailable for "), "{error}");
        assert!(error.to_string().contains("Down for maintenance"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stand_in_that_names_a_wait_is_obeyed() {
    let sandbox = playing(&["200-body:wait=1,times=1,page=9"]).await;
    run(&sandbox, impatient(&sandbox)).await.unwrap();
    let requests = sandbox.requests();
    let of_page_9: Vec<_> = requests.iter().filter(|seen| seen.page == Some(9)).map(|seen| seen.arrived).collect();
    assert!(of_page_9[1] - of_page_9[0] >= Duration::from_secs(1), "{of_page_9:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_its_first_byte_an_answer_may_take_as_long_as_an_attempt() {
    let sandbox = sandbox_with(|config| config.latency = Duration::from_millis(150)).await;
    let mut config = impatient(&sandbox);
    config.timeouts.silence = Duration::from_millis(30);
    let summary = run(&sandbox, config.clone()).await.unwrap();
    assert_eq!(summary.read.retries, 0);
    config.timeouts.attempt = Duration::from_millis(30);
    config.retry_limits.outage = Duration::from_millis(50);
    let error = run(&sandbox, config).await.unwrap_err().to_string();
    assert!(error.ends_with("timed out: no response after 0.0 s (--timeout)"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_falls_silent_says_so() {
    let sandbox = playing(&["stalled-body:row=33"]).await;
    let mut config = impatient(&sandbox);
    config.timeouts.silence = Duration::from_millis(100);
    let error = run(&sandbox, config).await.unwrap_err().to_string();
    assert!(error.ends_with("timed out: the response stalled for 0.1 s"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_last_page_is_told_from_an_outage() {
    let sandbox = sandbox_with(|config| {
        config.contacts = 10;
        config.faults = vec!["500:row=7".parse().unwrap()];
    })
    .await;
    let mut config = impatient(&sandbox);
    config.retry_limits.outage = Duration::from_hours(1);
    let error = run(&sandbox, config).await.unwrap_err();
    assert_eq!(error.exit().code(), 69);
    assert!(
        error.to_string().starts_with("page 2: the contact at position 7 of the list, between the ids "),
        "{error}"
    );
    let pages: Vec<_> =
        sandbox.requests().iter().filter(|seen| seen.per_page == Some(5)).map(|seen| seen.page).collect();
    let failed = pages.iter().position(|page| *page == Some(2)).unwrap();
    assert!(pages[failed..].iter().any(|page| *page != Some(2)), "another page was asked, to tell: {pages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_follows_from_what_the_server_returns() {
    type Change = fn(&mut SandboxConfig);
    let changes: [(&str, Change); 4] = [
        ("clamped", |config| config.quirks.max_per_page = 3),
        ("total_pages too low", |config| config.quirks.wrong_totals = "pages=-2".parse::<WrongTotals>().unwrap()),
        ("total_pages too high", |config| config.quirks.wrong_totals = "pages=+2".parse::<WrongTotals>().unwrap()),
        ("too high, and 404 beyond the end", |config| {
            config.quirks.wrong_totals = "pages=+2".parse::<WrongTotals>().unwrap();
            config.quirks.past_the_end = PastTheEnd::NotFound;
        }),
    ];
    for (name, change) in changes {
        let sandbox = sandbox_with(change).await;
        run(&sandbox, impatient(&sandbox)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_counts_cost_no_row_and_withdraw_the_claim() {
    for totals in ["count=-5", "count=-12"] {
        let sandbox = sandbox_with(|config| config.quirks.wrong_totals = totals.parse::<WrongTotals>().unwrap()).await;
        let summary = run(&sandbox, impatient(&sandbox)).await.unwrap_or_else(|error| panic!("{totals}: {error}"));
        let certificate = summary.read.certificate;
        assert_eq!(certificate.level, Level::Counted, "{totals}: {certificate:?}");
        assert!(!certificate.reasons.is_empty(), "{totals}: {certificate:?}");
    }
    // Where the server counts more than was found, as many may be missing.
    for totals in ["count=+3", "count=+5", "count=+10"] {
        let sandbox = sandbox_with(|config| config.quirks.wrong_totals = totals.parse::<WrongTotals>().unwrap()).await;
        let error = run(&sandbox, impatient(&sandbox)).await.unwrap_err();
        let Error::Incomplete { certificate, .. } = &error else { panic!("{totals}: {error}") };
        assert_eq!((certificate.level, certificate.contacts), (Level::Incomplete, 100), "{totals}: {certificate:?}");
        assert!(!certificate.reasons.contains(&Reason::Moved), "{totals}: {certificate:?}");
    }
    // The proof for a list that does not change needs no total.
    let sandbox = playing(&["totals:count=+1,page=7"]).await;
    let certificate = run(&sandbox, impatient(&sandbox)).await.unwrap().read.certificate;
    assert_eq!((certificate.level, certificate.contacts), (Level::Snapshot, 100), "{certificate:?}");
    assert!(certificate.assumptions.iter().all(|assumption| *assumption != Assumption::Count), "{certificate:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_denial_beyond_the_end_is_the_end() {
    for denial in ["400:page=21", "404:page=21", "422:page=21", "wrong-page:page=21", "error-envelope:page=21"] {
        let sandbox = sandbox_with(|config| {
            // In an order that cannot be seen, so that no window overlaps the end.
            config.order = Order::Name;
            config.faults = vec![denial.parse().unwrap()];
        })
        .await;
        let summary = run(&sandbox, impatient(&sandbox)).await.unwrap_or_else(|error| panic!("{denial}: {error}"));
        assert_eq!(summary.read.contacts, 100, "{denial}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_page_may_be_contacts_and_is_not_shown() {
    let sandbox = playing(&["broken-json:row=33"]).await;
    let error = run(&sandbox, impatient(&sandbox)).await.unwrap_err().to_string();
    assert!(!error.contains("first_name") && !error.contains('@'), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_before_the_instant_that_the_server_names() {
    let sandbox = playing(&["429-seconds:wait=1,page=9,times=1"]).await;
    run(&sandbox, impatient(&sandbox)).await.unwrap();
    let requests = sandbox.requests();
    let refused = requests.iter().find(|seen| seen.status == 429).unwrap().arrived;
    // Others in flight arrive within a round trip; after that, none before the second is over.
    let quiet = |seen: Instant| seen > refused + Duration::from_millis(100) && seen < refused + Duration::from_secs(1);
    assert!(!requests.iter().any(|seen| quiet(seen.arrived)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_the_run_with_75() {
    let sandbox = sandbox_with(|config| config.latency = Duration::from_hours(1)).await;
    let mut config = impatient(&sandbox);
    config.timeouts.silence = Duration::from_hours(1);
    config.retry_limits.deadline = Some(Duration::from_millis(50));
    let error = run(&sandbox, config).await.unwrap_err();
    assert_eq!(error.exit().code(), 75);
    assert!(error.to_string().contains("deadline"), "{error}");
}

/// Kinds that pass and say nothing about the rate, which would take seconds each.
const PASSING: [&str; 14] = [
    "500",
    "502",
    "504",
    "527",
    "reset",
    "reset-body",
    "short-body",
    "refused-stream",
    "broken-json",
    "error-envelope",
    "no-pagination",
    "wrong-page",
    "empty-page",
    "half-page",
];
/// Kinds that end a run.
const ENDING: [&str; 5] = ["400", "404", "redirect:to=https://elsewhere.invalid", "gzip-bomb", "401"];

/// One run over 200 pages against a mix of faults that follows from the seed.
async fn mixed(seed: u64, share: f64, ending: bool) -> Result<Summary, Error> {
    let mut faults: Vec<FaultRule> = Vec::new();
    let each = share / 14.0;
    let mut left = 1.0;
    for kind in PASSING {
        // The first rule that fits is played, so later ones are drawn from what earlier ones leave.
        faults.push(format!("{kind}:{}", each / left).parse().unwrap());
        left -= each;
    }
    if ending {
        let kind = ENDING[usize::try_from(seed).unwrap() % ENDING.len()];
        let separator = if kind.contains(':') { ',' } else { ':' };
        faults.push(format!("{kind}{separator}{}", 0.002).parse().unwrap());
    }
    let sandbox = sandbox_with(|config| {
        config.contacts = 400;
        config.seed = seed;
        config.faults = faults;
    })
    .await;
    let mut config = impatient(&sandbox);
    config.per_page = linq_export::config::PerPage::new(2).unwrap();
    run(&sandbox, config).await
}

async fn mixes(seeds: std::ops::Range<u64>) {
    let (mut whole, runs) = (0_u32, seeds.end - seeds.start);
    for seed in seeds.clone() {
        match mixed(seed, 0.05, false).await {
            Ok(_) => whole += 1,
            Err(error) => assert!([65, 69].contains(&error.exit().code()), "seed {seed}: {error}"),
        }
        if let Err(error) = mixed(seed, 0.15, true).await {
            let (text, code) = (error.to_string(), error.exit().code());
            assert!([65, 69, 77].contains(&code), "seed {seed}: {code} {text}");
            assert!(text.starts_with("page ") && text.contains("attempt"), "seed {seed}: {text}");
        }
    }
    assert!(u64::from(whole) * 100 >= runs * 99, "{whole} of {runs} runs over 200 pages were whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn seeded_mixes_of_faults_end_whole_or_say_why() {
    mixes(0..25).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "1,000 runs take minutes: cargo test --release --test it a_thousand -- --ignored --nocapture"]
async fn a_thousand_mixes_of_faults_end_whole_or_say_why() {
    mixes(1_000..1_500).await;
}
