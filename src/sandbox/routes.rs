//! From what was asked to what is answered, for requests that were let in.
//!
//! A pure function of the request and the list: no clock, no connection, no limit.

use hyper::Method;

use super::answer::{self, Answer};
use super::asked::Asked;
use super::list::List;
use super::page::Page;

const CONTACTS: &str = "/api/partner/v2/contacts";

/// Bytes to reserve for a contact: a little over the average.
const CONTACT_BYTES: usize = 512;

/// The answer to an authorized request.
pub(super) fn answer(asked: &Asked, list: &List) -> Answer {
    let Some(rest) = asked.path.strip_prefix(CONTACTS) else {
        return answer::not_found();
    };
    let id = match rest {
        "" | "/" => None,
        _ => match rest.strip_prefix('/') {
            Some(id) if !id.contains('/') => Some(id),
            _ => return answer::not_found(),
        },
    };
    if asked.method != Method::GET {
        return answer::method_not_allowed();
    }
    match id {
        None => list_contacts(&Page::of(asked.page, asked.per_page, list.len()), list),
        Some(id) => get_contact(id, list),
    }
}

fn list_contacts(page: &Page, list: &List) -> Answer {
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

fn get_contact(id: &str, list: &List) -> Answer {
    let mut body = br#"{"data":"#.to_vec();
    let found = id.parse().ok().and_then(|id| list.write_id(id, &mut body));
    if found.is_none() {
        return answer::contact_not_found();
    }
    body.push(b'}');
    answer::success(body)
}
