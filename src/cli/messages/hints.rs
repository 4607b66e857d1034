//! What to do about each error: every hint of the program, in imperative mood.

use std::io::ErrorKind;

use super::{io, store};
use crate::changes::ChangesError;
use crate::dataset::ReadbackError;
use crate::page::FailureClass;
use crate::storage;
use crate::verify::VerifyError;
use crate::{
    ApiError, DestinationError, Error, ExitCode, Failure, FailureKind, Level, ManifestError, Reason, Transport,
};

const RESTORE: &str = "run the export again: it restores the directory first";
const NO_INPUT: &str = "check the path, or run the export first";

/// The hint for an error of a run, if there is something to do.
pub fn of(error: &Error) -> Option<&'static str> {
    let specific = match error {
        Error::Changes(error) => Some(of_changes(error)),
        Error::Destination(error) => of_output(error),
        Error::Api(error) => of_api(error),
        Error::Incomplete { certificate, .. } => Some(of_level(&certificate.reasons)),
        Error::Deleted { .. } | Error::Gone { .. } => Some(
            "check that the token belongs to the right organization and may see all contacts; if the contacts were really \
             deleted, use --max-deletes 100%, or --max-deletes N",
        ),
        _ => None,
    };
    specific.or_else(|| of_exit(error.exit()))
}

/// The hint for an exit code, where the error has none of its own.
fn of_exit(exit: ExitCode) -> Option<&'static str> {
    match exit {
        ExitCode::Internal => Some("this is a bug: please report it, with the command line and the lines above"),
        ExitCode::BadResponse => Some(
            "retry later; if the error persists, look for a proxy in between, or contact Linq's support with the request \
             id, if one is shown",
        ),
        ExitCode::Unauthorized => {
            Some("check the token: it must be complete and valid, and belong to the right organization")
        }
        ExitCode::Unavailable => {
            Some("check that the API is up and reachable from this machine (-v logs each failed request)")
        }
        ExitCode::TemporaryFailure => Some("the server is rate limiting: retry later or lower --rate"),
        ExitCode::CannotCreate => Some("create the directory first, or check its permissions; no request was sent"),
        ExitCode::CannotWrite => Some("resolve the cause above; an earlier file of that name is untouched"),
        _ => None,
    }
}

fn of_output(error: &DestinationError) -> Option<&'static str> {
    Some(match error {
        DestinationError::Create { error, .. }
        | DestinationError::Write { error, .. }
        | DestinationError::Unavailable { error, .. }
            if let Some(error) = storage::store_error(error) =>
        {
            store::hint(error)
        }
        DestinationError::Unavailable { .. } => "retry later",
        DestinationError::NotOurs { .. } => "remove it if nothing else uses it, or choose another output",
        DestinationError::Unconditional { .. } => {
            "use --no-lock, and make sure that no two runs write this output at the same time"
        }
        DestinationError::Lost { .. } => "check whether two runs are scheduled for this output",
        DestinationError::Locked { .. } => "wait for it with a longer --lock-timeout, such as 10m, or retry later",
        DestinationError::IsDirectory { .. } => {
            "add a trailing slash (DIR/) to write part files into the directory, replacing its contents"
        }
        DestinationError::NotReplaceable { .. } => {
            "choose another directory, or move the other files away: only a directory that is missing, empty, or holds \
             nothing but an earlier export or kit is replaced"
        }
        DestinationError::ReplacesContacts { .. } => "choose another output, or move the export away",
        DestinationError::NotForPartition { .. } => {
            "choose a directory for these partitions only: readers would load its other files with them"
        }
        DestinationError::StreamClosed { .. } => {
            "redirect it to a file or a pipe, or use -o FILE; -o /dev/null discards the rows. A parent process that opened \
             /dev/null for reading and writing looks the same"
        }
        DestinationError::OwnersNotOurs { .. } => {
            "move that file away, or choose another output name: no manifest lists it as part of an export"
        }
        DestinationError::Create { error, .. } if error.kind() == ErrorKind::CrossesDevices => {
            "remove the link: owners must be on the file system of their contacts"
        }
        DestinationError::Create { error, .. } if error.kind() == ErrorKind::NotADirectory => {
            "part of the path is a file; to replace that file, remove the trailing slash"
        }
        DestinationError::Unfinished { error, .. } if error.kind() == ErrorKind::StorageFull => {
            "free some disk space, run the export again to complete it, then check it with verify"
        }
        DestinationError::Unfinished { error, .. } | DestinationError::Kit { error, .. }
            if error.kind() == ErrorKind::FileTooLarge =>
        {
            return io::hint(error);
        }
        DestinationError::Unfinished { .. } => "run the export again to complete it, then check it with verify",
        DestinationError::Mode { .. } => {
            "remove --mode: on this file system, the mount options decide who may read files"
        }
        DestinationError::Kit { .. } => {
            "the output itself is complete: load it without a kit, or run again with another --kit directory"
        }
        DestinationError::Lock { error, .. }
            if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) =>
        {
            return io::hint(error);
        }
        DestinationError::Lock { .. } => {
            "check the owner of the lock, and whether its directory is writable: whoever exports here must be able to \
             write both"
        }
        DestinationError::Create { error, .. } | DestinationError::Write { error, .. } => return io::hint(error),
        _ => return None,
    })
}

