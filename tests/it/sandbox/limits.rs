//! Limits over real sockets; unit tests next to the code check in virtual time how each one counts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use linq_export::sandbox::{Limit, Verdict, max_within};
use tokio::task::JoinSet;

use super::client::{CONTACTS, Client, TOKEN, start};

#[tokio::test]
async fn over_any_limit_the_answer_is_429_with_or_without_retry_after() {
    for text in ["3/s", "fixed:3/60s", "sliding:3/60s"] {
        for (limit, tells) in [(text.to_owned(), true), (format!("{text},silent"), false)] {
            let sandbox = start(|config| config.limit = limit.parse().unwrap()).await;
            let mut client = Client::connect(sandbox.address()).await;
            let mut refused = None;
            for _ in 0..20 {
                let answer = client.send("GET", CONTACTS, TOKEN).await;
                if answer.status == 429 {
                    refused = Some(answer);
                    break;
                }
            }
            let refused = refused.expect("20 requests at once are over 3");
            let seconds = refused.headers.get("retry-after").map(|value| value.parse::<u64>().unwrap());
            assert_eq!(seconds.is_some(), tells, "{limit}");
            assert!(seconds.is_none_or(|seconds| (1..=60).contains(&seconds)), "{seconds:?}");
            assert_eq!(refused.json()["error_code"], "RATE_LIMIT_EXCEEDED");
            // A request that may not come in at all is not counted against the limit.
            assert_eq!(client.send("GET", CONTACTS, "").await.status, 401);
        }
    }
}

#[tokio::test]
async fn a_refusal_may_have_another_status_and_tell_a_quota() {
    let sandbox = start(|config| config.limit = "fixed:1/60s,status=403,quota".parse().unwrap()).await;
    let mut client = Client::connect(sandbox.address()).await;
    assert_eq!(client.send("GET", CONTACTS, TOKEN).await.status, 200);
    let refused = client.send("GET", CONTACTS, TOKEN).await;
    let header = |name: &str| refused.headers.get(name).map(String::as_str);
    assert_eq!((refused.status, header("x-ratelimit-remaining"), header("retry-after")), (403, Some("0"), None));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let left = header("x-ratelimit-reset").unwrap().parse::<u64>().unwrap() - now;
    assert!((55..=62).contains(&left), "{left} s");
    assert_eq!(sandbox.requests()[1].verdict, Verdict::RateLimited);

    let sandbox = start(|config| config.limit = "fixed:1/60s,status=503,silent".parse().unwrap()).await;
    let mut client = Client::connect(sandbox.address()).await;
    client.send("GET", CONTACTS, TOKEN).await;
    let refused = client.send("GET", CONTACTS, TOKEN).await;
    assert_eq!((refused.status, refused.headers.get("retry-after")), (503, None));
}

#[tokio::test]
async fn an_in_flight_limit_refuses_whoever_comes_while_others_are_in() {
    let sandbox = start(|config| {
        config.limit = Limit::in_flight(2);
        config.latency = Duration::from_millis(100);
    })
    .await;
    for _ in 0..2 {
        let mut requests = JoinSet::new();
        for _ in 0..5 {
            let address = sandbox.address();
            requests.spawn(async move {
                let mut client = Client::connect(address).await;
                client.send("GET", CONTACTS, TOKEN).await.status
            });
        }
        let mut statuses = requests.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 429, 429, 429]);
    }
    let seen = sandbox.requests();
    let limited = seen.iter().filter(|seen| seen.verdict == Verdict::RateLimited);
    assert_eq!(limited.count(), 6);
    assert!((5..=10).contains(&max_within(&seen, Duration::from_secs(1))));
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_place() {
    let sandbox = start(|config| {
        config.limit = Limit::in_flight(1);
        config.faults = vec!["stalled-body:page=1,times=1".parse().unwrap()];
    })
    .await;
    let mut stalled = Client::connect(sandbox.address()).await;
    stalled.ask("GET", CONTACTS, TOKEN).await.unwrap();
    while sandbox.request_count() == 0 {
        tokio::task::yield_now().await;
    }
    let mut other = Client::connect(sandbox.address()).await;
    assert_eq!(other.send("GET", CONTACTS, TOKEN).await.status, 429);
    drop(stalled);
    while other.send("GET", CONTACTS, TOKEN).await.status == 429 {}
}
