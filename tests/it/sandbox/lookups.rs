//! Lookups of single contacts: right or wrong, behind the same limit, faults and outages as pages.

use std::time::{Duration, Instant};

use linq_export::sandbox::{Change, Fault, FaultRule, Limit, Outage, OutageKind, OutageStart, Sandbox, Verdict};
use serde_json::{Value, json};

use super::client::{CONTACTS, Client, Response, TOKEN, get, page, start, target};

fn lookup(id: u64) -> String {
    format!("{CONTACTS}/{id}")
}

async fn look_up(sandbox: &Sandbox, id: u64) -> Response {
    get(sandbox, &lookup(id)).await
}

async fn answering(lookups: &str) -> Sandbox {
    start(|config| config.quirks.lookups = lookups.parse().unwrap()).await
}

#[tokio::test]
async fn wrong_answers_are_the_same_for_every_contact() {
    let documented = json!({
        "status": "error",
        "error_code": "CONTACT_NOT_FOUND",
        "message": "Contact not found",
        "errors": ["No contact with this id belongs to your organization."]
    });
    for (lookups, status, content_type, error_code) in [
        ("not-found", 404, "application/json; charset=utf-8", Some("CONTACT_NOT_FOUND")),
        ("plain-404", 404, "text/html", None),
        ("forbidden", 403, "application/json; charset=utf-8", Some("FORBIDDEN")),
        ("html", 200, "text/html", None),
    ] {
        let sandbox = answering(lookups).await;
        for id in [sandbox.contact_id(0).unwrap(), sandbox.contact_id(2_499).unwrap(), 1] {
            let answer = look_up(&sandbox, id).await;
            assert_eq!((answer.status, &*answer.headers["content-type"]), (status, content_type), "{lookups}");
            match error_code {
                Some(error_code) => assert_eq!(answer.json()["error_code"], error_code),
                None => assert!(answer.body.starts_with(b"<html>"), "{lookups}"),
            }
            if lookups == "not-found" {
                assert_eq!(answer.json(), documented);
            }
        }
        assert_eq!(page(&sandbox, 1).await.rows(), 100, "pages are not affected");
    }
}

#[tokio::test]
async fn another_contact_than_asked_for_is_a_real_one() {
    let sandbox = answering("another").await;
    let [first, second] = [0, 1].map(|position| sandbox.contact(position).unwrap());
    for id in [sandbox.contact_id(42).unwrap(), 1] {
        assert_eq!(look_up(&sandbox, id).await.json(), json!({ "data": first }));
    }
    let answer = look_up(&sandbox, sandbox.contact_id(0).unwrap()).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "data": second })));
}

#[tokio::test]
async fn a_lagging_lookup_finds_the_deleted_and_misses_the_new() {
    for (lookups, lag) in [("correct", 0), ("lagging", 1), ("lagging,by=5", 5), ("lagging,by=1000", 1_000)] {
        let sandbox = start(|config| {
            config.contacts = 200;
            config.churn = Some("4".parse().unwrap());
            config.quirks.lookups = lookups.parse().unwrap();
        })
        .await;
        for number in 1..=5 {
            page(&sandbox, number).await;
        }
        let history = sandbox.history();
        let state = history.last_state().saturating_sub(lag);
        let ids: Vec<u64> = history.writes().iter().flat_map(|write| changed(&write.change)).collect();
        assert!(ids.len() > 10);
        for id in ids {
            let answer = look_up(&sandbox, id).await;
            match history.contact_at(id, state) {
                Some(contact) => assert_eq!(answer.json(), json!({ "data": contact }), "{lookups}"),
                None => assert_eq!((answer.status, &answer.json()["error_code"]), (404, &json!("CONTACT_NOT_FOUND"))),
            }
            let seen = sandbox.requests().pop().unwrap();
            assert_eq!((seen.state, seen.counted), (Some(state), None));
        }
        assert_eq!(sandbox.history().last_state(), history.last_state(), "a lookup writes nothing");
    }
}

fn changed(change: &Change) -> Vec<u64> {
    match change {
        Change::Inserted(ids) => ids.clone(),
        Change::Deleted(id) | Change::Updated(id) => vec![*id],
    }
}

#[tokio::test]
async fn the_journal_tells_lookups_from_pages() {
    let sandbox = start(|_| {}).await;
    let id = sandbox.contact_id(3).unwrap();
    let mut client = Client::connect(sandbox.address()).await;
    let not_a_number = format!("{CONTACTS}/x");
    for (target, headers) in [(&*lookup(id), TOKEN), (&*lookup(7), ""), (&not_a_number, TOKEN), (CONTACTS, TOKEN)] {
        client.send("GET", target, headers).await;
    }
    client.send("DELETE", &lookup(id), TOKEN).await;
    let seen = sandbox.requests();
    let lookups: Vec<_> = seen.iter().map(|seen| (seen.lookup, seen.status)).collect();
    assert_eq!(lookups, [(Some(id), 200), (Some(7), 401), (None, 404), (None, 200), (None, 405)]);
    assert_eq!((&*seen[0].path, seen[0].page), (&*lookup(id), None));
}

