//! Damaged pages: which contacts they have, before they are written; their headers and bytes, afterwards.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::{AGE, DATE, HeaderName, HeaderValue};

use super::bomb;
use crate::sandbox::http::response::{Response, mark_gzip, set};
use crate::sandbox::page::Page;

/// The spaces before a huge page: more than a sensible limit for pages.
const HUGE: usize = 9 << 20;
/// No HTTP date can be written beyond this.
const LAST_DATE: Duration = Duration::from_hours(24 * 365 * 8_000);
/// The text between the two values of a page. Contacts cannot contain it, since their quotes are escaped.
const SEAM: &[u8] = br#","pagination":"#;

pub(super) fn remove_contacts(page: &mut Page) {
    page.positions.end = page.positions.start;
}

pub(super) fn remove_half(page: &mut Page) {
    page.positions.end = u64::midpoint(page.positions.start, page.positions.end);
}

/// Adds the headers of a cache that has had the page for `age` seconds.
pub(super) fn set_age(response: &mut Response, age: u32) {
    set(response, AGE, age.into());
    set(response, HeaderName::from_static("x-cache"), HeaderValue::from_static("Hit"));
}

/// Sets the date of a clock that is `by` seconds ahead of `now`, or behind if negative.
pub(super) fn set_date(response: &mut Response, now: SystemTime, by: i64) {
    let distance = Duration::from_secs(by.unsigned_abs());
    let time = if by < 0 { now.checked_sub(distance) } else { now.checked_add(distance) };
    let date = time.filter(|time| (UNIX_EPOCH..UNIX_EPOCH + LAST_DATE).contains(time));
    if let Some(date) = date.and_then(|date| HeaderValue::try_from(httpdate::fmt_http_date(date)).ok()) {
        set(response, DATE, date);
    }
}

/// Ends the JSON after two thirds.
pub(super) fn cut_json(response: &mut Response) {
    let body = response.body_mut();
    body.truncate(body.len() * 2 / 3);
}

pub(super) fn add_byte_order_mark(response: &mut Response) {
    let body = [b"\xEF\xBB\xBF", &response.body()[..]].concat();
    *response.body_mut() = body.into();
}

pub(super) fn make_huge(response: &mut Response) {
    let mut body = vec![b' '; HUGE];
    body.extend_from_slice(response.body());
    *response.body_mut() = body.into();
}

pub(super) fn make_bomb(response: &mut Response) {
    let packed = bomb::after_spaces(response.body());
    *response.body_mut() = packed.into();
    mark_gzip(response);
}

/// Leaves `{"contacts":[…]}`.
pub(super) fn remove_pagination_key(response: &mut Response) {
    rewrite(response, |body, seam| [&body[..seam], b"}"].concat());
}

/// Leaves `{"pagination":{…}}`.
pub(super) fn remove_contacts_key(response: &mut Response) {
    rewrite(response, |body, seam| [b"{", &body[seam + 1..]].concat());
}

fn rewrite(response: &mut Response, rewritten: impl FnOnce(&[u8], usize) -> Vec<u8>) {
    let body = response.body();
    if let Some(seam) = body.windows(SEAM.len()).rposition(|window| window == SEAM) {
        let body = rewritten(body, seam);
        *response.body_mut() = Bytes::from(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::http::response;

    fn page() -> Response {
        response::success(br#"{"contacts":[{"id":1}],"pagination":{"per_page":25}}"#.to_vec())
    }

    #[test]
    fn either_key_can_be_removed() {
        let mut response = page();
        remove_pagination_key(&mut response);
        assert_eq!(response.body(), r#"{"contacts":[{"id":1}]}"#);
        let mut response = page();
        remove_contacts_key(&mut response);
        assert_eq!(response.body(), r#"{"pagination":{"per_page":25}}"#);
    }

    #[test]
    fn pages_lose_half_or_all_of_their_contacts() {
        for (count, half) in [(100, 50), (1, 0), (5, 2)] {
            let mut page = Page::of(Some(1), Some(100), 100, count);
            remove_half(&mut page);
            assert_eq!(page.positions, 0..half);
            remove_contacts(&mut page);
            assert!(page.positions.is_empty());
        }
    }
}
