//! Every fault over real sockets, on one page, with the pages around it unaffected.

use std::io::ErrorKind;
use std::time::Duration;

use linq_export::sandbox::{Fault, FaultRule, Sandbox, Verdict, Wait, WrongTotals};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::client::{Broken, Client, Response, TOKEN, page, start, target, try_get};

/// A sandbox of 250 contacts, 3 pages of 100, that plays one fault.
async fn playing(rule: &str) -> Sandbox {
    start(|config| {
        config.contacts = 250;
        config.faults = vec![rule.parse().unwrap()];
    })
    .await
}

/// Page 2 with a fault, after and before the truth.
async fn at_page_2(fault: &str) -> (Result<Response, Broken>, Response) {
    let joint = if fault.contains(':') { ',' } else { ':' };
    let sandbox = playing(&format!("{fault}{joint}page=2,times=1")).await;
    for other in [1, 3] {
        assert_eq!(page(&sandbox, other).await.status, 200);
    }
    let faulty = try_get(&sandbox, &target(2)).await;
    let truth = page(&sandbox, 2).await;
    assert_eq!(truth.rows(), 100);
    assert_eq!(truth.json()["pagination"]["current_page"], 2);
    let played: Vec<_> = sandbox.requests().iter().map(|seen| seen.fault().cloned()).collect();
    let rule: FaultRule = fault.parse().unwrap();
    assert_eq!(played, [None, None, Some(rule.fault().clone()), None]);
    (faulty, truth)
}

async fn answered(fault: &str) -> (Response, Response) {
    let (faulty, truth) = at_page_2(fault).await;
    (faulty.expect("a whole answer"), truth)
}

#[tokio::test]
async fn statuses_have_the_bodies_they_come_with() {
    let (answer, _) = answered("500").await;
    let documented = json!({
        "status": "error",
        "error_code": "INTERNAL_ERROR",
        "message": "Unable to fetch contacts",
        "errors": ["Internal server error. Please try again or contact support if the issue persists."]
    });
    assert_eq!((answer.status, answer.json()), (500, documented));
    for status in [502, 520] {
        let (answer, _) = answered(&status.to_string()).await;
        assert_eq!((answer.status, &*answer.headers["content-type"]), (status, "text/html"));
        assert!(answer.body.starts_with(b"<html>"));
    }
    for status in [503, 504] {
        let (answer, _) = answered(&status.to_string()).await;
        assert_eq!((answer.status, &answer.body[..]), (status, &b""[..]));
        assert!(!answer.headers.contains_key("retry-after"));
    }
    for (status, error_code) in [
        (400, "BAD_REQUEST"),
        (401, "UNAUTHORIZED"),
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (410, "GONE"),
        (422, "UNPROCESSABLE_ENTITY"),
        (429, "RATE_LIMIT_EXCEEDED"),
        (499, "ERROR"),
    ] {
        let (answer, _) = answered(&status.to_string()).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["error_code"], error_code);
        assert!(!answer.headers.contains_key("retry-after"), "{status}");
    }
}

#[tokio::test]
async fn throttled_clients_are_told_when_to_come_back_in_three_ways() {
    for status in [429, 503, 403] {
        let (answer, _) = answered(&format!("{status}-seconds:wait=7")).await;
        assert_eq!((answer.status, &*answer.headers["retry-after"]), (status, "7"));
        let (answer, _) = answered(&format!("{status}-date:wait=90")).await;
        let [date, then] =
            ["date", "retry-after"].map(|name| httpdate::parse_http_date(&answer.headers[name]).unwrap());
        assert_eq!((answer.status, then.duration_since(date).unwrap()), (status, Duration::from_secs(90)));
        let (answer, _) = answered(&format!("{status}-body:wait=45")).await;
        assert_eq!((answer.status, answer.headers.get("retry-after")), (status, None));
        let error = &answer.json()["error"];
        assert_eq!((&error["status"], &error["retry_after"]), (&json!(status), &json!(45)));
        assert_eq!(answer.json()["success"], false);
    }
}

#[tokio::test]
async fn a_redirect_leads_to_another_listener_with_nothing_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/contacts?page=2", elsewhere.local_addr().unwrap());
    let (answer, _) = answered(&format!("redirect:to={url}")).await;
    assert_eq!((answer.status, &answer.headers["location"]), (302, &url));
}