#[tokio::test]
async fn pages_and_lookups_share_one_limit() {
    let sandbox = start(|config| config.limit = Limit::fixed_window(3, Duration::from_mins(10))).await;
    let mut client = Client::connect(sandbox.address()).await;
    let found = lookup(sandbox.contact_id(0).unwrap());
    let mut statuses = vec![];
    for target in [&*found, CONTACTS, &*lookup(1), &*found, CONTACTS] {
        let answer = client.send("GET", target, TOKEN).await;
        assert_eq!(answer.headers.contains_key("retry-after"), answer.status == 429);
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 200, 404, 429, 429]);
    assert_eq!(sandbox.requests()[3].verdict, Verdict::RateLimited);
}

#[tokio::test]
async fn a_lookup_waits_for_the_latency_and_is_compressed() {
    let latency = Duration::from_millis(50);
    let sandbox = start(|config| {
        config.latency = latency;
        config.gzip = true;
    })
    .await;
    let mut client = Client::connect(sandbox.address()).await;
    let began = Instant::now();
    let headers = format!("{TOKEN}Accept-Encoding: gzip\r\n");
    let answer = client.send("GET", &lookup(sandbox.contact_id(0).unwrap()), &headers).await;
    assert!(began.elapsed() >= latency);
    let plain: Value = serde_json::from_slice(&answer.gunzipped()).unwrap();
    assert_eq!(plain["data"], sandbox.contact(0).unwrap());
}

#[tokio::test]
async fn an_outage_hits_lookups_and_may_begin_with_one() {
    let sandbox = start(|config| {
        let (kind, starts, lasts) = (OutageKind::Status503, OutageStart::Request(2), Duration::from_hours(1));
        config.outages = vec![Outage { kind, starts, lasts }];
    })
    .await;
    let mut client = Client::connect(sandbox.address()).await;
    let id = sandbox.contact_id(0).unwrap();
    let mut statuses = vec![];
    for target in [lookup(id), lookup(id), target(1)] {
        statuses.push(client.send("GET", &target, TOKEN).await.status);
    }
    assert_eq!(statuses, [200, 503, 503]);
    let seen = sandbox.requests().remove(1);
    assert_eq!((seen.verdict, seen.lookup, seen.state), (Verdict::Outage, Some(id), None));
}

#[tokio::test]
async fn faults_of_lookups_leave_pages_alone() {
    let sandbox = start(|config| {
        config.faults = vec!["503:lookup,times=2".parse().unwrap()];
    })
    .await;
    for position in [0, 7] {
        let id = sandbox.contact_id(position).unwrap();
        let mut statuses = vec![];
        for _ in 0..3 {
            statuses.push(look_up(&sandbox, id).await.status);
            assert_eq!(page(&sandbox, 1).await.status, 200);
        }
        assert_eq!(statuses, [503, 503, 200]);
    }
    let first = &sandbox.requests()[0];
    assert_eq!((&first.verdict, first.status), (&Verdict::Fault(Fault::Status(503)), 503));
}

#[tokio::test]
async fn faults_damage_the_answer_of_one_contact() {
    let id = start(|_| {}).await.contact_id(5).unwrap();
    let sandbox = start(|config| {
        config.faults = vec![
            FaultRule::new(Fault::ErrorEnvelope).at_lookup(id).first(1),
            FaultRule::new(Fault::BrokenJson).at_lookup(id).first(2),
            FaultRule::new(Fault::ByteOrderMark).at_lookup(id).first(3),
        ];
    })
    .await;
    let envelope = look_up(&sandbox, id).await;
    assert_eq!((envelope.status, &envelope.json()["status"]), (200, &json!("error")));
    let broken = look_up(&sandbox, id).await;
    assert!(broken.body.starts_with(br#"{"data":{"#));
    assert!(serde_json::from_slice::<Value>(&broken.body).is_err());
    let marked = look_up(&sandbox, id).await;
    assert!(marked.body.starts_with(b"\xEF\xBB\xBF{\"data\":"));
    assert_eq!(look_up(&sandbox, id).await.json(), json!({ "data": sandbox.contact(5).unwrap() }));
    assert_eq!(look_up(&sandbox, sandbox.contact_id(6).unwrap()).await.status, 200);
}
