//! A list that changes while it is read, checked against its own history.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use linq_export::sandbox::{
    Change, Churn, Fault, History, Lag, Limit, Order, Sandbox, SandboxConfig, StaleCount, Verdict, WrongTotals,
};
use serde_json::Value;
use tokio::task::JoinSet;

use super::client::{CONTACTS, Client, Response, TOKEN, get, instant, page, start, target};

const ORDERS: [Order; 5] = [Order::Newest, Order::Oldest, Order::Id, Order::Updated, Order::Name];

async fn moving(moves: &str, change: impl FnOnce(&mut SandboxConfig)) -> Sandbox {
    start(|config| {
        config.contacts = 450;
        config.churn = Some(moves.parse().unwrap());
        change(config);
    })
    .await
}

fn ids(answer: &Response) -> Vec<u64> {
    answer.contacts().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

fn total_count(answer: &Response) -> u64 {
    answer.json()["pagination"]["total_count"].as_u64().unwrap()
}

/// The ids that page `number` has in a state, at 100 a page.
fn slice(history: &History, state: u64, number: usize) -> Vec<u64> {
    history.list_at(state).into_iter().skip((number - 1) * 100).take(100).collect()
}

#[tokio::test]
async fn every_answer_is_one_page_of_one_state() {
    for order in ORDERS {
        for (moves, states) in [("0", 0..=0), ("0.05", 0..=3), ("0.5,insert=3,bulk=40", 1..=12), ("2", 12..=38)] {
            let sandbox = moving(moves, |config| config.order = order).await;
            let mut answers = vec![];
            for number in (1..=5).cycle().take(12) {
                let answer = page(&sandbox, number).await;
                answers.push((usize::try_from(number).unwrap(), answer));
            }
            let history = sandbox.history();
            assert!(states.contains(&history.last_state()), "{moves}: {}", history.last_state());
            for ((number, answer), seen) in answers.iter().zip(sandbox.requests()) {
                let state = seen.state.unwrap();
                assert_eq!(ids(answer), slice(&history, state, *number), "{order:?} {moves} {state}");
                assert_eq!(total_count(answer), history.count_at(state));
                assert!(answer.contacts().iter().step_by(7).all(|row| history.existed(row, state, state)));
            }
        }
    }
}

#[tokio::test]
async fn requests_side_by_side_see_a_state_of_their_own_time() {
    let sandbox = moving("0.5", |config| config.contacts = 1_000).await;
    let address = sandbox.address();
    let mut requests = JoinSet::new();
    for number in 1..=20_u64 {
        requests.spawn(async move {
            let mut client = Client::connect(address).await;
            let mut answers = vec![];
            for per_page in [50, 49, 48] {
                let sent = Instant::now();
                let target = format!("{CONTACTS}?page={number}&per_page={per_page}");
                let answer = client.send("GET", &target, TOKEN).await;
                answers.push(((number, per_page), sent, answer, Instant::now()));
            }
            answers
        });
    }
    let answers: Vec<_> = requests.join_all().await.into_iter().flatten().collect();
    let history = sandbox.history();
    let seen: BTreeMap<_, _> = sandbox
        .requests()
        .into_iter()
        .map(|seen| ((seen.page.unwrap(), seen.per_page.unwrap()), seen.state.unwrap()))
        .collect();
    assert!(history.last_state() > 10);
    for ((number, per_page), sent, answer, received) in answers {
        let state = seen[&(number, per_page)];
        let [start, length] = [(number - 1) * per_page, per_page].map(|count| usize::try_from(count).unwrap());
        let expected: Vec<_> = history.list_at(state).into_iter().skip(start).take(length).collect();
        assert_eq!(ids(&answer), expected);
        assert!((history.state_at(sent)..=history.state_at(received)).contains(&state));
    }
}

#[tokio::test]
async fn the_seed_and_the_order_of_requests_decide_everything() {
    let run = async |seed| {
        let sandbox = moving("1,bulk=5", |config| {
            config.seed = seed;
            config.lag = Some(Lag { probability: 0.3, by: 2 });
        })
        .await;
        let mut answers = vec![];
        for number in [1, 2, 3, 4, 5, 1, 4] {
            answers.push(page(&sandbox, number).await.body);
        }
        answers
    };
    let (one, same, other) = (run(1).await, run(1).await, run(2).await);
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test]
async fn only_requests_for_pages_that_are_let_in_move_the_list() {
    let sandbox = moving("10", |config| {
        config.limit = Limit::fixed_window(4, Duration::from_mins(10));
        config.faults = vec!["500:page=2".parse().unwrap()];
    })
    .await;
    let id = sandbox.contact_id(0).unwrap();
    let mut client = Client::connect(sandbox.address()).await;
    let targets = [target(1), target(1), format!("{CONTACTS}/{id}"), "/other".to_owned(), target(2), target(1)];
    let headers = ["", TOKEN, TOKEN, TOKEN, TOKEN, TOKEN];
    let mut states = vec![];
    for (target, headers) in targets.iter().zip(headers) {
        client.send("GET", target, headers).await;
        states.push(sandbox.history().last_state());
    }
    let moved: Vec<_> = states.windows(2).map(|pair| pair[0] < pair[1]).collect();
    assert_eq!((states[0], moved), (0, vec![true, false, false, true, false]));
    let seen = sandbox.requests();
    let answered_from: Vec<_> = seen.iter().map(|seen| seen.state).collect();
    assert_eq!(answered_from, [None, Some(states[1]), Some(states[1]), None, Some(states[4]), None]);
    assert_eq!((&seen[4].verdict, &seen[5].verdict), (&Verdict::Fault(Fault::Status(500)), &Verdict::RateLimited));
}

#[tokio::test]
async fn inserts_are_later_and_larger_than_all_and_imports_share_one_instant() {
    let sandbox = moving("1,delete=0,bulk=300", |_| {}).await;
    let before: Vec<_> = (0..450).map(|position| sandbox.contact(position).unwrap()).collect();
    while !sandbox.history().writes().iter().any(|written| matches!(written.change, Change::Inserted(_))) {
        page(&sandbox, 1).await;
    }
    let history = sandbox.history();
    let (write, imported) = history
        .writes()
        .iter()
        .zip(1..)
        .find_map(|(written, state)| match &written.change {
            Change::Inserted(ids) => Some((state, ids.clone())),
            _ => None,
        })
        .unwrap();
    assert_eq!(imported.len(), 300);
    let rows: Vec<_> = imported.iter().map(|id| history.contact_at(*id, write).unwrap()).collect();
    let created: BTreeSet<_> = rows.iter().map(|row| instant(&row["created_at"])).collect();
    assert_eq!(created.len(), 1);
    let latest = before.iter().flat_map(|row| [instant(&row["created_at"]), instant(&row["updated_at"])]).max();
    assert!(created.first() > latest.as_ref());
    assert!(imported.iter().min() > before.iter().map(|row| row["id"].as_u64().unwrap()).max().as_ref());
    assert_eq!(history.count_at(write), history.count_at(write - 1) + 300);
}

#[tokio::test]
async fn updates_leave_both_versions_and_deletes_leave_404() {
    let sandbox = moving("1,insert=0", |config| config.contacts = 40).await;
    for _ in 0..30 {
        page(&sandbox, 1).await;
    }
    let history = sandbox.history();
    let (mut updated, mut deleted) = (0, 0);
    for (written, state) in history.writes().iter().zip(1..) {
        match written.change {
            Change::Updated(id) => {
                let [old, new] = [state - 1, state].map(|state| history.contact_at(id, state).unwrap());
                assert!(instant(&old["updated_at"]) < instant(&new["updated_at"]));
                let known = ["last_name", "title", "location"];
                assert_eq!(known.iter().filter(|key| old[**key] != new[**key]).count(), 1);
                let versions = history.contact_versions(id);
                assert!(versions.contains(&old) && versions.contains(&new));
                updated += 1;
            }
            Change::Deleted(id) => {
                let answer = get(&sandbox, &format!("{CONTACTS}/{id}")).await;
                assert_eq!((answer.status, history.contact_at(id, state)), (404, None));
                assert!(history.contact_at(id, state - 1).is_some());
                deleted += 1;
            }
            Change::Inserted(_) => unreachable!("none were asked for"),
        }
    }
    assert!(updated > 5 && deleted > 5, "{updated}, {deleted}");
    let stable = history.stable_ids(0, history.last_state());
    assert_eq!(stable.len(), 40 - deleted);
}

#[tokio::test]
async fn a_count_may_be_one_change_behind_the_contacts() {
    let sandbox = moving("1,bulk=150", |config| {
        config.stale_count = StaleCount::OneWrite;
        config.quirks.wrong_totals = WrongTotals { count: 7, pages: 1 };
        config.quirks.max_per_page = 60;
        config.faults = vec!["half-page:page=2".parse().unwrap()];
    })
    .await;
    for number in [1, 2, 1, 3, 2, 1, 1, 4] {
        let answer = page(&sandbox, number).await;
        let (history, number) = (sandbox.history(), usize::try_from(number).unwrap());
        let state = history.last_state();
        let counted = history.count_at(state.saturating_sub(1)) + 7;
        assert_eq!(total_count(&answer), counted);
        assert_eq!(answer.json()["pagination"]["total_pages"], counted.div_ceil(60) + 1);
        let rows = if number == 2 { 30 } else { 60 };
        let expected: Vec<_> = history.list_at(state).into_iter().skip((number - 1) * 60).take(rows).collect();
        assert_eq!(ids(&answer), expected);
    }
}

#[tokio::test]
async fn writes_may_fall_between_the_total_and_the_contacts_of_one_answer() {
    for (count, lag) in [
        (StaleCount::BeforeRows, None),
        (StaleCount::AfterRows, None),
        (StaleCount::BeforeRows, Some("0.3,by=3".parse().unwrap())),
    ] {
        let sandbox = moving("1,insert=2,bulk=70", |config| (config.stale_count, config.lag) = (count, lag)).await;
        let (mut apart, mut before) = (0, 0);
        for number in (1..=6).cycle().take(30) {
            let answer = page(&sandbox, number).await;
            let (history, number) = (sandbox.history(), usize::try_from(number).unwrap());
            let seen = sandbox.requests().pop().unwrap();
            let (state, counted) = (seen.state.unwrap(), seen.counted.unwrap());
            let after = history.last_state();
            match (count, lag) {
                (StaleCount::BeforeRows, None) => assert_eq!((counted, state), (before, after)),
                (StaleCount::AfterRows, _) => assert_eq!((state, counted), (before, after)),
                _ => assert!(counted <= state && state <= after, "{counted}, {state}, {after}"),
            }
            assert_eq!(ids(&answer), slice(&history, state, number), "{count:?}, {state}");
            assert_eq!(total_count(&answer), history.count_at(counted), "{count:?}, {counted}");
            assert_eq!(answer.json()["pagination"]["total_pages"], history.count_at(counted).div_ceil(100));
            assert!(answer.contacts().iter().step_by(7).all(|row| history.existed(row, state, state)));
            apart += u64::from(history.count_at(state) != history.count_at(counted));
            before = after;
        }
        assert!(apart > 5, "{count:?}: {apart}");
    }
}

#[tokio::test]
async fn a_replica_lags_behind_now_and_then() {
    let sandbox = moving("1", |config| config.lag = Some("0.3,by=3".parse().unwrap())).await;
    let mut lagged = 0;
    for _ in 0..40 {
        let answer = page(&sandbox, 1).await;
        let history = sandbox.history();
        let state = sandbox.requests().last().unwrap().state.unwrap();
        let latest = history.last_state();
        assert!(state == latest || state == latest.saturating_sub(3), "{state} of {latest}");
        lagged += u64::from(state < latest);
        assert_eq!(ids(&answer), slice(&history, state, 1));
        assert_eq!(total_count(&answer), history.count_at(state));
        assert!(answer.contacts().iter().all(|row| history.existed(row, state, state)));
    }
    assert!((4..=24).contains(&lagged), "{lagged}");
}

#[tokio::test]
async fn ties_are_shuffled_while_the_list_moves() {
    let sandbox =
        moving("0.5,bulk=30", |config| (config.order, config.shared_timestamps) = (Order::UnstableTies, 30)).await;
    for _ in 0..20 {
        let answer = page(&sandbox, 2).await;
        let history = sandbox.history();
        let listed: BTreeSet<_> = history.list_at(history.last_state()).into_iter().collect();
        let rows = answer.contacts();
        assert!(rows.is_sorted_by_key(|row| std::cmp::Reverse(instant(&row["created_at"]))));
        assert!(ids(&answer).iter().all(|id| listed.contains(id)));
        assert_ne!(ids(&answer), slice(&history, history.last_state(), 2));
    }
}

#[tokio::test]
async fn a_list_comes_to_rest_after_its_writes() {
    let sandbox = moving("2,stop-after=20", |_| {}).await;
    for _ in 0..40 {
        page(&sandbox, 1).await;
    }
    let history = sandbox.history();
    assert_eq!(history.last_state(), 20);
    assert!(history.writes().is_sorted_by_key(|written| written.at));
    assert_eq!(sandbox.count(), history.count_at(20));
    assert_eq!(sandbox.contact_id(0), history.list_at(20).first().copied());
    let contact: Option<Value> = sandbox.contact(0);
    assert_eq!(contact, history.contact_at(sandbox.contact_id(0).unwrap(), 20));
}

#[tokio::test]
async fn moves_out_of_range_are_refused_before_serving() {
    let mut config = SandboxConfig::default();
    config.churn = Some(Churn { bulk: 0, ..Churn::new(1.0) });
    let error = Sandbox::start(config).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
