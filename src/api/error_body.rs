//! What a server says when it does not return a page: error bodies and headers.
//!
//! Linq documents three shapes of errors for similar endpoints, and proxies return HTML or nothing. All are parsed
//! leniently; nothing here can fail.

use reqwest::header::{HeaderMap, LOCATION};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::failure::{RequestId, ServerMessage};
use crate::config::Token;
use crate::text::sanitize::escape;

/// Headers that hold a request id for the server's support, in order of preference.
const REQUEST_IDS: [&str; 3] = ["x-request-id", "x-trace-id", "cf-ray"];
/// The key that holds one in a body.
const TRACE_ID: &str = "trace_id";

/// What the server said in the headers and body of a response that is not a page. The token is removed before whitespace
/// is folded and the text is shortened, because the remains of a folded or shortened token could not be recognized.
pub(crate) fn server_message(headers: &HeaderMap, body: &[u8], token: &Token) -> ServerMessage {
    let body = without_bom(body);
    let envelope: Option<Value> = serde_json::from_slice(body).ok();
    let message = match &envelope {
        Some(envelope) => message(envelope),
        None => plain(body),
    };
    let shown = |text: &str| escape(token.scrubbed(text).as_deref().unwrap_or(text));
    let header = |name: &'static str| Some((name, headers.get(name)?.to_str().ok()?));
    let trace = || Some((TRACE_ID, envelope.as_ref()?.get(TRACE_ID)?.as_str()?));
    let request = REQUEST_IDS.into_iter().find_map(header).or_else(trace);
    ServerMessage {
        message: shown(&message),
        request_id: request.map(|(name, id)| Box::new(RequestId { name, id: shown(id) })),
    }
}

/// Whether a body is the API's own error for a contact that does not exist: as documented, or in the shape of its other
/// endpoints.
pub(crate) fn denies_contact(body: &[u8]) -> bool {
    let Ok(envelope) = serde_json::from_slice::<Value>(without_bom(body)) else { return false };
    let is_code = |error: &Value, key: &str| {
        let code = error.get(key).and_then(Value::as_str).unwrap_or_default();
        ["contact_not_found", "not_found"].iter().any(|known| code.eq_ignore_ascii_case(known))
    };
    let of_contact = envelope.get("error_code").is_some_and(Value::is_string);
    if of_contact {
        return envelope.get("status").and_then(Value::as_str) == Some("error")
            && envelope.get("error_code").and_then(Value::as_str) == Some("CONTACT_NOT_FOUND");
    }
    let is_404 = |error: &Value| error.get("status").is_none_or(|status| *status == 404 || *status == "404");
    let listed = envelope.get("errors").and_then(Value::as_array);
    listed
        .is_some_and(|errors| !errors.is_empty() && errors.iter().all(|error| is_code(error, "code") && is_404(error)))
}

/// What the server said in a 200 that is not a page: only a body that looks like an error, because any other may hold
/// contact data.
pub(crate) fn message_of_ok(headers: &HeaderMap, body: &[u8], token: &Token) -> ServerMessage {
    let body = without_bom(body);
    let may_be_error =
        body.len() <= LARGEST_ERROR && (is_markup(body) || serde_json::from_slice::<IgnoredAny>(body).is_ok());
    server_message(headers, if may_be_error { body } else { &[] }, token)
}

/// The largest body that is parsed as an error, in bytes.
pub(crate) const LARGEST_ERROR: usize = 64 << 10;

/// Whether the body of a 200 is something other than a page: not a JSON object, or one without `contacts`. A page that is
/// truncated or contradicts itself does not count.
pub(crate) fn is_not_a_page(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Page {
        contacts: Option<IgnoredAny>,
    }
    let body = without_bom(body).trim_ascii_start();
    !body.starts_with(b"{") || serde_json::from_slice::<Page>(body).is_ok_and(|page| page.contacts.is_none())
}

/// The body without the byte order mark that some servers send.
pub(super) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)
}

fn is_markup(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// Scheme and host of a redirect's target. The rest is not shown, since it could hold anything.
pub(crate) fn location(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(LOCATION)?.to_str().ok()?;
    match url::Url::parse(text) {
        Ok(url) => Some(escape(&format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()))),
        Err(_) => Some("another path on the same host".to_owned()),
    }
}

