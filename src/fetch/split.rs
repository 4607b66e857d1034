//! A page that cannot be read while others can: what windows of other sizes show of it, put together.
//!
//! Mostly one contact is at fault, which the server fails to write out. All others of its page are read, and it is named
//! by its place and the ids beside it.

use std::ops::Range;
use std::time::Duration;

use super::error::ApiError;
use super::request::{Fetched, Fetcher};
use super::retry::{Allowed, Class, classify};
use super::split_plan::Piece;
use crate::api::error::{Failure, ServerMessage};
use crate::api::memory_budget::Share;
use crate::config::OnUnreadable;
use crate::page::{Asked, Observed, Pagination, RowKey, Staleness};

/// Contacts of a run that may be unreadable. With more, something else is wrong.
const MOST: usize = 5;

/// A contact that no page can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// Its place in the list, from 1.
    pub place: u64,
    /// The ids beside it, where they are known.
    pub beside: [Option<i64>; 2],
}

impl Unreadable {
    /// Whether a page shows its place, or one so near that the list may have moved it there: then the page will hardly
    /// come, and many tries would only cost time.
    pub fn is_near(self, asked: Asked) -> bool {
        let Range { start, end } = Piece::whole(asked).wanted;
        let size = end - start;
        (start.saturating_sub(size)..end + size).contains(&(self.place - 1))
    }
}

/// What was read of a page so far.
struct Assembled<T> {
    tables: Vec<(T, Range<usize>)>,
    /// Each row, with its place.
    rows: Vec<(u64, RowKey)>,
    /// What the last window said.
    said: Option<Pagination>,
    bytes: usize,
    /// Contacts that could not be read, by place, and how the last attempt failed.
    bad: Vec<(u64, Failure)>,
}

impl<T> Fetcher<T> {
    /// Whether windows of other sizes may show what a page that failed does not.
    pub fn is_worth_splitting(&self, error: &ApiError) -> bool {
        let ApiError::Page { failure, .. } = error else { return false };
        let of_page = matches!(failure, Failure::TooLarge { .. } | Failure::Identity(_))
            || matches!(classify(failure), Class::Transient | Class::Protocol | Class::StandIn);
        of_page && self.pacer.bearing(false).pages > 0
    }

    /// Reads a page through windows of other sizes, after it has failed with `error`. All of them count against its share.
    pub async fn split(&self, asked: Asked, error: ApiError, share: &Share) -> Result<Fetched<T>, ApiError> {
        let sent = self.pacer.now();
        let ApiError::Page { failure, .. } = &error else { return Err(error) };
        let mut assembled = Assembled { tables: Vec::new(), rows: Vec::new(), said: None, bytes: 0, bad: Vec::new() };
        let whole = Piece::whole(asked);
        let mut left = whole.halves();
        left.reverse();
        if whole.is_single() {
            left.clear();
            assembled.bad.push((whole.wanted.start, failure.clone()));
        }
        while let Some(piece) = left.pop() {
            if assembled.said.is_some_and(|said| piece.wanted.start >= said.total_count) {
                continue;
            }
            match self.fetch_within(piece.asked, Allowed::of_piece(piece.is_single()), share).await {
                // A server that goes on with a size of its own has no other windows.
                Ok(fetched) if fetched.observed.said.per_page != u64::from(piece.asked.per_page) => return Err(error),
                Ok(fetched) => {
                    share.keep(fetched.held);
                    assembled.add(&piece, fetched);
                }
                Err(again) if !self.is_worth_splitting(&again) => return Err(again),
                Err(ApiError::Page { failure, .. }) if piece.is_single() => {
                    assembled.bad.push((piece.wanted.start, failure));
                    if assembled.bad.len() > MOST {
                        return Err(error);
                    }
                }
                Err(_) => left.extend(piece.halves().into_iter().rev()),
            }
        }
        for (place, failure) in std::mem::take(&mut assembled.bad) {
            let beside = self.beside(place, &assembled.rows, share).await;
            let contact = Unreadable { place: place + 1, beside };
            if !self.can_lose(contact) {
                let Unreadable { place, beside: [before, after] } = contact;
                return Err(ApiError::Unreadable {
                    page: asked.page,
                    place,
                    before,
                    after,
                    failure: Box::new(failure),
                });
            }
        }
        // Joining copies what is kept.
        share.wait_for(share.kept()).await;
        let page = assembled.into_page(asked, sent, self)?;
        share.settle(page.held);
        Ok(page)
    }

    /// The ids before and after a place.
    async fn beside(&self, place: u64, rows: &[(u64, RowKey)], share: &Share) -> [Option<i64>; 2] {
        let mut beside = [None; 2];
        for (id, place) in beside.iter_mut().zip([place.checked_sub(1), place.checked_add(1)]) {
            let Some(place) = place else { continue };
            *id = rows.iter().find(|(other, _)| *other == place).map(|(_, row)| row.id);
            if id.is_none() {
                let fetched = self.fetch_within(Piece::single(place).asked, Allowed::of_piece(false), share).await;
                *id = fetched.ok().and_then(|fetched| fetched.observed.rows.first().map(|row| row.id));
            }
        }
        beside
    }

    /// Notes a contact that cannot be read. Whether the reading can go on without it.
    fn can_lose(&self, contact: Unreadable) -> bool {
        let mut known = self.unreadable();
        let is_known = |other: &Unreadable| {
            other.place == contact.place || (other.beside == contact.beside && contact.beside != [None; 2])
        };
        if !known.iter().any(is_known) {
            known.push(contact);
        }
        self.on_unreadable == OnUnreadable::Skip && known.len() <= MOST
    }
}

impl<T> Assembled<T> {
    fn add(&mut self, piece: &Piece, fetched: Fetched<T>) {
        let Fetched { observed, table, bytes, .. } = fetched;
        let wanted = piece.rows();
        let wanted = wanted.start.min(observed.rows.len())..wanted.end.min(observed.rows.len());
        self.rows.extend((piece.wanted.start..).zip(observed.rows[wanted.clone()].iter().copied()));
        self.said = Some(observed.said);
        self.bytes += bytes;
        self.tables.extend(table.filter(|_| !wanted.is_empty()).map(|table| (table, wanted)));
    }

    /// The page, as far as it was read. It is no slice of the list at one instant, which its mark says.
    fn into_page(self, asked: Asked, sent: Duration, fetcher: &Fetcher<T>) -> Result<Fetched<T>, ApiError> {
        let joined = if self.tables.is_empty() { None } else { Some((fetcher.decode.join)(self.tables)) };
        let unjoined = |reason| {
            let failure = Failure::NoPage { reason, said: ServerMessage::default() };
            ApiError::Page { page: asked.page, attempt: 1, failure }
        };
        let joined = joined.transpose().map_err(unjoined)?;
        let (table, held) = joined.map_or((None, 0), |(table, held)| (Some(table), held));
        let per_page = u64::from(asked.per_page);
        let total_count = self.said.map_or(0, |said| said.total_count);
        let total_pages = total_count.div_ceil(per_page.max(1));
        let said = Pagination { current_page: asked.page, per_page, total_pages, total_count };
        let rows = self.rows.into_iter().map(|(_, row)| row).collect();
        let (received, stale) = (fetcher.pacer.now(), Some(Staleness::Assembled));
        Ok(Fetched { observed: Observed { asked, said, rows, sent, received, stale }, table, held, bytes: self.bytes })
    }
}
