//! From what was asked to what is answered, for requests that were let in.
//!
//! A pure function of the request, a view of the list and the server's habits: no clock, no connection,
//! no limit, no fault.

use std::cmp::Reverse;

use hyper::Method;

use super::http::request::Asked;
use super::http::response::{self as answer, Answer};
use super::list::View;
use super::page::Page;
use super::quirks::{Habits, PageOrder, PastTheEnd, Totals};

const CONTACTS: &str = "/api/partner/v2/contacts";

/// Bytes to reserve for a contact: a little over the average.
const CONTACT_BYTES: usize = 512;

/// Where a request leads.
#[derive(Debug)]
pub(super) enum Route<'asked> {
    /// A page of the list.
    Page,
    /// The contact with this id.
    Contact(&'asked str),
    /// A known path that only GET may ask.
    WrongMethod,
    /// No known path.
    Nowhere,
}

impl<'asked> Route<'asked> {
    pub(super) fn of(asked: &'asked Asked) -> Self {
        let route = match asked.path.strip_prefix(CONTACTS) {
            Some("" | "/") => Self::Page,
            Some(rest) => match rest.strip_prefix('/') {
                Some(id) if !id.contains('/') => Self::Contact(id),
                _ => return Self::Nowhere,
            },
            None => return Self::Nowhere,
        };
        if asked.method == Method::GET { route } else { Self::WrongMethod }
    }

    /// Whether the answer says something of the list.
    pub(super) fn reads_the_list(&self) -> bool {
        matches!(self, Self::Page | Self::Contact(_))
    }

    /// The answer to an authorized request.
    pub(super) fn answer(&self, asked: &Asked, list: &View<'_>, habits: &Habits) -> Answer {
        match self {
            Self::Page => page(asked, list, habits),
            Self::Contact(id) => contact(id, list),
            Self::WrongMethod => answer::method_not_allowed(),
            Self::Nowhere => answer::not_found(),
        }
    }
}

/// The page that was asked for.
pub(super) fn page(asked: &Asked, list: &View<'_>, habits: &Habits) -> Answer {
    let mut page = cut(asked.page, asked, list, habits);
    if habits.past_the_end == PastTheEnd::NotFound && page.pagination.is_past_the_end() {
        return answer::page_not_found();
    }
    if habits.totals != Totals::default() {
        page.pagination.miscount(habits.totals);
    }
    contacts(page, list, habits)
}

/// A page as the list and the request have it, before its totals are wrong.
pub(super) fn cut(page: Option<u64>, asked: &Asked, list: &View<'_>, habits: &Habits) -> Page {
    let mut page = Page::of(page, asked.per_page, habits.most_per_page, list.len());
    page.pagination.recount(list.total());
    page
}

/// A page with its contacts.
pub(super) fn contacts(page: Page, list: &View<'_>, habits: &Habits) -> Answer {
    let mut rows = list.rows(page.positions);
    match habits.sort_pages {
        None => {}
        Some(PageOrder::Id) => rows.sort_by_key(|row| list.id(*row)),
        Some(PageOrder::IdDescending) => rows.sort_by_key(|row| Reverse(list.id(*row))),
    }
    let mut body = Vec::with_capacity((rows.len() + 1) * CONTACT_BYTES);
    body.extend_from_slice(br#"{"contacts":["#);
    for (position, row) in rows.into_iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        list.write(row, &mut body);
    }
    body.extend_from_slice(br#"],"pagination":"#);
    body.extend_from_slice(page.pagination.json().as_bytes());
    body.push(b'}');
    answer::success(body)
}

fn contact(id: &str, list: &View<'_>) -> Answer {
    let Some(row) = id.parse().ok().and_then(|id| list.find(id)) else {
        return answer::contact_not_found();
    };
    let mut body = br#"{"data":"#.to_vec();
    list.write(row, &mut body);
    body.push(b'}');
    answer::success(body)
}
