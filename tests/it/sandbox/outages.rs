//! Outages: the server is down for every client, and then back.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use linq_export::sandbox::{Outage, OutageKind, OutageStart, Sandbox, Verdict};

use super::client::{CONTACTS, Client, TOKEN, page, start, target, try_get};

const LASTS: Duration = Duration::from_millis(150);

async fn with_outage(kind: OutageKind, starts: OutageStart) -> Sandbox {
    start(|config| config.outages = vec![Outage { kind, starts, lasts: LASTS }]).await
}

#[tokio::test]
async fn an_outage_of_503_begins_with_its_request_and_ends_in_time() {
    let sandbox = with_outage(OutageKind::Status503, OutageStart::Request(3)).await;
    let mut client = Client::connect(sandbox.address()).await;
    let mut statuses = vec![];
    let began = Instant::now();
    while statuses.last() != Some(&200) || statuses.len() < 4 {
        // Without a token, too: during an outage, every request fails.
        let headers = if statuses.len() == 3 { "" } else { TOKEN };
        let answer = client.send("GET", CONTACTS, headers).await;
        assert!(!answer.headers.contains_key("retry-after"));
        statuses.push(answer.status);
    }
    assert!(began.elapsed() >= LASTS);
    assert_eq!(statuses[..4], [200, 200, 503, 503]);
    let seen = sandbox.requests();
    let during: Vec<_> = seen.iter().filter(|seen| seen.verdict == Verdict::Outage).collect();
    assert_eq!(during.len(), statuses.len() - 3);
    assert!(during.iter().all(|seen| seen.status == 503));
}

#[tokio::test]
async fn a_refusing_outage_resets_connections_old_and_new() {
    let sandbox = with_outage(OutageKind::Refused, OutageStart::Request(2)).await;
    let mut old = Client::connect(sandbox.address()).await;
    old.send("GET", CONTACTS, TOKEN).await;
    old.ask("GET", CONTACTS, TOKEN).await.unwrap();
    let broken = old.receive().await.unwrap_err();
    assert_eq!((broken.head.is_none(), broken.error), (true, Some(ErrorKind::ConnectionReset)));
    let mut refused = 0;
    let began = Instant::now();
    let back = loop {
        match try_get(&sandbox, &target(1)).await {
            Ok(answer) => break answer,
            Err(broken) => {
                refused += 1;
                assert!(broken.head.is_none());
                assert!(matches!(broken.error, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)), "{broken:?}");
            }
        }
    };
    assert_eq!(back.status, 200);
    assert!(began.elapsed() < LASTS * 10);
    assert!(refused >= 1);
    assert_eq!(sandbox.refused_connections().len(), refused);
    let outage: Vec<_> = sandbox.requests().into_iter().filter(|seen| seen.verdict == Verdict::Outage).collect();
    assert_eq!(outage.len(), 1);
}

#[tokio::test]
async fn an_outage_after_some_time_leaves_the_time_before_alone() {
    let sandbox = with_outage(OutageKind::Status503, OutageStart::After(Duration::from_hours(1))).await;
    assert_eq!(page(&sandbox, 1).await.status, 200);
    let sandbox = with_outage(OutageKind::Status503, OutageStart::After(Duration::ZERO)).await;
    assert_eq!(page(&sandbox, 1).await.status, 503);
}
