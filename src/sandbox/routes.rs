//! From what was asked to what is answered, for requests that were let in.
//!
//! A pure function of the request, the list and the server's habits: no clock, no connection,
//! no limit, no fault.

use hyper::Method;

use super::answer::{self, Answer};
use super::asked::Asked;
use super::habits::{Habits, PastTheEnd, Totals};
use super::list::List;
use super::page::Page;

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

    /// The answer to an authorized request.
    pub(super) fn answer(&self, asked: &Asked, list: &List, habits: &Habits) -> Answer {
        match self {
            Self::Page => page(asked, list, habits),
            Self::Contact(id) => contact(id, list),
            Self::WrongMethod => answer::method_not_allowed(),
            Self::Nowhere => answer::not_found(),
        }
    }
}

/// The page that was asked for.
pub(super) fn page(asked: &Asked, list: &List, habits: &Habits) -> Answer {
    let mut page = Page::of(asked.page, asked.per_page, habits.most_per_page, list.len());
    if habits.past_the_end == PastTheEnd::NotFound && page.pagination.is_past_the_end() {
        return answer::page_not_found();
    }
    if habits.totals != Totals::default() {
        page.pagination.miscount(habits.totals);
    }
    contacts(&page, list)
}

/// A page with its contacts.
pub(super) fn contacts(page: &Page, list: &List) -> Answer {
    let rows = page.positions.end - page.positions.start;
    let rows = usize::try_from(rows).unwrap_or_default();
    let mut body = Vec::with_capacity((rows + 1) * CONTACT_BYTES);
    body.extend_from_slice(br#"{"contacts":["#);
    for position in page.positions.clone() {
        if position > page.positions.start {
            body.push(b',');
        }
        list.write_at(position, &mut body);
    }
    body.extend_from_slice(br#"],"pagination":"#);
    body.extend_from_slice(page.pagination.json().as_bytes());
    body.push(b'}');
    answer::success(body)
}

fn contact(id: &str, list: &List) -> Answer {
    let mut body = br#"{"data":"#.to_vec();
    let found = id.parse().ok().and_then(|id| list.write_id(id, &mut body));
    if found.is_none() {
        return answer::contact_not_found();
    }
    body.push(b'}');
    answer::success(body)
}
