//! Responses as values: status, headers and body, with the error shapes the API documents.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::StatusCode;
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, VARY};
use serde_json::json;

/// A response, before it is delivered.
pub(in crate::sandbox) type Response = hyper::Response<Bytes>;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A 200 with a JSON body.
pub(in crate::sandbox) fn success(body: Vec<u8>) -> Response {
    json(StatusCode::OK, body)
}

/// JSON with any status.
pub(in crate::sandbox) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    with_body(status, JSON, body)
}

/// 401. Only the status is documented, so the body has the shape of the endpoint's 500.
pub(in crate::sandbox) fn unauthorized() -> Response {
    contacts_error(
        StatusCode::UNAUTHORIZED,
        "UNAUTHORIZED",
        "Invalid integration token",
        "The header X-LINQ-INTEGRATION-TOKEN is missing or does not hold a valid token.",
    )
}

/// 404 for a contact.
pub(in crate::sandbox) fn contact_not_found() -> Response {
    contacts_error(
        StatusCode::NOT_FOUND,
        "CONTACT_NOT_FOUND",
        "Contact not found",
        "No contact with this id belongs to your organization.",
    )
}

/// 404 from a proxy, or for an endpoint that does not exist.
pub(in crate::sandbox) fn plain_not_found() -> Response {
    html(StatusCode::NOT_FOUND, "Not Found")
}

/// 404 for a page past the end.
pub(in crate::sandbox) fn page_not_found() -> Response {
    contacts_error(
        StatusCode::NOT_FOUND,
        "PAGE_NOT_FOUND",
        "Page not found",
        "The requested page is past the last page of contacts.",
    )
}

/// 429. If the time to retry is given, its text says so; the header is up to the caller.
pub(in crate::sandbox) fn too_many_requests(retry_after: Option<u64>) -> Response {
    let detail = match retry_after {
        Some(seconds) => format!("Rate limit exceeded. Please retry in {seconds} seconds."),
        None => "Rate limit exceeded. Please retry later.".to_owned(),
    };
    contacts_error(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Too many requests", &detail)
}

/// 404 for any other path, in the shape of the other v2 endpoints.
pub(in crate::sandbox) fn not_found() -> Response {
    general_error(StatusCode::NOT_FOUND, "not_found", "Not found", "There is no resource at this path.")
}

/// 405: the sandbox is read-only.
pub(in crate::sandbox) fn method_not_allowed() -> Response {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut response = general_error(status, "method_not_allowed", "Method not allowed", "Only GET is served here.");
    set(&mut response, ALLOW, HeaderValue::from_static("GET"));
    response
}

/// An error with the usual body of its status.
pub(in crate::sandbox) fn status(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Error");
    match status.as_u16() {
        401 => unauthorized(),
        429 => too_many_requests(None),
        500 => contacts_error(
            status,
            "INTERNAL_ERROR",
            "Unable to fetch contacts",
            "Internal server error. Please try again or contact support if the issue persists.",
        ),
        502 | 520..=529 => html(status, reason),
        503 | 504 => {
            let mut empty = Response::default();
            *empty.status_mut() = status;
            empty
        }
        _ => {
            let error_code = reason.to_uppercase().replace([' ', '-'], "_");
            contacts_error(status, &error_code, reason, "The sandbox was configured to return this error.")
        }
    }
}

/// 302 to `to`.
pub(in crate::sandbox) fn redirect(to: &str) -> Response {
    let mut response = html(StatusCode::FOUND, "Found");
    if let Ok(to) = HeaderValue::from_str(to) {
        set(&mut response, LOCATION, to);
    }
    response
}

/// 200 with an error in the body.
pub(in crate::sandbox) fn error_envelope() -> Response {
    let mut response = status(500);
    *response.status_mut() = StatusCode::OK;
    response
}

/// 200 with a maintenance page.
pub(in crate::sandbox) fn maintenance() -> Response {
    html(StatusCode::OK, "Down for maintenance")
}

/// 200 with a page for people.
pub(in crate::sandbox) fn web_page() -> Response {
    html(StatusCode::OK, "OK")
}

/// Compresses the body.
pub(in crate::sandbox) fn gzip(response: &mut Response) -> io::Result<()> {
    let plain = response.body();
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain)?;
    *response.body_mut() = encoder.finish()?.into();
    mark_gzip(response);
    Ok(())
}

/// Declares the body as compressed.
pub(in crate::sandbox) fn mark_gzip(response: &mut Response) {
    set(response, CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    set(response, VARY, HeaderValue::from_static("Accept-Encoding"));
}

pub(in crate::sandbox) fn set(response: &mut Response, name: HeaderName, value: HeaderValue) {
    response.headers_mut().insert(name, value);
}

/// An error of the contacts endpoints, in the shape that list-contacts documents.
fn contacts_error(status: StatusCode, error_code: &str, message: &str, detail: &str) -> Response {
    let body = json!({
        "status": "error",
        "error_code": error_code,
        "message": message,
        "errors": [detail],
    });
    json(status, body.to_string())
}

fn general_error(status: StatusCode, code: &str, title: &str, detail: &str) -> Response {
    let error = json!({ "status": status.as_u16(), "code": code, "title": title, "detail": detail });
    json(status, json!({ "errors": [error] }).to_string())
}

/// The page of a proxy.
fn html(status: StatusCode, reason: &str) -> Response {
    let title = format!("{} {reason}", status.as_u16());
    let body = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    with_body(status, HeaderValue::from_static("text/html"), body)
}

fn with_body(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, content_type);
    response
}
