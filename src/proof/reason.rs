//! Why a level is not higher, in words for the summary and the manifest. It decides nothing.

use super::order::Order;
use crate::page::beside;

/// An observation that affects the level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Reading stopped at the limit.
    #[error("stopped at the limit of {}; the list has more", count(*contacts, "contact"))]
    Limited {
        /// The limit.
        contacts: u64,
    },
    /// Reading was interrupted.
    #[error("reading stopped before the end of the list")]
    Unfinished,
    /// Contacts are missing by the server's own count.
    #[error("found {}, but the server counts {total}", count(*seen, "contact"))]
    Missing {
        /// Contacts found.
        seen: u64,
        /// The server's latest total.
        total: u64,
    },
    /// The end of the list was not found.
    #[error("the end of the list was not found after reading {} past the reported end", count(*pages, "page"))]
    NoEnd {
        /// Pages read past the end.
        pages: u64,
    },
    /// The data shows no order.
    #[error("contacts are not sorted by id, created_at or updated_at, so their order proves nothing")]
    NoOrder,
    /// Too few rows to tell an order from chance.
    #[error("too few contacts to tell the order of the list from chance")]
    LittleOrder,
    /// Sorted only within pages.
    #[error("each page is sorted by {order}, but the list as a whole is not")]
    Disorder {
        /// The order.
        order: Order,
    },
    /// Ties without an order.
    #[error("contacts with equal timestamps are in no fixed order, so reading a page twice proves nothing")]
    LooseTies,
    /// The list changed.
    #[error("the list changed while it was read")]
    Moved,
    /// Nothing connects two windows.
    #[error("contacts may be missing between id {near} and id {far}")]
    Gap {
        /// The last contact before the gap, seen from the end where new ones enter.
        near: i64,
        /// The first one after it.
        far: i64,
    },
    /// Two windows share only one row, and rows with the same timestamp may be on either side of it.
    #[error("contacts with the same timestamp as id {id} may be missing")]
    TiedBorder {
        /// The contact that both show.
        id: i64,
    },
    /// Nothing shows that the list ends where reading ended.
    #[error("contacts may be missing beyond id {id}")]
    OpenEnd {
        /// The last contact.
        id: i64,
    },
    /// A tie too wide for a page.
    #[error("the timestamp of id {id} is shared by {}, more than a page can overlap", count(*rows, "contact"))]
    WideTie {
        /// The contact at the border.
        id: i64,
        /// Contacts that were seen to be tied there.
        rows: u64,
    },
    /// The total of a page contradicts its rows.
    #[error(
        "page {page} ({per_page} per page) returned {}, which contradicts total_count = {total}",
        count(*rows, "contact")
    )]
    TotalDisagrees {
        /// The page.
        page: u64,
        /// Its size.
        per_page: u32,
        /// Its rows.
        rows: u64,
        /// Its total.
        total: u64,
    },
    /// A size of the list that the contacts found contradict.
    #[error("the list ends after {}, but at most {seen} can exist", count(*total, "contact"))]
    TotalUnexplained {
        /// Contacts that can exist.
        seen: u64,
        /// The size of the list, by its last page.
        total: u64,
    },
    /// More contacts than possible.
    #[error(
        "found more contacts than the list had: new ones are not added at its near end, or its total_count is wrong"
    )]
    Overfull,
    /// A later response showed an older contact.
    #[error("a later response contains an older version of id {id}: the server's replicas lag behind")]
    Stale {
        /// The contact.
        id: i64,
    },
    /// A response came, or may have come, from a cache.
    #[error("page {page} was not generated for this run: {why}")]
    Cached {
        /// The page.
        page: u64,
        /// The evidence.
        why: String,
    },
    /// A contact that one response shows more than once.
    #[error("id {id} is listed more than once on page {page}; {} of this kind in total", count(*extra, "repeated row"))]
    Twice {
        /// The contact.
        id: i64,
        /// The page.
        page: u64,
        /// Rows of the list that repeat a contact of the same response.
        extra: u64,
    },
    /// A row that moved in the wrong direction.
    #[error("id {id} had more contacts before it when it was read later: the server's replicas lag behind")]
    Slipped {
        /// The contact.
        id: i64,
    },
    /// A `created_at` that changed.
    #[error("created_at of id {id} changed while the list was read")]
    KeyChanged {
        /// The contact.
        id: i64,
    },
    /// The server applies its own page size.
    #[error("the server returns {given} contacts per page instead of {asked}, so pages cannot overlap")]
    FixedPages {
        /// The requested size.
        asked: u32,
        /// The applied size.
        given: u64,
    },
    /// The budget for repair is spent.
    #[error("gave up re-reading after {} (the limit)", count(*requests, "request"))]
    BudgetSpent {
        /// Requests made.
        requests: u64,
    },
    /// Pages that changed between readings, or were not unchanged at a common instant.
    #[error("{} kept changing between readings, or were never all unchanged at one instant", count(*pages, "page"))]
    Unsettled {
        /// Pages that did not become stable.
        pages: u64,
    },
    /// A page that was read in pieces.
    #[error("a page could not be read in one request, so it was assembled from several")]
    Assembled,
    /// A contact that cannot be read in a page of any size.
    #[error("the contact at position {place} of the list{} cannot be read", beside(*before, *after))]
    Unreadable {
        /// Its position in the list, from 1.
        place: u64,
        /// The id of the contact before it, if known.
        before: Option<i64>,
        /// The id of the contact after it, if known.
        after: Option<i64>,
    },
    /// Contacts that no page showed were found by their ids.
    #[error("no page showed {} of the previous export that can still be found by id", count(*contacts, "contact"))]
    Recovered {
        /// How many.
        contacts: u64,
    },
    /// The export includes deleted contacts.
    #[error("the export includes {} deleted while the list was read", count(*contacts, "contact"))]
    Deleted {
        /// How many.
        contacts: u64,
    },
}

fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
