//! Removes the token from errors and events: some servers repeat what they were sent.
//!
//! Bodies and headers are scrubbed when they are read. Everything else that quotes a server, such as an error about a TLS
//! certificate, is scrubbed here.

use std::sync::Arc;

use crate::api::{Failure, FailureKind, ServerMessage, SetupError};
use crate::config::Token;
use crate::events::{Event, Reporter};
use crate::fetch::ApiError;

/// Passes events on to another reporter, without the token.
pub(super) struct Redacting {
    pub token: Token,
    pub next: Arc<dyn Reporter>,
}

impl Reporter for Redacting {
    fn report(&self, event: &Event) {
        let (Event::Retrying { cause, .. } | Event::Waiting { cause, .. }) = event else {
            return self.next.report(event);
        };
        let Some(scrubbed) = self.token.scrubbed(cause) else { return self.next.report(event) };
        let mut event = event.clone();
        if let Event::Retrying { cause, .. } | Event::Waiting { cause, .. } = &mut event {
            *cause = scrubbed;
        }
        self.next.report(&event);
    }
}

/// Removes the token from an error.
pub(super) fn redacted(mut error: ApiError, token: &Token) -> ApiError {
    match &mut error {
        ApiError::Page(last) | ApiError::Outage { last, .. } | ApiError::RateLimited { last, .. } => {
            scrub_failure(token, &mut last.failure);
        }
        ApiError::Unreadable { failure, .. } => scrub_failure(token, failure),
        ApiError::Setup(SetupError::Http(text) | SetupError::Authorities(text)) => scrub(token, text),
        ApiError::Deadline { .. } => {}
    }
    error
}

fn scrub_failure(token: &Token, failure: &mut Failure) {
    match &mut failure.kind {
        FailureKind::Status { message, location, .. } => {
            scrub_message(token, message);
            if let Some(location) = location {
                scrub(token, location);
            }
        }
        FailureKind::Transport { text, .. } | FailureKind::Identity(text) => scrub(token, text),
        FailureKind::InvalidPage { reason, message } | FailureKind::NotAPage { reason, message, .. } => {
            scrub(token, reason);
            scrub_message(token, message);
        }
        FailureKind::TooLarge { .. } => {}
    }
}

fn scrub_message(token: &Token, message: &mut ServerMessage) {
    scrub(token, &mut message.message);
    if let Some(request) = &mut message.request_id {
        scrub(token, &mut request.id);
    }
}

fn scrub(token: &Token, text: &mut String) {
    if let Some(scrubbed) = token.scrubbed(text) {
        *text = scrubbed;
    }
}
