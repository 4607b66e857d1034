//! The orders of a list, as far as responses show them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use linq_export::sandbox::{Churn, Order, PageOrder, Sandbox, SandboxConfig};
use serde_json::Value;

use super::client::{instant, page, start};

/// The rows of all pages, one request after the other.
async fn whole(sandbox: &Sandbox) -> Vec<Value> {
    let mut rows = vec![];
    for number in 1..=sandbox.count().div_ceil(100) {
        rows.extend(page(sandbox, number).await.contacts());
    }
    rows
}

fn id(row: &Value) -> u64 {
    row["id"].as_u64().unwrap()
}

#[tokio::test]
async fn rows_stand_in_the_order_asked_for_whether_the_list_is_held_or_not() {
    type Sorted = fn(&[Value]) -> bool;
    let orders: [(Order, Sorted); 6] = [
        (Order::Newest, |rows| rows.is_sorted_by_key(|row| Reverse((instant(&row["created_at"]), id(row))))),
        (Order::Oldest, |rows| rows.is_sorted_by_key(|row| (instant(&row["created_at"]), id(row)))),
        (Order::Id, |rows| rows.is_sorted_by_key(id)),
        (Order::Updated, |rows| rows.is_sorted_by_key(|row| Reverse((instant(&row["updated_at"]), id(row))))),
        (Order::Name, |rows| {
            let name = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
            rows.is_sorted_by_key(|row| (name(row, "last_name"), name(row, "first_name"), id(row)))
        }),
        (Order::UnstableTies, |rows| rows.is_sorted_by_key(|row| Reverse(instant(&row["created_at"])))),
    ];
    for (order, is_sorted) in orders {
        for moves in [None, Some(Churn::new(0.0))] {
            let sandbox = start(|config| {
                config.contacts = 730;
                // Groups end where pages do, so that a page has them whole.
                config.shared_timestamps = 10;
                config.order = order;
                config.churn = moves;
            })
            .await;
            let rows = whole(&sandbox).await;
            let ids: Vec<_> = rows.iter().map(id).collect();
            assert!(is_sorted(&rows), "{order:?}");
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 730, "{order:?}");
            let history = sandbox.history();
            assert_eq!((history.last_state(), history.count_at(0)), (0, 730));
            assert_eq!(ids == history.list_at(0), order != Order::UnstableTies, "{order:?}");
            assert!(rows.iter().all(|row| history.existed(row, 0, 0)), "{order:?}");
            assert!(sandbox.requests().iter().all(|seen| seen.state == Some(0)));
        }
    }
}

#[tokio::test]
async fn pages_may_be_sorted_within_while_the_list_keeps_its_order() {
    for order in [Order::Newest, Order::Name] {
        for sort_pages in [PageOrder::Id, PageOrder::IdDescending] {
            let sandbox = start(|config| {
                config.contacts = 730;
                config.order = order;
                config.quirks.sort_pages = Some(sort_pages);
            })
            .await;
            let listed = sandbox.history().list_at(0);
            for (number, slice) in (1..).zip(listed.chunks(100)) {
                let mut expected = slice.to_vec();
                expected.sort_unstable();
                if sort_pages == PageOrder::IdDescending {
                    expected.reverse();
                }
                let ids: Vec<_> = page(&sandbox, number).await.contacts().iter().map(id).collect();
                assert_eq!(ids, expected, "page {number} of {order:?}, by {sort_pages:?}");
            }
        }
    }
}

#[tokio::test]
async fn imported_groups_share_their_instant_however_it_is_written() {
    let sandbox = start(|config| {
        config.contacts = 100;
        config.shared_timestamps = 40;
    })
    .await;
    let rows = page(&sandbox, 1).await.contacts();
    let texts: BTreeSet<_> = rows.iter().map(|row| row["created_at"].as_str().unwrap()).collect();
    let groups = rows.chunk_by(|one, other| instant(&one["created_at"]) == instant(&other["created_at"]));
    assert_eq!(groups.map(<[Value]>::len).collect::<Vec<_>>(), [20, 40, 40]);
    assert!(texts.len() > 3, "offsets differ");
}

#[tokio::test]
async fn ties_in_no_order_lose_rows_although_nothing_moves() {
    for (order, lost) in [(Order::UnstableTies, true), (Order::Newest, false)] {
        let sandbox = start(|config| {
            config.contacts = 1_000;
            config.shared_timestamps = 250;
            config.order = order;
        })
        .await;
        let ids: BTreeSet<_> = whole(&sandbox).await.iter().map(id).collect();
        assert_eq!(ids.len() < 1_000, lost, "{order:?}");
        let (once, again) = (page(&sandbox, 1).await, page(&sandbox, 1).await);
        assert_eq!(once.contacts() != again.contacts(), lost, "{order:?}");
    }
}

#[tokio::test]
async fn a_list_in_memory_may_be_large_but_not_that_large() {
    let sandbox = start(|config| {
        config.contacts = 20_000;
        config.order = Order::Updated;
    })
    .await;
    assert_eq!(page(&sandbox, 200).await.rows(), 100);
    let mut config = SandboxConfig::default();
    (config.contacts, config.order) = (2_000_000, Order::Name);
    let error = Sandbox::start(config).await.unwrap_err();
    assert!(error.to_string().contains("1000000"), "{error}");
}
