//! From a request to its response: a pure function of the request, a view of the list and the server's quirks.

use std::cmp::Reverse;

use hyper::Method;

use super::http::request::Request;
use super::http::response::{self, Response};
use super::list::View;
use super::page::Page;
use super::quirks::{PageOrder, PastTheEnd, Quirks, WrongTotals};

const CONTACTS: &str = "/api/partner/v2/contacts";

/// Bytes to reserve per contact: a little over the average.
const CONTACT_BYTES: usize = 512;

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// A page of the list.
    Page,
    /// The contact with this id; `None` if it is not a number.
    Contact(Option<u64>),
    /// A known path, with a method other than GET.
    WrongMethod,
    UnknownPath,
}

impl Route {
    pub(super) fn of(request: &Request) -> Self {
        let route = match request.path.strip_prefix(CONTACTS) {
            Some("" | "/") => Self::Page,
            Some(rest) => match rest.strip_prefix('/') {
                Some(id) if !id.contains('/') => Self::Contact(id.parse().ok()),
                _ => return Self::UnknownPath,
            },
            None => return Self::UnknownPath,
        };
        if request.method == Method::GET { route } else { Self::WrongMethod }
    }

    /// Whether the response depends on the list.
    pub(super) fn reads_list(self) -> bool {
        matches!(self, Self::Page | Self::Contact(_))
    }

    /// The id of the contact to look up.
    pub(super) fn looked_up(self) -> Option<u64> {
        if let Self::Contact(id) = self { id } else { None }
    }

    /// The response to an authorized request.
    pub(super) fn response(self, request: &Request, list: &View<'_>, quirks: &Quirks) -> Response {
        match self {
            Self::Page => page(request, list, quirks),
            Self::Contact(id) => quirks.lookups.response(id, list),
            Self::WrongMethod => response::method_not_allowed(),
            Self::UnknownPath => response::not_found(),
        }
    }
}

/// The requested page.
pub(super) fn page(request: &Request, list: &View<'_>, quirks: &Quirks) -> Response {
    let mut page = cut(request.page, request, list, quirks);
    if quirks.past_the_end == PastTheEnd::NotFound && page.pagination.is_past_the_end() {
        return response::page_not_found();
    }
    if quirks.wrong_totals != WrongTotals::default() {
        page.pagination.falsify(quirks.wrong_totals);
    }
    contacts(page, list, quirks)
}

/// A page with the totals of the list, which may be stale but are not wrong yet.
pub(super) fn cut(page: Option<u64>, request: &Request, list: &View<'_>, quirks: &Quirks) -> Page {
    let mut page = Page::of(page, request.per_page, quirks.max_per_page, list.len());
    page.pagination.recount(list.total);
    page
}

/// A page with its contacts.
pub(super) fn contacts(page: Page, list: &View<'_>, quirks: &Quirks) -> Response {
    let mut rows = list.rows(page.positions);
    match quirks.sort_pages {
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
    response::success(body)
}
