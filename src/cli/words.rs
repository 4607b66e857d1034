//! How errors are worded for people: the whole chain, and what to do.

use std::error::Error as StdError;
use std::fmt::Write;
use std::io::ErrorKind;

use super::{hints, variables};
use crate::events::Publishing;
use crate::{ApiError, DestinationError, Error, ExitCode, FailureKind, Reason, Transport, error_chain};

/// An error with all that lies behind it, a line each.
pub fn error(error: &dyn StdError) -> String {
    let mut text = format!("error: {error}");
    for reason in error_chain(error) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  because: {reason}");
    }
    text
}

/// The same in one line.
pub fn line(error: &dyn StdError) -> String {
    error_chain(error).fold(error.to_string(), |text, reason| text + ": " + &reason)
}

/// What to do about an error, and which variables it comes from.
pub fn advice(error: &Error) -> Option<String> {
    let advice: Vec<_> = hint(error).map(str::to_owned).into_iter().chain(variables::error_chain(error)).collect();
    Some(advice.join("; ")).filter(|advice| !advice.is_empty())
}

/// What a run that was told to stop has published.
pub fn stopped(publishing: &Publishing) -> &'static str {
    match publishing {
        Publishing::NotBegun => "stopped: nothing was published",
        Publishing::Done(_) => "stopped: the export is published, and its kit may not be",
        _ => "stopped while it published: verify tells what stands there",
    }
}

/// What to do about an error, where there is something to do.
pub fn hint(error: &Error) -> Option<&'static str> {
    match error {
        Error::Destination(DestinationError::Locked { .. }) => {
            return Some("wait for it with --wait-lock 10m, or run again when it has ended");
        }
        Error::Destination(DestinationError::IsDirectory { .. }) => {
            return Some("add a trailing slash to write part files into it, replacing its contents");
        }
        Error::Destination(DestinationError::NotReplaceable { .. }) => {
            return Some(
                "only a directory that is missing, empty, or holds nothing but an earlier export or kit is replaced: name \
                 another one, or move its contents away",
            );
        }
        Error::Destination(DestinationError::NotForPartition { .. }) => {
            return Some(
                "name a directory that holds only these partitions: other contents would be read together with them",
            );
        }
        Error::Destination(DestinationError::StreamClosed { .. }) => {
            return Some(
                "redirect it to a file or a pipe, or name a file with -o; -o /dev/null discards the rows. A parent process \
                 that passes /dev/null opened for reading and writing causes this, too",
            );
        }
        Error::Destination(DestinationError::Unfinished { error, .. } | DestinationError::Kit { error, .. })
            if error.kind() == ErrorKind::FileTooLarge =>
        {
            return hints::of(error);
        }
        Error::Destination(DestinationError::OwnersNotOurs { .. }) => {
            return Some("move it away, or choose another name for the output");
        }
        Error::Destination(DestinationError::Create { error, .. }) if error.kind() == ErrorKind::CrossesDevices => {
            return Some("it is a link to another file system; owners must be on the same one as their contacts");
        }
        Error::Destination(DestinationError::Create { error, .. }) if error.kind() == ErrorKind::NotADirectory => {
            return Some("it, or a directory in its path, is a file: to replace the file, remove the trailing slash");
        }
        Error::Destination(DestinationError::Unfinished { error, .. }) if error.kind() == ErrorKind::StorageFull => {
            return Some("is the disk full? Run again: verify says whether it is whole");
        }
        Error::Destination(DestinationError::Unfinished { .. }) => {
            return Some("run again, which finishes it; verify says whether it is whole");
        }
        Error::Destination(DestinationError::Mode { .. }) => {
            return Some("leave out --mode: the mount options of the file system decide who can read its files");
        }
        Error::Destination(DestinationError::Kit { .. }) => {
            return Some("the export itself is whole: export again with another --kit, or load it without one");
        }
        Error::Destination(DestinationError::Lock { error, .. })
            if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) =>
        {
            return hints::of(error);
        }
        Error::Destination(DestinationError::Lock { .. }) => {
            return Some(
                "does the lock belong to another user, or is its directory read-only? This user must be able to write both",
            );
        }
        Error::Destination(DestinationError::Create { error, .. } | DestinationError::Write { error, .. })
            if hints::of(error).is_some() =>
        {
            return hints::of(error);
        }
        Error::Incomplete { certificate, .. } => return Some(hint_of_level(&certificate.reasons)),
        Error::Deleted { .. } => {
            return Some(
                "check the token; if these contacts really were deleted, publish with --max-deletes 100%, or with as many as \
                 were",
            );
        }
        Error::Api(error) if let Some(hint) = hint_of(error) => return Some(hint),
        Error::Api(error) if matches!(**error, ApiError::Deadline { .. }) => {
            return Some("run it again with a longer --deadline, or without one; -v shows what it waits for");
        }
        _ => {}
    }
    match error.exit() {
        ExitCode::Internal => Some("this should not happen: please report it, with the options and the lines above"),
        ExitCode::BadResponse => Some(
            "run it again; if it stays, is a proxy or another server in between? \
             Else ask Linq's support, and give them the request id, where one is shown",
        ),
        ExitCode::Unauthorized => Some("check the token: is it whole, of the right organisation, and still valid?"),
        ExitCode::Unavailable => Some("is the API up, and reachable from this machine? -v shows every attempt"),
        ExitCode::TemporaryFailure => Some("the server asks to be left in peace: run again later, with a lower --rate"),
        ExitCode::CannotCreate => Some(
            "the folder that the output is to stand in must be there and writable; nothing was asked of the server",
        ),
        ExitCode::CannotWrite => Some("see the cause above; what stood under that name is untouched"),
        _ => None,
    }
}