#[tokio::test]
async fn connections_are_reset_before_and_in_the_body() {
    let (faulty, _) = at_page_2("reset").await;
    let broken = faulty.unwrap_err();
    assert_eq!((broken.head.is_none(), broken.error), (true, Some(ErrorKind::ConnectionReset)));
    let (faulty, truth) = at_page_2("reset-body").await;
    let broken = faulty.unwrap_err();
    assert_eq!(broken.error, Some(ErrorKind::ConnectionReset));
    let head = broken.head.expect("the head came");
    assert_eq!((head.status, &head.headers["content-length"]), (200, &truth.body.len().to_string()));
    assert!(truth.body.starts_with(&head.body) && head.body.len() <= truth.body.len() / 2);
}

#[tokio::test]
async fn a_short_body_ends_early_and_in_good_order() {
    let (faulty, truth) = at_page_2("short-body").await;
    let broken = faulty.unwrap_err();
    assert_eq!(broken.error, None);
    let head = broken.head.expect("the head came");
    assert_eq!(head.headers["content-length"], truth.body.len().to_string());
    assert_eq!(head.body, truth.body[..truth.body.len() / 2]);
}

#[tokio::test]
async fn a_stalled_body_hangs_until_the_client_leaves() {
    let sandbox = playing("stalled-body:page=2").await;
    let mut client = Client::connect(sandbox.address()).await;
    client.ask("GET", &target(2), TOKEN).await.unwrap();
    // That nothing happens shows only while waiting.
    assert!(tokio::time::timeout(Duration::from_millis(100), client.receive()).await.is_err());
    let began = std::time::Instant::now();
    drop(client);
    sandbox.stop().await;
    assert!(began.elapsed() < Duration::from_millis(900), "the connection had gone");
}

#[tokio::test]
async fn streams_refused_under_http_1_are_closed_without_an_answer() {
    for fault in ["refused-stream", "goaway"] {
        let (faulty, _) = at_page_2(fault).await;
        let broken = faulty.unwrap_err();
        assert_eq!((broken.head.is_none(), broken.error), (true, None), "{fault}");
    }
}

#[tokio::test]
async fn broken_json_is_whole_as_http() {
    let (answer, truth) = answered("broken-json").await;
    assert_eq!(answer.status, 200);
    assert!(truth.body.starts_with(&answer.body) && answer.body.len() < truth.body.len());
    assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
}

#[tokio::test]
async fn a_gzip_bomb_is_small_and_inflates_to_the_page() {
    let (answer, truth) = answered("gzip-bomb").await;
    assert!(answer.body.len() < 128 << 10, "{}", answer.body.len());
    let plain = answer.gunzipped();
    assert!(plain.len() > 64 << 20);
    assert!(plain.ends_with(&truth.body));
}

#[tokio::test]
async fn a_huge_page_is_the_page_behind_spaces() {
    let (answer, truth) = answered("huge-page").await;
    assert!(answer.body.len() > 8 << 20);
    assert_eq!(answer.json(), truth.json());
}

#[tokio::test]
async fn a_wrong_page_says_which_it_is() {
    let (answer, truth) = answered("wrong-page").await;
    assert_eq!(answer.json()["pagination"]["current_page"], 1);
    assert_ne!(answer.json()["contacts"], truth.json()["contacts"]);
    let sandbox = playing("wrong-page:page=1").await;
    assert_eq!(page(&sandbox, 1).await.json()["pagination"]["current_page"], 2);
}

#[tokio::test]
async fn per_page_can_change_in_mid_run() {
    let sandbox = playing("per-page:max=40,page=3-").await;
    assert_eq!((page(&sandbox, 2).await.rows(), page(&sandbox, 3).await.rows()), (100, 40));
    let pagination = json!({"current_page": 7, "per_page": 40, "total_pages": 7, "total_count": 250});
    assert_eq!(page(&sandbox, 7).await.json()["pagination"], pagination);
    assert_eq!(page(&sandbox, 7).await.rows(), 10);
}

#[tokio::test]
async fn pages_lose_contacts_without_a_word() {
    for (fault, rows) in [("empty-page", 0), ("half-page", 50)] {
        let (answer, truth) = answered(fault).await;
        assert_eq!((answer.status, answer.rows()), (200, rows));
        assert_eq!(answer.json()["pagination"], truth.json()["pagination"]);
    }
}

