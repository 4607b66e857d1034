//! Properties of the functions that read a server's bytes, for any bytes.
//!
//! Each function panics if a property does not hold. The fuzz targets in `fuzz/` call them, and so does a unit test with the
//! corpus and mutations of it.

mod model;
#[cfg(test)]
mod tests;

use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde::de::IgnoredAny;

use crate::config::Token;
use crate::decode::{BatchBuilder, RawColumn, decode};
use crate::page::DecodeError;
use crate::schema;
use crate::text::sanitize;

/// The body of a page is decoded completely or refused, and a page that `serde_json` can read is decoded.
///
/// # Panics
/// If the property does not hold.
pub fn page(body: &[u8]) {
    let decoded = match decode(&Bytes::copy_from_slice(body)) {
        Ok(decoded) => decoded,
        Err(DecodeError::Malformed(reason) | DecodeError::Identity(reason)) => {
            assert!(!reason.is_empty());
            return assert!(model::page(body).is_none(), "a page was refused: {reason}");
        }
    };
    let ids: Vec<_> = decoded.contacts.iter().map(|contact| contact.key.id).collect();
    let found = |row, _, column, count| assert!((1..=ids.len()).contains(&row) && count > 0, "{row} {column} {count}");
    let batch = BatchBuilder::of_page(RawColumn::Without, decoded.contacts, found).expect("columns of one length");
    assert_eq!(batch.schema(), schema());
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &ids[..]);
    assert_eq!(batch.num_rows(), ids.len());
    for json in batch.column_by_name("extra").expect("a column").as_string::<i32>().iter().flatten() {
        assert!(json.starts_with('{') && serde_json::from_str::<IgnoredAny>(json).is_ok(), "extra holds {json}");
    }
    if let Some(model) = model::page(body) {
        assert_eq!((decoded.said, ids), model);
    }
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if std::str::from_utf8(body).is_ok() {
        assert!(serde_json::from_slice::<IgnoredAny>(body).is_ok(), "what is no JSON was read");
    }
}

/// A value of `Retry-After`, a line feed, a value of `Date`, a line feed, and a body: whole seconds are taken as they are,
/// and anything else gives a bounded wait or none.
///
/// # Panics
/// If the property does not hold.
pub fn retry_after(bytes: &[u8]) {
    let (told, rest) = line(bytes);
    let (date, body) = line(rest);
    let headers = headers([(RETRY_AFTER, told), (DATE, date)]);
    let wait = crate::api::retry_after(&headers, body);
    let told = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    assert!(wait.is_none_or(|wait| wait <= crate::api::LONGEST_WAIT), "{wait:?}");
    // Larger numbers are instants.
    if let Some(seconds) = told.and_then(|text| text.trim().parse().ok()).filter(|seconds| *seconds < 1_000_000_000) {
        assert_eq!(wait, Some(Duration::from_secs(seconds)));
    }
}

/// A value of `x-request-id`, a line feed, and a body: the text shown to users is short and has no control characters.
///
/// # Panics
/// If the property does not hold.
pub fn said(bytes: &[u8]) {
    let (id, body) = line(bytes);
    let Ok(token) = Token::new("fuzzing-0123456789") else { return };
    let said = crate::api::server_message(&headers([(HeaderName::from_static("x-request-id"), id)]), body, &token);
    for shown in [Some(&said.message), said.request_id.as_ref().map(|request| &request.id)].into_iter().flatten() {
        assert!(token.scrubbed(shown).is_none(), "{shown:?}");
        // A control character is escaped with up to ten characters.
        assert!(shown.chars().count() <= 10 * sanitize::SHOWN, "{} characters are shown", shown.chars().count());
        assert!(!shown.chars().any(sanitize::acts), "{shown:?}");
    }
}

/// The first line, and the rest.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

/// The headers whose values are valid.
fn headers<const N: usize>(list: [(HeaderName, &[u8]); N]) -> HeaderMap {
    list.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(value).ok()?))).collect()
}
