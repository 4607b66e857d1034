//! A request that meets a fault: the response without it, and variations of that.

use std::time::SystemTime;

use crate::sandbox::http::delivery::{Delivery, Reply};
use crate::sandbox::http::request::Request;
use crate::sandbox::http::response::Response;
use crate::sandbox::list::View;
use crate::sandbox::page::{self, Page};
use crate::sandbox::quirks::{Quirks, WrongTotals};
use crate::sandbox::routes::{self, Route};

/// A request for a page or a contact, and what its response is made from.
pub(in crate::sandbox) struct FaultyRequest<'a> {
    pub(in crate::sandbox) request: &'a Request,
    pub(in crate::sandbox) route: Route,
    pub(in crate::sandbox) list: &'a View<'a>,
    pub(in crate::sandbox) quirks: &'a Quirks,
    pub(in crate::sandbox) now: SystemTime,
}

impl FaultyRequest<'_> {
    fn correct(&self) -> Response {
        self.route.response(self.request, self.list, self.quirks)
    }

    /// The correct response, cut off or lost on its way.
    pub(super) fn delivered(&self, delivery: Delivery) -> Reply {
        Reply { delivery, ..self.correct().into() }
    }

    /// The correct response with other bytes or headers.
    pub(super) fn damaged(&self, damage: impl FnOnce(&mut Response)) -> Reply {
        let mut response = self.correct();
        damage(&mut response);
        response.into()
    }

    /// A page with another maximum size, if given, or other positions, and with totals that match neither.
    pub(super) fn recut(&self, max_per_page: Option<u64>, change: impl FnOnce(&mut Page)) -> Reply {
        let max_per_page = max_per_page.unwrap_or(self.quirks.max_per_page);
        let quirks = Quirks { max_per_page, ..*self.quirks };
        let mut page = routes::cut(self.request.page, self.request, self.list, &quirks);
        change(&mut page);
        page.pagination.falsify(quirks.wrong_totals);
        routes::contacts(page, self.list, &quirks).into()
    }

    /// The page before the requested one, or the second for the first.
    pub(super) fn of_neighbor(&self) -> Reply {
        let number = page::number(self.request.page);
        let neighbor = if number == 1 { 2 } else { number - 1 };
        let page = routes::cut(Some(neighbor), self.request, self.list, self.quirks);
        routes::contacts(page, self.list, self.quirks).into()
    }

    /// The page of a list without contacts.
    pub(super) fn of_empty_list(&self) -> Reply {
        let page = Page::of(self.request.page, self.request.per_page, self.quirks.max_per_page, 0);
        routes::contacts(page, self.list, self.quirks).into()
    }

    pub(super) fn with_totals(&self, wrong_totals: WrongTotals) -> Reply {
        routes::page(self.request, self.list, &Quirks { wrong_totals, ..*self.quirks }).into()
    }
}
