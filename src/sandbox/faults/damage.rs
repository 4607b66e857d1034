//! Pages spoiled: before they are written, in what they cover and say; after, in their bytes.

use bytes::Bytes;

use super::bomb;
use crate::sandbox::http::response::{Answer, mark_gzip};
use crate::sandbox::page::Page;

/// The spaces before a huge page: more than the 8 MiB that a page may sensibly have.
const HUGE: usize = 9 << 20;

/// What stands between the two keys of a page. Contacts hold no such text: their quotes are
/// escaped.
const SEAM: &[u8] = br#","pagination":"#;

pub(super) fn without_contacts(page: &mut Page) {
    page.positions.end = page.positions.start;
}

pub(super) fn with_half_the_contacts(page: &mut Page) {
    page.positions.end = u64::midpoint(page.positions.start, page.positions.end);
}

/// The number of the page that is confused with `page`.
pub(super) fn confused_with(page: u64) -> u64 {
    if page == 1 { 2 } else { page - 1 }
}

/// Ends the JSON after two thirds.
pub(super) fn broken(answer: &mut Answer) {
    let body = answer.body_mut();
    body.truncate(body.len() * 2 / 3);
}

/// Puts a byte order mark before the JSON.
pub(super) fn marked(answer: &mut Answer) {
    let body = [b"\xEF\xBB\xBF", &answer.body()[..]].concat();
    *answer.body_mut() = body.into();
}

pub(super) fn huge(answer: &mut Answer) {
    let mut body = vec![b' '; HUGE];
    body.extend_from_slice(answer.body());
    *answer.body_mut() = body.into();
}

pub(super) fn bomb(answer: &mut Answer) {
    let packed = bomb::behind_spaces(answer.body());
    *answer.body_mut() = packed.into();
    mark_gzip(answer);
}

/// `{"contacts":[…]}`
pub(super) fn without_pagination_key(answer: &mut Answer) {
    rewrite(answer, |body, seam| [&body[..seam], b"}"].concat());
}

/// `{"pagination":{…}}`
pub(super) fn without_contacts_key(answer: &mut Answer) {
    rewrite(answer, |body, seam| [b"{", &body[seam + 1..]].concat());
}

fn rewrite(answer: &mut Answer, rewritten: impl FnOnce(&[u8], usize) -> Vec<u8>) {
    let body = answer.body();
    if let Some(seam) = body.windows(SEAM.len()).rposition(|window| window == SEAM) {
        let body = rewritten(body, seam);
        *answer.body_mut() = Bytes::from(body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::http::response as answer;

    fn page() -> Answer {
        answer::success(br#"{"contacts":[{"id":1}],"pagination":{"per_page":25}}"#.to_vec())
    }

    #[test]
    fn either_key_can_go() {
        let mut answer = page();
        without_pagination_key(&mut answer);
        assert_eq!(answer.body(), r#"{"contacts":[{"id":1}]}"#);
        let mut answer = page();
        without_contacts_key(&mut answer);
        assert_eq!(answer.body(), r#"{"pagination":{"per_page":25}}"#);
    }

    #[test]
    fn half_of_the_contacts_are_less_than_all_and_none_are_none() {
        for (count, half) in [(100, 50), (1, 0), (5, 2)] {
            let mut page = Page::of(Some(1), Some(100), 100, count);
            with_half_the_contacts(&mut page);
            assert_eq!(page.positions, 0..half);
            without_contacts(&mut page);
            assert!(page.positions.is_empty());
        }
    }
}
