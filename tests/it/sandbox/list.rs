//! The list as the API documents it, without faults.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use linq_export::sandbox::{Limit, PastTheEnd, Protocol, Sandbox, SandboxConfig, Verdict, WrongTotals};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::client::{CONTACTS, Client, TOKEN, get, page, start};

#[tokio::test]
async fn every_contact_is_on_its_page_newest_first() {
    let sandbox = start(|config| config.contacts = 1_234).await;
    let mut client = Client::connect(sandbox.address()).await;
    let mut rows = Vec::new();
    for page in 1..=13 {
        let target = format!("{CONTACTS}?page={page}&per_page=100");
        let answer = client.send("GET", &target, TOKEN).await.json();
        let pagination = json!({
            "current_page": page, "per_page": 100, "total_pages": 13, "total_count": 1_234
        });
        assert_eq!(answer["pagination"], pagination);
        rows.extend(answer["contacts"].as_array().unwrap().iter().cloned());
    }
    let truth: Vec<_> = (0..sandbox.count()).map(|position| sandbox.contact(position).unwrap()).collect();
    assert_eq!(rows, truth);
    let ids: Vec<_> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted_by(|earlier, later| earlier > later));
    assert_eq!(sandbox.contact_id(7), Some(ids[7]));
    assert_eq!(sandbox.contact(1_234), None);
}

