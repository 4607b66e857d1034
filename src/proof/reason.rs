//! Why a level is not higher, in words for the summary and the manifest.
//!
//! Fragments in lower case that name what was seen; nothing here decides anything.

use super::order::Order;
use crate::page::beside;

/// Something that was seen and bears on the level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The reading was limited.
    #[error("limited: not more than {contacts} contacts were wanted, and the list has more")]
    Limited {
        /// The limit.
        contacts: u64,
    },
    /// The reading was given up.
    #[error("the reading was given up before its end")]
    Unfinished,
    /// Rows are missing by the server's own count.
    #[error("{seen} contacts were found where the server counts {total}")]
    Missing {
        /// Contacts found.
        seen: u64,
        /// The server's latest total.
        total: u64,
    },
    /// The end of the list was not found.
    #[error("the end of the list was not found: {pages} pages past the last one said to exist show nothing new")]
    NoEnd {
        /// Pages read past the end.
        pages: u64,
    },
    /// No order can be seen in the data.
    #[error("the list is in no order by id, created_at or updated_at, so nothing can be proven from its order")]
    NoOrder,
    /// Too few rows to tell an order from chance.
    #[error("too few contacts were seen side by side to tell the order of the list from chance")]
    LittleOrder,
    /// An order within pages only.
    #[error("each page is in the order of {order}, but contacts of one page belong between those of others")]
    Disorder {
        /// The order.
        order: Order,
    },
    /// Ties without an order.
    #[error("contacts of the same time are in no fixed order, so pages that are equal twice prove nothing")]
    LooseTies,
    /// The list moved.
    #[error("the list moved while it was read")]
    Moved,
    /// Windows that nothing joins.
    #[error("between the contacts with id {near} and id {far} others may be missing")]
    Gap {
        /// The last contact before the gap, seen from the end where new ones enter.
        near: i64,
        /// The first one after it.
        far: i64,
    },
    /// Two windows share one row, and rows of the same time may stand on either side of it.
    #[error("beside the contact with id {id} others of the same time may be missing")]
    TiedBorder {
        /// The contact that both show.
        id: i64,
    },
    /// Nothing shows that the list ends where the reading ended.
    #[error("beyond the contact with id {id} others may be missing")]
    OpenEnd {
        /// The last contact.
        id: i64,
    },
    /// A tie too wide for a page.
    #[error("the {rows} contacts with the same time as id {id} are more than a page can overlap")]
    WideTie {
        /// The contact at the border.
        id: i64,
        /// Contacts that were seen to be tied there.
        rows: u64,
    },
    /// A page's total disagrees with its rows.
    #[error("page {page} of {per_page} has {rows} contacts, and its total_count of {total} does not allow that")]
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
    /// A total that the rows do not explain.
    #[error("the last total_count is {total}, and the {seen} contacts found are all that can have existed")]
    TotalUnexplained {
        /// Contacts found.
        seen: u64,
        /// The total.
        total: u64,
    },
    /// More rows than there can be.
    #[error(
        "more contacts were found than the list had: new ones enter elsewhere than at its end, or its totals are wrong"
    )]
    Overfull,
    /// A later response showed an older contact.
    #[error("a later response showed an older version of the contact with id {id}: the server's copies lag behind")]
    Stale {
        /// The contact.
        id: i64,
    },
    /// A cache answered, or may have.
    #[error("page {page} was not made for this run: {why}")]
    Cached {
        /// The page.
        page: u64,
        /// What says so.
        why: String,
    },
    /// A contact that one response shows twice.
    #[error("the contact with id {id} is listed twice in one answer (page {page}); the list has {extra} such entries")]
    Twice {
        /// The contact.
        id: i64,
        /// The page.
        page: u64,
        /// Entries of the list that repeat a contact of the same answer.
        extra: u64,
    },
    /// A row that moved the wrong way.
    #[error("more contacts stood before the one with id {id} when it was read later: the server's copies lag behind")]
    Slipped {
        /// The contact.
        id: i64,
    },
    /// A `created_at` that changed.
    #[error("created_at of the contact with id {id} changed while the list was read")]
    KeyChanged {
        /// The contact.
        id: i64,
    },
    /// The server applies its own page size.
    #[error("the server gives {given} contacts a page where {asked} were asked, so windows cannot overlap")]
    FixedPages {
        /// The size asked.
        asked: u32,
        /// The size given.
        given: u64,
    },
    /// Requests that repair may cost are spent.
    #[error("repair ended after {requests} requests, which is all that it may cost")]
    BudgetSpent {
        /// Requests made.
        requests: u64,
    },
    /// Pages that never stood still between two readings at one instant.
    #[error("{pages} pages differed each time they were read again, or not all stood still at one instant")]
    Unsettled {
        /// Pages that did not settle.
        pages: u64,
    },
    /// A page that was read in pieces.
    #[error("a page could not be read at once, and was put together from the answers to several requests")]
    Assembled,
    /// A contact that no page can show.
    #[error("the contact at place {place} of the list{} cannot be read", beside(*before, *after))]
    Unreadable {
        /// Its place in the list, from 1.
        place: u64,
        /// The id of the contact before it, where it is known.
        before: Option<i64>,
        /// The id of the contact after it, where it is known.
        after: Option<i64>,
    },
    /// Deleted rows that the export has.
    #[error("contacts that were deleted while the list was read, and are in the export: {contacts}")]
    Deleted {
        /// How many.
        contacts: u64,
    },
}