fn of_api(error: &ApiError) -> Option<&'static str> {
    match error {
        ApiError::Deadline { .. } => Some("use a longer --deadline, or omit it; -v logs what the run is waiting for"),
        ApiError::Unreadable { .. } => Some(
            "report the neighboring contacts to Linq's support; --allow-incomplete publishes the others, as incomplete",
        ),
        ApiError::Outage { last, .. } if matches!(last.failure.kind, FailureKind::NotAPage { .. }) => Some(
            "check --base-url, and whether the API is down for maintenance: something other than the API responded",
        ),
        ApiError::Page(last) | ApiError::Outage { last, .. } => of_failure(&last.failure),
        _ => None,
    }
}

fn of_failure(failure: &Failure) -> Option<&'static str> {
    match &failure.kind {
        FailureKind::Status { status: 300..400, .. } => {
            Some("check --base-url: if you trust the redirect's target, use that instead")
        }
        FailureKind::Status { status: 404, .. } => Some(
            "check --base-url: it must be the origin of the API, such as https://api.linqapp.com, without an endpoint's \
             path",
        ),
        FailureKind::Status { status: 407, .. } => Some(
            "put the proxy's user and password into HTTPS_PROXY (http://user:password@host:port), or add the API's host \
             to NO_PROXY",
        ),
        FailureKind::Transport { at: Transport::Proxy, .. } => Some(
            "set HTTPS_PROXY to an http:// or https:// proxy, or add the API's host to NO_PROXY; SOCKS proxies are not \
             supported",
        ),
        FailureKind::Transport { at: Transport::Certificate, text } if text.contains("expired") => Some(
            "the server is reachable, but its TLS certificate has expired: ask its operator to renew it, and check this \
             machine's clock",
        ),
        FailureKind::Transport { at: Transport::Certificate, text } if text.contains("does not trust") => {
            Some("if you trust the server, add its CA certificate with --ca-cert")
        }
        FailureKind::Transport { at: Transport::Certificate, text } if text.contains("not yet valid") => {
            Some("the server is reachable, but its TLS certificate is not yet valid: check this machine's clock")
        }
        FailureKind::Transport { at: Transport::Certificate, .. } => {
            Some("check the host in --base-url, and whether a proxy answers instead of the server")
        }
        FailureKind::Transport { text, .. } if text.contains("does not speak TLS") => {
            Some("check the scheme and port of --base-url: https needs a port that speaks TLS")
        }
        _ if failure.class == FailureClass::Rejected => Some(
            "retrying will not help: check for a proxy between this machine and the API, or contact Linq's support with \
             the request id, if one is shown",
        ),
        _ => None,
    }
}

/// The hint for a level below the required one, by the reasons for it.
fn of_level(reasons: &[Reason]) -> &'static str {
    let has = |is: fn(&Reason) -> bool| reasons.iter().any(is);
    if has(|reason| matches!(reason, Reason::Limited { .. })) {
        "remove --limit: an export that stops early is not complete"
    } else if has(|reason| matches!(reason, Reason::Recovered { .. }))
        && has(|reason| matches!(reason, Reason::Missing { .. }))
    {
        "use --max-lookups to look up more of the contacts that no page shows, or --allow-incomplete to publish without them"
    } else if has(|reason| matches!(reason, Reason::Recovered { .. })) {
        "the API returns contacts by id that its list leaves out: if that is on purpose, use --no-lookups"
    } else if has(|reason| matches!(reason, Reason::Moved)) {
        "run again when the list changes less, or use --allow-incomplete to publish with the level reached"
    } else if has(|reason| matches!(reason, Reason::Cached { .. })) {
        "configure the cache or proxy between this machine and the API to pass on requests with Cache-Control: no-cache"
    } else if has(|reason| matches!(reason, Reason::Missing { .. } | Reason::TotalUnexplained { .. })) {
        "the list did not change, so the server's total is wrong or it does not list all contacts: if this persists, \
         contact Linq's support; --allow-incomplete publishes what was found, with the level reached"
    } else {
        "see the reasons above, or use --allow-incomplete to publish with the level reached"
    }
}

