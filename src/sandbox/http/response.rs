//! Answers as values: a status, headers and a body, not yet on any connection.
//!
//! Here stand the error shapes the API documents. The wire may still be told to damage an
//! answer; what it says is decided before.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, VARY};
use hyper::{Response, StatusCode};
use serde_json::json;

/// What the server says to one request.
pub(in crate::sandbox) type Answer = Response<Bytes>;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A 200 with a JSON body.
pub(in crate::sandbox) fn success(body: Vec<u8>) -> Answer {
    with_json(StatusCode::OK, body)
}

/// An error of the contacts endpoints, in the shape that list-contacts documents.
pub(in crate::sandbox) fn contacts_error(status: StatusCode, error_code: &str, message: &str, detail: &str) -> Answer {
    let body = json!({
        "status": "error",
        "error_code": error_code,
        "message": message,
        "errors": [detail],
    });
    with_json(status, body.to_string().into_bytes())
}

/// 401: documented as a status, not as a body, so the shape is that of the endpoint's 500.
pub(in crate::sandbox) fn unauthorized() -> Answer {
    contacts_error(
        StatusCode::UNAUTHORIZED,
        "UNAUTHORIZED",
        "Invalid integration token",
        "The header X-LINQ-INTEGRATION-TOKEN is missing or does not hold a valid token.",
    )
}

/// 404 of one contact.
pub(in crate::sandbox) fn contact_not_found() -> Answer {
    contacts_error(
        StatusCode::NOT_FOUND,
        "CONTACT_NOT_FOUND",
        "Contact not found",
        "No contact with this id belongs to your organization.",
    )
}

/// 404 of a page past the end, where the server answers it so.
pub(in crate::sandbox) fn page_not_found() -> Answer {
    contacts_error(
        StatusCode::NOT_FOUND,
        "PAGE_NOT_FOUND",
        "Page not found",
        "The requested page is past the last page of contacts.",
    )
}

/// 429, with `Retry-After` in whole seconds where they are given.
pub(in crate::sandbox) fn too_many_requests(retry_after: Option<u64>) -> Answer {
    let detail = match retry_after {
        Some(seconds) => format!("Rate limit exceeded. Please retry in {seconds} seconds."),
        None => "Rate limit exceeded. Please retry later.".to_owned(),
    };
    let mut answer = contacts_error(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Too many requests", &detail);
    if let Some(seconds) = retry_after {
        set(&mut answer, RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// 404 of any other path, in the shape of v2's other endpoints.
pub(in crate::sandbox) fn not_found() -> Answer {
    general_error(StatusCode::NOT_FOUND, "not_found", "Not found", "There is no resource at this path.")
}

/// 405: the sandbox only reads.
pub(in crate::sandbox) fn method_not_allowed() -> Answer {
    let mut answer = general_error(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Method not allowed",
        "Only GET is served here.",
    );
    set(&mut answer, ALLOW, HeaderValue::from_static("GET"));
    answer
}

/// Compresses the body of `answer`.
pub(in crate::sandbox) fn gzip(answer: &mut Answer) -> io::Result<()> {
    let plain = answer.body();
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain)?;
    *answer.body_mut() = encoder.finish()?.into();
    mark_gzip(answer);
    Ok(())
}

/// Says that the body is compressed.
pub(in crate::sandbox) fn mark_gzip(answer: &mut Answer) {
    set(answer, CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    set(answer, VARY, HeaderValue::from_static("Accept-Encoding"));
}

pub(in crate::sandbox) fn set(answer: &mut Answer, name: HeaderName, value: HeaderValue) {
    answer.headers_mut().insert(name, value);
}

fn general_error(status: StatusCode, code: &str, title: &str, detail: &str) -> Answer {
    let body = json!({
        "errors": [{
            "status": status.as_u16(),
            "code": code,
            "title": title,
            "detail": detail,
        }],
    });
    with_json(status, body.to_string().into_bytes())
}

/// JSON under any status.
pub(in crate::sandbox) fn with_json(status: StatusCode, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, JSON);
    answer
}
