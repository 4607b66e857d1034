//! The sandbox by real HTTP: a raw TCP client that shares nothing with the program's own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use linq_export::sandbox::{Limit, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CONTACTS: &str = "/api/partner/v2/contacts";
const TOKEN: &str = "X-LINQ-INTEGRATION-TOKEN: sandbox-token\r\n";

struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Response {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

struct Client(TcpStream);

impl Client {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, method: &str, target: &str, headers: &str) -> Response {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: sandbox\r\n{headers}\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
        self.receive().await
    }

    async fn receive(&mut self) -> Response {
        let mut received = Vec::new();
        let head_end = loop {
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            assert_ne!(self.0.read_buf(&mut received).await.unwrap(), 0, "closed");
        };
        let head = String::from_utf8(received[..head_end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers: BTreeMap<_, _> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers["content-length"].parse().unwrap();
        let mut body = received[head_end + 4..].to_vec();
        while body.len() < length {
            assert_ne!(self.0.read_buf(&mut body).await.unwrap(), 0, "closed");
        }
        Response { status: status.parse().unwrap(), headers, body }
    }
}

async fn get(sandbox: &Sandbox, target: &str) -> Response {
    let mut client = Client::connect(sandbox.address()).await;
    client.send("GET", target, TOKEN).await
}

async fn start(change: impl FnOnce(&mut SandboxConfig)) -> Sandbox {
    let mut config = SandboxConfig::default();
    change(&mut config);
    Sandbox::start(config).await.unwrap()
}

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
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(!plain.headers.contains_key("content-encoding"));
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
}

#[tokio::test]
async fn over_the_limit_the_answer_is_429_with_retry_after() {
    let sandbox = start(|config| config.limit = Limit::per_second(3.0)).await;
    let mut client = Client::connect(sandbox.address()).await;
    let mut refused = None;
    for _ in 0..20 {
        let answer = client.send("GET", CONTACTS, TOKEN).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("20 requests at once are over 3 a second");
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.json()["status"], "error");
    // A request that may not come in at all is not counted against the limit.
    assert_eq!(client.send("GET", CONTACTS, "").await.status, 401);
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
    let sandbox = start(|config| config.journal = 2).await;
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
    assert!(before <= seen[0].arrived && seen[0].arrived <= seen[1].arrived);
}

#[tokio::test]
async fn stopping_lets_the_request_in_progress_finish() {
    let sandbox = start(|config| config.latency = Duration::from_millis(200)).await;
    let address = sandbox.address();
    let mut client = Client::connect(address).await;
    let request = format!("GET {CONTACTS} HTTP/1.1\r\nHost: sandbox\r\n{TOKEN}\r\n");
    client.0.write_all(request.as_bytes()).await.unwrap();
    while sandbox.request_count() == 0 {
        tokio::task::yield_now().await;
    }
    let (answer, ()) = tokio::join!(client.receive(), sandbox.stop());
    assert_eq!(answer.status, 200);
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