/// The message of a JSON error, preceded by its code and followed by its details.
fn message(envelope: &Value) -> String {
    let text = |value: &Value, key: &str| match value.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let one = |error: &Value| {
        let parts = [
            text(error, "error_code").or_else(|| text(error, "code")),
            text(error, "message").or_else(|| text(error, "title")),
            text(error, "detail"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    };
    let mut messages = vec![one(envelope)];
    match envelope.get("error") {
        Some(Value::String(text)) => messages.push(text.clone()),
        Some(error) => messages.push(one(error)),
        None => {}
    }
    for error in envelope.get("errors").and_then(Value::as_array).into_iter().flatten() {
        messages.push(error.as_str().map_or_else(|| one(error), str::to_owned));
    }
    messages.retain(|message| !message.is_empty());
    messages.join("; ")
}

/// The text of a body that is not JSON, without tags if it is HTML.
fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if !is_markup(body) {
        return text.into_owned();
    }
    let tagless = text.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim());
    tagless.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn show(body: &str) -> String {
        server_message(&HeaderMap::new(), body.as_bytes(), &token()).to_string()
    }

    fn token() -> Token {
        Token::new("lk_live_4f1d0c77a9b84e5f9d3c").unwrap()
    }

    #[test]
    fn the_published_error_is_shown_in_full() {
        assert_eq!(
            show(include_str!("../../tests/fixtures/published_error.json")),
            ": INTERNAL_ERROR: Unable to fetch contacts; Internal server error. Please try again or contact support if the issue persists."
        );
    }

    #[test]
    fn every_error_shape_is_parsed() {
        assert_eq!(
            show(r#"{"errors":[{"status":404,"code":"not_found","title":"Not Found","detail":"no such route"}]}"#),
            ": not_found: Not Found: no such route"
        );
        assert_eq!(
            show(
                r#"{"success":false,"error":{"status":429,"code":1007,"message":"Slow down","retry_after":45},"trace_id":"t-1"}"#
            ),
            ": 1007: Slow down (trace_id t-1)"
        );
        assert_eq!(show(r#"{"error":"nope"}"#), ": nope");
        assert_eq!(show("\u{feff}{\"error\":\"nope\"}"), ": nope");
        assert_eq!(
            show("<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"),
            ": 502 Bad Gateway nginx"
        );
        assert_eq!(show("upstream\u{1b}[2J down"), ": upstream\\u{1b}[2J down");
        assert_eq!((show(""), show("[1]"), show("{}")), (String::new(), String::new(), String::new()));
    }

    #[test]
    fn only_a_contact_that_was_not_found_is_denied() {
        for body in [
            r#"{"status":"error","error_code":"CONTACT_NOT_FOUND","message":"m","errors":["e"]}"#,
            r#"{"errors":[{"status":404,"code":"not_found","title":"t","detail":"d"}]}"#,
            r#"{"errors":[{"status":"404","code":"CONTACT_NOT_FOUND"}]}"#,
        ] {
            assert!(denies_contact(body.as_bytes()), "{body}");
        }
        for body in [
            "",
            "<html>404</html>",
            "{}",
            "[]",
            r#"{"status":"error"}"#,
            r#"{"status":"error","error_code":"ORGANIZATION_NOT_FOUND"}"#,
            r#"{"status":"error","error_code":"UNAUTHORIZED"}"#,
            r#"{"status":404,"error":"Not Found","path":"/"}"#,
            r#"{"success":false,"error":{"status":404,"code":1007,"message":"m"},"trace_id":"t"}"#,
            r#"{"errors":[]}"#,
            r#"{"errors":["e"]}"#,
            r#"{"errors":[{"status":401,"code":"not_found"}]}"#,
            r#"{"errors":[{"status":404,"code":"route_not_found"}]}"#,
        ] {
            assert!(!denies_contact(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn an_object_without_contacts_is_not_a_page() {
        for body in
            ["", " <html>", "null", "[]", "Down", "{}", r#"{"error":"x"}"#, "\u{feff}{}", r#"{"contacts":null}"#]
        {
            assert!(is_not_a_page(body.as_bytes()), "{body}");
        }
        for body in [r#"{"contacts":[]}"#, "\u{feff} {\"contacts\":[]}", r#"{"contacts":[{"id":1},"#, "{"] {
            assert!(!is_not_a_page(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn the_request_id_is_found() {
        let said = server_message(&headers(&[("cf-ray", "ray"), ("x-request-id", "abc")]), b"", &token());
        assert_eq!(said.to_string(), " (x-request-id abc)");
        assert_eq!(said.request_id, Some(Box::new(RequestId { name: "x-request-id", id: "abc".to_owned() })));
    }

    /// The cut after 200 characters falls within the token, and folding would join the text around it.
    #[test]
    fn the_token_is_removed_before_folding_and_cutting() {
        let token = token();
        let (head, tail) = token.expose().split_at(5);
        for filler in 180..202 {
            for between in ["", " ", "\n\t", "\u{200b}"] {
                let body = format!("{} {head}{between}{tail} {head}{between}{tail}", "x".repeat(filler));
                let id = headers(&[("x-request-id", &format!("{}{head}{tail}", "x".repeat(filler)))]);
                let said = server_message(&id, body.as_bytes(), &token).to_string();
                assert!(!said.contains("lk_l") && !said.contains("_4f1"), "{said}");
            }
        }
    }

    #[test]
    fn a_redirect_shows_scheme_and_host_only() {
        assert_eq!(
            location(&headers(&[("location", "https://evil.example/?token=x")])).unwrap(),
            "https://evil.example"
        );
        assert_eq!(location(&headers(&[("location", "/login?secret")])).unwrap(), "another path on the same host");
    }
}