/// The hint for a table that cannot be read.
pub fn of_reading(error: &ReadbackError) -> &'static str {
    match error {
        ReadbackError::NoFile { .. } => NO_INPUT,
        ReadbackError::Raw { .. } => "export without --raw: only tables have a digest",
        ReadbackError::Replaced { .. } => "retry when no export is running",
        ReadbackError::TakenAway { .. } => RESTORE,
        ReadbackError::NoParts { .. } => {
            "pass the directory that contains the part files; for a partitioned export, pass one partition"
        }
        ReadbackError::Columns { .. } => {
            "only tables with the exported columns can be read (raw JSON cannot): export again, or select these columns \
             where the file was made"
        }
        ReadbackError::Malformed { .. } => {
            "use an exported Parquet, NDJSON or CSV file (optionally .gz or .zst); if this is one, it is truncated or \
             damaged: do not load it, export again"
        }
        ReadbackError::Read { error, .. } if let Some(error) = storage::store_error(error) => store::hint(error),
        ReadbackError::Read { .. } => {
            "check that this user may read it, and that it is a file or a directory of part files"
        }
    }
}

/// The hint for two exports that cannot be compared.
fn of_changes(error: &ChangesError) -> &'static str {
    match error {
        ChangesError::Verify(VerifyError::NoManifest { .. }) => {
            "compare exports that have their manifest next to them, or in their directory: it says what they may lack"
        }
        ChangesError::Verify(error) => of_verifying(error),
        ChangesError::Read(error) => of_reading(error),
        ChangesError::NotContacts(_) => "pass two exports made by linq-export contacts",
        ChangesError::Raw(_) => "export both without --raw: only tables can be compared",
        ChangesError::Twice { .. } => "export again: each contact must be in an export once",
        ChangesError::Reversed { .. } => "pass the earlier export first",
        ChangesError::OtherColumns { .. } => {
            "use the same options as before; or move that export away, so that the changes begin anew with all contacts"
        }
        ChangesError::Newer(_) => "check the clock of this machine, and the one that made the previous export",
        ChangesError::OtherToken(_) => "if it is a new token of the same organization, use --other-token",
        ChangesError::OtherSource { .. } => "pass an earlier export of the same organization with --previous",
        ChangesError::Source { .. } => "compare two exports of the same organization",
        ChangesError::Token { .. } => {
            "if both tokens belong to the same organization, because one replaced the other, use --other-token"
        }
        ChangesError::Columns { .. } => {
            "export both with the same --columns, --drop, --owners and --hmac options, and the same HMAC key"
        }
        ChangesError::Below { level: Level::Incomplete, .. } => {
            "export again; or use --require any for inserts and updates only"
        }
        ChangesError::Nested { .. } => "use Parquet or NDJSON; or export both with --owners columns",
        ChangesError::Below { level: Level::Complete, .. } => {
            "export again; or use --require complete, which proves deletions, too"
        }
        ChangesError::Below { .. } => {
            "export again; or use --require counted, which marks such contacts as missing instead of deleted"
        }
    }
}

/// The hint for a table that is not accepted.
pub fn of_verifying(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::NoFile { .. } | VerifyError::NoFolder { .. } => NO_INPUT,
        VerifyError::Stray { .. } => {
            "readers of the directory may load it: move it away, or export to another directory"
        }
        VerifyError::TakenAway { .. } => RESTORE,
        VerifyError::OwnersOf { .. } => "verify the contacts instead: their manifest lists the owners, too",
        VerifyError::Partitioned { .. } => "verify each partition separately: each has its own manifest",
        VerifyError::NoManifest { .. } => {
            "if the manifest was moved, pass its path with --manifest; otherwise export again (files from other programs have \
             no manifest)"
        }
        VerifyError::Interrupted { .. } => "run the export again: it publishes the manifest first",
        VerifyError::Publishing { .. } => "retry when the export has ended",
        VerifyError::Manifest {
            error:
                ManifestError::Later { .. } | ManifestError::UnknownLevel { .. } | ManifestError::UnknownAssumption { .. },
            ..
        } => "use the version of linq-export that made the export, or a later one",
        VerifyError::Below { .. } => {
            "if no contact may be missing, do not load it: export again; otherwise lower --require"
        }
        VerifyError::Dataset(error @ (ReadbackError::Replaced { .. } | ReadbackError::Read { .. })) => {
            of_reading(error)
        }
        VerifyError::Read { error, .. } if let Some(error) = storage::store_error(error) => store::hint(error),
        VerifyError::Read { .. } => "check that this user may read the file and its manifest",
        _ => {
            "the file or its manifest is truncated, modified, or from another run: do not load it; restore both, or export \
             again"
        }
    }
}