#[tokio::test]
async fn defaults_clamps_and_the_end_of_the_list() {
    let sandbox = start(|config| config.contacts = 250).await;
    for (query, current_page, per_page, rows) in [
        ("", 1, 25, 25),
        ("?page=0&per_page=0", 1, 25, 25),
        ("?page=x", 1, 25, 25),
        ("?per_page=1000", 1, 100, 100),
        ("?page=3&per_page=100", 3, 100, 50),
        ("?page=4&per_page=100", 4, 100, 0),
    ] {
        let answer = get(&sandbox, &format!("{CONTACTS}{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        let answer = answer.json();
        assert_eq!(answer["pagination"]["current_page"], current_page, "{query}");
        assert_eq!(answer["pagination"]["per_page"], per_page, "{query}");
        assert_eq!(answer["pagination"]["total_count"], 250, "{query}");
        assert_eq!(answer["contacts"].as_array().unwrap().len(), rows, "{query}");
    }
}

#[tokio::test]
async fn an_empty_organisation_has_a_page_without_rows() {
    let sandbox = start(|config| config.contacts = 0).await;
    let expected = json!({
        "contacts": [],
        "pagination": {"current_page": 1, "per_page": 100, "total_pages": 0, "total_count": 0}
    });
    let answer = get(&sandbox, &format!("{CONTACTS}?per_page=100")).await;
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_million_contacts_cost_nothing_until_asked_for() {
    let sandbox = start(|config| config.contacts = 1_000_000).await;
    let answer = get(&sandbox, &format!("{CONTACTS}?page=10000&per_page=100")).await;
    let answer = answer.json();
    let rows = answer["contacts"].as_array().unwrap();
    let ids: BTreeSet<_> = rows.iter().map(|row| row["id"].as_u64()).collect();
    assert_eq!(ids.len(), 100);
    assert_eq!(Some(rows[99].clone()), sandbox.contact(999_999));
}

#[tokio::test]
async fn one_contact_is_found_by_its_id() {
    let sandbox = start(|_| {}).await;
    let id = sandbox.contact_id(42).unwrap();
    let found = get(&sandbox, &format!("{CONTACTS}/{id}")).await.json();
    assert_eq!(found, json!({"data": sandbox.contact(42).unwrap()}));
    for absent in ["1", "x", "99999999999999999999"] {
        let answer = get(&sandbox, &format!("{CONTACTS}/{absent}")).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.json()["error_code"], "CONTACT_NOT_FOUND");
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_shown() {
    let sandbox = start(|_| {}).await;
    let mut client = Client::connect(sandbox.address()).await;
    for header in ["", "X-LINQ-INTEGRATION-TOKEN: other\r\n"] {
        let answer = client.send("GET", CONTACTS, header).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["status"], "error");
        assert_eq!(answer.json()["error_code"], "UNAUTHORIZED");
        assert!(answer.json()["errors"][0].is_string());
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_the_shape_of_v2() {
    let sandbox = start(|_| {}).await;
    let mut client = Client::connect(sandbox.address()).await;
    for (method, target, status) in [
        ("GET", "/", 404),
        ("GET", "/api/partner/v2/contactsx", 404),
        ("GET", "/api/partner/v2/contacts/1/notes", 404),
        ("POST", CONTACTS, 405),
        ("DELETE", "/api/partner/v2/contacts/1", 405),
    ] {
        let headers = format!("{TOKEN}Content-Length: 0\r\n");
        let answer = client.send(method, target, &headers).await;
        assert_eq!(answer.status, status, "{method} {target}");
        assert_eq!(answer.json()["errors"][0]["status"], status);
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_the_api() {
    let sandbox = start(|_| {}).await;
    let mut request_ids = BTreeSet::new();
    for target in [CONTACTS, "/nothing"] {
        let answer = get(&sandbox, target).await;
        assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
        assert!(answer.headers["date"].ends_with("GMT"));
        assert!(!answer.headers.contains_key("content-encoding"));
        request_ids.insert(answer.headers["x-request-id"].clone());
    }
    assert_eq!(request_ids.len(), 2);
}

#[tokio::test]
async fn gzip_is_sent_where_both_sides_want_it() {
    let sandbox = start(|config| config.gzip = true).await;
    let mut client = Client::connect(sandbox.address()).await;
    let plain = client.send("GET", CONTACTS, TOKEN).await;
    let headers = format!("{TOKEN}Accept-Encoding: br, gzip\r\n");
    let packed = client.send("GET", CONTACTS, &headers).await;
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(packed.gunzipped(), plain.body);
}

#[tokio::test]
async fn latency_counts_from_arrival_and_is_shared_by_parallel_requests() {
    let latency = Duration::from_millis(100);
    let sandbox = start(|config| config.latency = latency).await;
    let began = Instant::now();
    let address = sandbox.address();
    let mut requests = JoinSet::new();
    for _ in 0..8 {
        requests.spawn(async move {
            let mut client = Client::connect(address).await;
            client.send("GET", CONTACTS, TOKEN).await.status
        });
    }
    assert_eq!(requests.join_all().await, [200; 8]);
    let took = began.elapsed();
    assert!(took >= latency, "{took:?}");
    assert!(took < latency * 4, "{took:?}");
}

#[tokio::test]
async fn the_journal_tells_what_was_asked_and_answered() {
    let sandbox = start(|config| config.request_log = 2).await;
    let mut client = Client::connect(sandbox.address()).await;
    let before = Instant::now();
    client.send("GET", CONTACTS, TOKEN).await;
    client.send("GET", "/x", "").await;
    let headers = format!("{TOKEN}User-Agent: test/1\r\n");
    let target = format!("{CONTACTS}?page=2&per_page=500");
    client.send("GET", &target, &headers).await;
    let seen = sandbox.requests();
    assert_eq!(sandbox.request_count(), 3);
    assert_eq!(seen.len(), 2);
    assert_eq!((&*seen[0].path, seen[0].page, seen[0].status), ("/x", None, 401));
    assert_eq!(&*seen[1].path, CONTACTS);
    assert_eq!((seen[1].page, seen[1].per_page), (Some(2), Some(500)));
    assert_eq!(seen[1].user_agent.as_deref(), Some("test/1"));
    assert_eq!(seen[1].status, 200);
    assert_eq!([&seen[0].verdict, &seen[1].verdict], [&Verdict::Unauthorized, &Verdict::Served]);
    assert_eq!(seen[1].protocol, Protocol::Http1);
    assert!(before <= seen[0].arrived && seen[0].arrived <= seen[1].arrived);
}

#[tokio::test]
async fn stopping_lets_the_request_in_progress_finish() {
    let sandbox = start(|config| config.latency = Duration::from_millis(200)).await;
    let address = sandbox.address();
    let mut client = Client::connect(address).await;
    client.ask("GET", CONTACTS, TOKEN).await.unwrap();
    while sandbox.request_count() == 0 {
        tokio::task::yield_now().await;
    }
    let (answer, ()) = tokio::join!(client.receive(), sandbox.stop());
    assert_eq!(answer.unwrap().status, 200);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn dropping_closes_everything() {
    let sandbox = start(|_| {}).await;
    let address = sandbox.address();
    let mut idle = Client::connect(address).await;
    idle.send("GET", CONTACTS, TOKEN).await;
    drop(sandbox);
    assert_eq!(idle.0.read(&mut [0]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_value_out_of_range_is_refused_before_serving() {
    let mut config = SandboxConfig::default();
    config.limit = Limit::per_second(0.0);
    let error = Sandbox::start(config).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_server_can_clamp_and_miscount_on_every_page_alike() {
    let sandbox = start(|config| {
        config.contacts = 250;
        config.quirks.max_per_page = 40;
        config.quirks.wrong_totals = WrongTotals { count: -100, pages: 2 };
    })
    .await;
    for number in [1, 2, 6] {
        let answer = page(&sandbox, number).await;
        let pagination = json!({"current_page": number, "per_page": 40, "total_pages": 6, "total_count": 150});
        assert_eq!(answer.json()["pagination"], pagination);
        assert_eq!(answer.rows(), 40);
    }
}

#[tokio::test]
async fn past_the_end_there_may_be_404_but_never_at_page_1() {
    for (contacts, end) in [(250, 3), (200, 2), (0, 1)] {
        let sandbox = start(|config| {
            config.contacts = contacts;
            config.quirks.past_the_end = PastTheEnd::NotFound;
        })
        .await;
        assert_eq!(page(&sandbox, end).await.status, 200);
        let answer = page(&sandbox, end + 1).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.json()["error_code"], "PAGE_NOT_FOUND");
    }
}