/// What to do where a server, or what answers in its place, cannot be had in a way of its own.
fn hint_of(error: &ApiError) -> Option<&'static str> {
    if matches!(error, ApiError::Unreadable { .. }) {
        return Some(
            "tell Linq's support which contacts stand beside it; --publish-below publishes the others, as incomplete",
        );
    }
    let (ApiError::Page(last) | ApiError::Outage { last, .. }) = error else { return None };
    match last.failure.kind {
        FailureKind::Status { status: 407, .. } => Some(
            "give the proxy's user and password in HTTPS_PROXY (http://user:password@host:port), or name the API's host \
             in NO_PROXY",
        ),
        FailureKind::Transport { at: Transport::Proxy, .. } => Some(
            "set HTTPS_PROXY to an http:// or https:// proxy, or name the API's host in NO_PROXY; SOCKS proxies are not \
             supported",
        ),
        FailureKind::NotAPage { .. } if matches!(error, ApiError::Outage { .. }) => Some(
            "check --base-url, and whether the API is down for maintenance: something that is not the API answered in its \
             place",
        ),
        _ => None,
    }
}

/// What to do about a level that is not enough.
fn hint_of_level(reasons: &[Reason]) -> &'static str {
    let has = |is: fn(&Reason) -> bool| reasons.iter().any(is);
    if has(|reason| matches!(reason, Reason::Moved)) {
        "run it again when the list changes less; --publish-below publishes it all the same, with its true level"
    } else if has(|reason| matches!(reason, Reason::Cached { .. })) {
        "a cache between here and the API answers in its place: let requests with Cache-Control: no-cache through"
    } else if has(|reason| matches!(reason, Reason::Missing { .. })) {
        "the list did not change, so its total is wrong or contacts are not listed: if it stays, ask Linq's support; \
         --publish-below publishes what was found, with its true level"
    } else {
        "the reasons above say what is open; --publish-below publishes it all the same, with its true level"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_that_has_not_begun_to_publish_says_that_nothing_was() {
        assert_eq!(stopped(&Publishing::NotBegun), "stopped: nothing was published");
        assert!(stopped(&Publishing::Begun).contains("verify"));
    }
}