#[tokio::test]
async fn pages_lose_one_of_their_keys() {
    let (answer, truth) = answered("no-pagination").await;
    assert_eq!(answer.json(), json!({"contacts": truth.json()["contacts"]}));
    let (answer, truth) = answered("no-contacts").await;
    assert_eq!(answer.json(), json!({"pagination": truth.json()["pagination"]}));
    let (answer, _) = answered("error-envelope").await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("error")));
    assert!(answer.json().get("contacts").is_none());
}

#[tokio::test]
async fn totals_are_wrong_once() {
    let (answer, _) = answered("totals:count=-100,pages=+4").await;
    let pagination = json!({"current_page": 2, "per_page": 100, "total_pages": 6, "total_count": 150});
    assert_eq!(answer.json()["pagination"], pagination);
    assert_eq!(answer.rows(), 100);
}

#[tokio::test]
async fn a_compressed_server_breaks_in_the_same_ways() {
    let sandbox = start(|config| {
        config.gzip = true;
        config.faults = ["broken-json:page=1", "gzip-bomb:page=2"].map(|rule| rule.parse().unwrap()).into();
    })
    .await;
    let mut client = Client::connect(sandbox.address()).await;
    let headers = format!("{TOKEN}Accept-Encoding: gzip\r\n");
    let broken = client.send("GET", &target(1), &headers).await.gunzipped();
    assert!(serde_json::from_slice::<serde_json::Value>(&broken).is_err());
    assert!(client.send("GET", &target(2), &headers).await.gunzipped().len() > 64 << 20);
}

#[tokio::test]
async fn neither_one_contact_nor_other_paths_meet_faults() {
    let sandbox = playing("500").await;
    let mut client = Client::connect(sandbox.address()).await;
    let contact = format!("{}/{}", super::client::CONTACTS, sandbox.contact_id(0).unwrap());
    assert_eq!(client.send("GET", &contact, TOKEN).await.status, 200);
    assert_eq!(client.send("GET", "/other", TOKEN).await.status, 404);
    assert_eq!(client.send("GET", &target(1), "").await.status, 401);
    assert_eq!(client.send("GET", &target(1), TOKEN).await.status, 500);
}

#[tokio::test]
async fn the_seed_decides_which_requests_fail_and_concurrency_does_not() {
    let run = async |seed, workers: u64| {
        let sandbox = start(|config| {
            config.seed = seed;
            config.faults = ["500:0.2", "502:0.2"].map(|rule| rule.parse().unwrap()).into();
        })
        .await;
        let mut requests = JoinSet::new();
        for worker in 0..workers {
            let address = sandbox.address();
            requests.spawn(async move {
                let mut client = Client::connect(address).await;
                let mut statuses = vec![];
                for page in (1..=60).filter(|page| page % workers == worker) {
                    for _ in 0..2 {
                        statuses.push((page, client.send("GET", &target(page), TOKEN).await.status));
                    }
                }
                statuses
            });
        }
        let mut statuses = requests.join_all().await.concat();
        // Stable: the two requests for a page keep their order.
        statuses.sort_by_key(|(page, _)| *page);
        statuses
    };
    let (alone, together, other) = (run(1, 1).await, run(1, 6).await, run(2, 1).await);
    assert_eq!(alone, together);
    assert_ne!(alone, other);
    for status in [200, 500, 502] {
        assert!(alone.iter().any(|(_, seen)| *seen == status), "{status}");
    }
}

#[tokio::test]
async fn rules_can_be_built_as_well_as_written() {
    let wait = Wait::Seconds(3);
    let sandbox = start(|config| {
        config.faults = vec![
            FaultRule::new(Fault::RateLimited { status: 429, wait }).at_page(2).first(1),
            FaultRule::new(Fault::Totals(WrongTotals { count: 1, pages: 0 })).at_pages(2..=3),
        ];
    })
    .await;
    let total = |answer: Response| answer.json()["pagination"]["total_count"].clone();
    assert_eq!(page(&sandbox, 2).await.status, 429);
    assert_eq!(total(page(&sandbox, 2).await), 2_501);
    assert_eq!(total(page(&sandbox, 4).await), 2_500);
    assert_eq!(sandbox.requests()[2].verdict, Verdict::Served);
}
