//! Assembles a page that cannot be read, while others can, from smaller pages.
//!
//! Usually the server fails to serialize a single contact. All others of its page are read, and it is reported by its
//! position and the ids before and after it.

use std::time::Duration;

use super::attempts::AttemptLimits;
use super::error::{ApiError, FailedAttempt};
use super::request::{Fetched, Fetcher};
use super::split_plan::{Piece, Unreadable};
use crate::api::{Failure, FailureKind, Share};
use crate::config::OnUnreadable;
use crate::decode::Contact;
use crate::page::{Asked, Observed, Pagination, Staleness};

/// Contacts that may be unreadable in a run. If there are more, something else is wrong.
const MOST: usize = 5;

/// What was read of a page so far.
#[derive(Default)]
struct Assembled {
    /// Each contact, with its position.
    contacts: Vec<(u64, Contact)>,
    /// The pagination of the last piece.
    said: Option<Pagination>,
    bytes: usize,
    /// Contacts that could not be read, by position, and how the last attempt failed.
    bad: Vec<(u64, Failure)>,
}

impl Fetcher {
    /// Whether smaller pages may show what a failed page does not.
    pub fn is_worth_splitting(&self, error: &ApiError) -> bool {
        let ApiError::Page(FailedAttempt { failure, .. }) = error else { return false };
        let is_of_page = matches!(failure.kind, FailureKind::TooLarge { .. } | FailureKind::Identity(_));
        (is_of_page || failure.class.may_pass()) && self.pacer.server_state(false).pages > 0
    }

    /// Reads a page in pieces, after it has failed with `error`. All pieces count against its share.
    pub async fn split(&self, asked: Asked, error: ApiError, share: &Share) -> Result<Fetched, ApiError> {
        let sent = self.pacer.now();
        let ApiError::Page(FailedAttempt { failure, .. }) = &error else { return Err(error) };
        let mut assembled = Assembled::default();
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
            match self.fetch_within(piece.asked, AttemptLimits::of_piece(piece.is_single()), share).await {
                // A server that ignores the requested size cannot return smaller pages.
                Ok(fetched) if fetched.observed.said.per_page != u64::from(piece.asked.per_page) => return Err(error),
                Ok(fetched) => {
                    share.keep(fetched.held);
                    assembled.add(&piece, fetched);
                }
                Err(again) if !self.is_worth_splitting(&again) => return Err(again),
                Err(ApiError::Page(FailedAttempt { failure, .. })) if piece.is_single() => {
                    assembled.bad.push((piece.wanted.start, failure));
                    if assembled.bad.len() > MOST {
                        return Err(error);
                    }
                }
                Err(_) => left.extend(piece.halves().into_iter().rev()),
            }
        }
        for (place, failure) in std::mem::take(&mut assembled.bad) {
            let beside = self.beside(place, &assembled.contacts, share).await;
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
        Ok(assembled.into_page(asked, sent, self, share.settle()))
    }

    /// The ids before and after a position.
    async fn beside(&self, place: u64, contacts: &[(u64, Contact)], share: &Share) -> [Option<i64>; 2] {
        let mut beside = [None; 2];
        for (id, place) in beside.iter_mut().zip([place.checked_sub(1), place.checked_add(1)]) {
            let Some(place) = place else { continue };
            *id = contacts.iter().find(|(other, _)| *other == place).map(|(_, contact)| contact.key.id);
            if id.is_none() {
                let fetched =
                    self.fetch_within(Piece::single(place).asked, AttemptLimits::of_piece(false), share).await;
                *id = fetched.ok().and_then(|fetched| fetched.observed.rows.first().map(|row| row.id));
            }
        }
        beside
    }

    /// Records a contact that cannot be read. Returns whether the run can go on without it.
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

impl Assembled {
    fn add(&mut self, piece: &Piece, fetched: Fetched) {
        let Fetched { observed, contacts, bytes, .. } = fetched;
        let wanted = piece.rows();
        let contacts = contacts.into_iter().skip(wanted.start).take(wanted.len());
        self.contacts.extend((piece.wanted.start..).zip(contacts));
        self.said = Some(observed.said);
        self.bytes += bytes;
    }

    /// The page, as far as it was read. It is marked as assembled, since it does not show the list at one time.
    fn into_page(self, asked: Asked, sent: Duration, fetcher: &Fetcher, held: usize) -> Fetched {
        let per_page = u64::from(asked.per_page);
        let total_count = self.said.map_or(0, |said| said.total_count);
        let total_pages = total_count.div_ceil(per_page.max(1));
        let said = Pagination { current_page: asked.page, per_page, total_pages, total_count };
        let contacts: Vec<_> = self.contacts.into_iter().map(|(_, contact)| contact).collect();
        let rows = contacts.iter().map(|contact| contact.key).collect();
        let (received, stale) = (fetcher.pacer.now(), Some(Staleness::Assembled));
        let observed = Observed { asked, said, rows, sent, received, stale };
        Fetched { observed, contacts, held, bytes: self.bytes, head: None }
    }
}
