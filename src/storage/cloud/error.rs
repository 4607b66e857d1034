//! What a store answers when it refuses: its own code and message, without the rest of the response, which may contain
//! signatures and the ids of keys.

use std::error::Error as _;
use std::fmt;
use std::io::{self, ErrorKind};

use http::StatusCode;

use crate::text::causes::error_chain;
use crate::text::sanitize::escape;

/// The longest text in which a code is looked for.
const LONGEST: usize = 64 << 10;

/// Variables whose values never appear in a message.
const SECRETS: [&str; 14] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_BEARER_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_MASTER_KEY",
    "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_STORAGE_CLIENT_SECRET",
];

/// Why a request to a store failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreError {
    pub kind: ErrorKind,
    /// The store's own code, such as `NoSuchBucket`.
    pub code: Option<String>,
    /// The store's message, or ours.
    text: String,
    /// The HTTP status of the store's answer.
    status: Option<u16>,
}

impl StoreError {
    /// An error without an answer of the store.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self { kind, code: None, text: text.into(), status: None }
    }

    /// The error of a request, classified.
    pub fn of(error: &object_store::Error) -> Self {
        use object_store::Error as E;
        let kind = match error {
            E::NotFound { .. } => ErrorKind::NotFound,
            E::AlreadyExists { .. } | E::Precondition { .. } | E::NotModified { .. } => ErrorKind::AlreadyExists,
            E::PermissionDenied { .. } | E::Unauthenticated { .. } => ErrorKind::PermissionDenied,
            E::InvalidPath { .. } => ErrorKind::InvalidInput,
            E::NotSupported { .. } | E::NotImplemented { .. } => ErrorKind::Unsupported,
            _ => ErrorKind::Other,
        };
        let whole = error.to_string();
        let whole = &whole[..whole.floor_char_boundary(LONGEST)];
        if let Some((_, answer)) = whole.split_once("non-2xx status code: ") {
            let (status, body) = answer.split_once(": ").unwrap_or((answer, ""));
            return Self::in_answer(kind, status, body);
        }
        // Some stores report a failure with status 200.
        if let Some((_, body)) = whole.split_once("Server returned error response: ") {
            return Self::in_answer(kind, "500 Internal Server Error", body);
        }
        if whole.contains("Received redirect without LOCATION") {
            return Self::new(ErrorKind::InvalidData, "the store redirects to another region");
        }
        let text = reasons(error);
        let kind = if kind == ErrorKind::Other { transport(&text) } else { kind };
        Self::new(kind, without_secrets(&escape(&text)))
    }

    /// The error in an answer.
    pub fn answered(status: StatusCode, body: &str) -> Self {
        let kind = match status {
            StatusCode::NOT_FOUND => ErrorKind::NotFound,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::PermissionDenied,
            _ => ErrorKind::Other,
        };
        Self::in_answer(kind, &status.to_string(), body)
    }

    fn in_answer(kind: ErrorKind, status: &str, body: &str) -> Self {
        let code = between(body, "<Code>", "</Code>").map(|code| without_secrets(&escape(&code)));
        let text = between(body, "<Message>", "</Message>").unwrap_or_else(|| status.to_owned());
        let number: Option<u16> = status.split(' ').next().and_then(|number| number.parse().ok());
        let kind = match number {
            Some(408 | 429 | 500..) => ErrorKind::Other,
            Some(300..400) => ErrorKind::InvalidData,
            // The keys of an expired session are refused like this.
            Some(400) if code.as_deref().is_some_and(|code| code.contains("Token")) => ErrorKind::PermissionDenied,
            Some(400..500) if kind == ErrorKind::Other => ErrorKind::InvalidInput,
            _ => kind,
        };
        Self { kind, code, text: without_secrets(&escape(&text)), status: number }
    }

    /// Whether the store has answered.
    pub fn is_answer(&self) -> bool {
        self.status.is_some()
    }

    /// Whether the store may answer differently soon.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, ErrorKind::Other | ErrorKind::TimedOut | ErrorKind::NotConnected)
    }
}

/// What kind of failure the network has had, by the reasons of the HTTP client.
fn transport(text: &str) -> ErrorKind {
    let text = text.to_ascii_lowercase();
    let has = |part: &str| text.contains(part);
    if has("timed out") || has("timeout") {
        ErrorKind::TimedOut
    } else if has("certificate") {
        ErrorKind::InvalidInput
    } else if has("connect") || has("dns") {
        ErrorKind::NotConnected
    } else if has("http") || has("request") || has("response") || has("body") {
        ErrorKind::Other
    } else {
        // Such as credentials that cannot be read.
        ErrorKind::InvalidInput
    }
}

/// The reasons of a failure without an answer. URLs are left out, since a signature may be in one.
fn reasons(error: &object_store::Error) -> String {
    let mut innermost: Option<&(dyn std::error::Error + 'static)> = error.source();
    // The outer errors repeat the inner ones, with the URL.
    while let Some(source) = innermost
        && format!("{source}").contains("://")
        && source.source().is_some()
    {
        innermost = source.source();
    }
    let innermost = innermost.unwrap_or(error);
    let mut text = innermost.to_string();
    for cause in error_chain(innermost) {
        // Some errors show their cause.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    let words = text.split(' ').map(|word| if word.contains("://") { without_query(word) } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn without_query(url: &str) -> &str {
    &url[..url.find('?').unwrap_or(url.len())]
}

fn without_secrets(text: &str) -> String {
    let mut text = text.to_owned();
    for secret in SECRETS.iter().filter_map(|name| std::env::var(name).ok()).filter(|secret| secret.len() > 3) {
        text = text.replace(&secret, "…");
    }
    text
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    let (found, _) = rest.split_once(after)?;
    Some(found.to_owned()).filter(|found| !found.is_empty())
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{code}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        Self::of(&error)
    }
}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        Self::new(error.kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(body: &str) -> StoreError {
        let source = format!(
            "Error performing PUT http://s/b/k?sig=geheim in 5ms - Server returned non-2xx status code: {body}"
        );
        StoreError::of(&object_store::Error::Generic { store: "S3", source: source.into() })
    }

    #[test]
    fn shows_the_code_and_the_message_only() {
        let error = answered(
            "403 Forbidden: <?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><Message>The request \
             signature does not match.</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId><StringToSign>x</StringToSign></Error>",
        );
        assert_eq!(error.to_string(), "SignatureDoesNotMatch: The request signature does not match.");
        assert_eq!(answered("503 Service Unavailable: ").to_string(), "503 Service Unavailable");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (status, code, may_pass) in [
            ("503 Service Unavailable", "SlowDown", true),
            ("429 Too Many Requests", "", true),
            ("400 Bad Request", "ExpiredToken", false),
            ("400 Bad Request", "AuthorizationHeaderMalformed", false),
            ("301 Moved Permanently", "PermanentRedirect", false),
            ("403 Forbidden", "AccessDenied", false),
        ] {
            let error = answered(&format!("{status}: <Error><Code>{code}</Code></Error>"));
            assert_eq!(error.may_pass(), may_pass, "{error:?}");
        }
        assert_eq!(
            answered("400 Bad Request: <Error><Code>ExpiredToken</Code></Error>").kind,
            ErrorKind::PermissionDenied
        );
    }

    #[test]
    fn shows_no_query_of_a_url() {
        let source = "error sending request for url (http://127.0.0.1:1/b/k?sig=geheim): connection refused";
        let error = StoreError::of(&object_store::Error::Generic { store: "S3", source: source.into() });
        assert!(!error.to_string().contains("geheim"), "{error}");
        assert_eq!(error.kind, ErrorKind::NotConnected);
    }
}
