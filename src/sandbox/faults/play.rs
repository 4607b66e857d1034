//! Plays a fault: from a request for a page to the answer it gets instead, and its delivery.

use std::time::SystemTime;

use super::kinds::Fault;
use super::{answers, damage};
use crate::sandbox::http::delivery::{Delivery, Reply};
use crate::sandbox::http::request::Asked;
use crate::sandbox::http::response::Answer;
use crate::sandbox::list::View;
use crate::sandbox::page::{self, Page};
use crate::sandbox::quirks::Habits;
use crate::sandbox::routes;

/// What a request for a page gets that meets `fault` at the time `now`.
pub(in crate::sandbox) fn play(
    fault: &Fault,
    asked: &Asked,
    list: &View<'_>,
    habits: &Habits,
    now: SystemTime,
) -> Reply {
    let truth = || routes::page(asked, list, habits);
    let delivered = |delivery| Reply { delivery, ..truth().into() };
    let spoiled = |spoil: fn(&mut Answer)| {
        let mut answer = truth();
        spoil(&mut answer);
        answer.into()
    };
    let miscut = |most, spoil: fn(&mut Page)| {
        let habits = Habits { most_per_page: most, ..*habits };
        let mut page = routes::cut(asked.page, asked, list, &habits);
        spoil(&mut page);
        page.pagination.miscount(habits.totals);
        routes::contacts(page, list, &habits).into()
    };
    match fault {
        Fault::Status(code) => answers::status(*code).into(),
        Fault::Throttled { status, wait } => answers::throttled(*status, *wait, now).into(),
        Fault::Redirect { to } => answers::redirect(to).into(),
        Fault::ErrorEnvelope => answers::error_envelope().into(),
        Fault::Maintenance => answers::maintenance().into(),
        Fault::EmptyList => {
            let empty = Page::of(asked.page, asked.per_page, habits.most_per_page, 0);
            routes::contacts(empty, list, habits).into()
        }
        Fault::ByteOrderMark => spoiled(damage::marked),
        Fault::Cached { age } => answers::cached(truth(), *age).into(),
        Fault::Date { by } => answers::dated(truth(), now, *by).into(),
        Fault::Reset => delivered(Delivery::Reset),
        Fault::ResetBody => delivered(Delivery::ResetBody),
        Fault::ShortBody => delivered(Delivery::ShortBody),
        Fault::StalledBody => delivered(Delivery::StalledBody),
        Fault::RefusedStream => delivered(Delivery::RefusedStream),
        Fault::GoAway => delivered(Delivery::GoAway),
        Fault::BrokenJson => spoiled(damage::broken),
        Fault::GzipBomb => spoiled(damage::bomb),
        Fault::HugePage => spoiled(damage::huge),
        Fault::NoPagination => spoiled(damage::without_pagination_key),
        Fault::NoContacts => spoiled(damage::without_contacts_key),
        Fault::EmptyPage => miscut(habits.most_per_page, damage::without_contacts),
        Fault::HalfPage => miscut(habits.most_per_page, damage::with_half_the_contacts),
        Fault::PerPage { most } => miscut(*most, |_| {}),
        Fault::WrongPage => {
            let page = damage::confused_with(page::number(asked.page));
            routes::contacts(routes::cut(Some(page), asked, list, habits), list, habits).into()
        }
        Fault::Totals(totals) => routes::page(asked, list, &Habits { totals: *totals, ..*habits }).into(),
    }
}
