//! How a path is written: by renaming a new file to it, in place, or as a stream.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, is_separator};

use crate::atomic::parent;
use crate::naming::{FileNames, LINKS};
use crate::platform;

/// The standard streams of this process. They may be redirected to files, which this process must not replace.
const STREAMS: [&str; 2] = ["/dev/stdout", "/dev/stderr"];
/// Where the system lists open files by number.
const NUMBERED: [&str; 2] = ["/dev/fd", "/proc"];

/// How a path is written, after following symbolic links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WriteMethod {
    /// Atomically: a new file is renamed to this path.
    Rename(PathBuf),
    /// In place: the file is a mount point, as in containers, which cannot be replaced.
    InPlace(PathBuf),
    /// As a stream: the path is a device, a pipe, or a standard stream.
    Stream,
}

impl WriteMethod {
    /// How to write this path.
    pub fn of(path: &Path) -> io::Result<Self> {
        if is_own_stream(path) {
            return Ok(Self::Stream);
        }
        let found = fs::metadata(path);
        // A loop of links gets the error and hint of `FileNames`.
        if let Err(error) = &found
            && error.kind() != io::ErrorKind::NotFound
        {
            FileNames::of(path)?;
        }
        match found {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => platform::check_stream(&found).map(|()| Self::Stream),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Err(_) if path.to_string_lossy().ends_with(is_separator) => Err(io::ErrorKind::IsADirectory.into()),
            found => {
                let target = FileNames::of(path)?.target;
                Ok(if found.is_ok() && platform::is_mount(&target) {
                    Self::InPlace(target)
                } else {
                    Self::Rename(target)
                })
            }
        }
    }
}

/// Whether a path leads to a stream that this process was started with.
pub(super) fn is_own_stream(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let resolved = resolved(&path);
        if STREAMS.iter().any(|stream| resolved == Path::new(stream))
            || NUMBERED.iter().any(|directory| resolved.starts_with(directory))
        {
            return true;
        }
        match fs::read_link(&path) {
            Ok(points_to) => path = parent(&path).join(points_to),
            Err(_) => return false,
        }
    }
    false
}

/// Whether a path, or `-`, is a standard stream that was closed when the process started, so that output would be lost.
pub(super) fn was_closed(path: &Path) -> bool {
    let names = |name: &str, number: &str| {
        path == Path::new("/dev").join(name)
            || ["/dev/fd", "/proc/self/fd"].iter().any(|directory| path == Path::new(directory).join(number))
    };
    if path == Path::new("-") || names("stdout", "1") {
        platform::was_closed(io::stdout())
    } else {
        names("stderr", "2") && platform::was_closed(io::stderr())
    }
}

/// The absolute path, with symbolic links resolved in the part that exists, except in the file name.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else { return path.to_owned() };
    let within = std::path::absolute(parent(path)).unwrap_or_else(|_| parent(path).to_owned());
    let real = within.ancestors().find_map(|there| {
        let real = fs::canonicalize(there).ok()?;
        within.strip_prefix(there).ok().map(|rest| real.join(rest))
    });
    real.unwrap_or(within).join(name)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn follows_links_and_streams_to_anything_but_files() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::write(at("file"), "").unwrap();
        for (link, to) in [
            ("link", "file"),
            ("nowhere", "later"),
            ("null", "/dev/null"),
            ("out", "/dev/stdout"),
            ("err", "/proc/self/fd/2"),
            ("fds", "/dev/fd"),
            ("loop", "loop"),
        ] {
            symlink(to, at(link)).unwrap();
        }
        for (name, target) in [("file", "file"), ("link", "file"), ("nowhere", "later"), ("new", "new")] {
            assert_eq!(WriteMethod::of(&at(name)).unwrap(), WriteMethod::Rename(at(target)), "{name}");
        }
        for path in
            ["null", "out", "err", "fds/1"].map(at).into_iter().chain(["/dev/null".into(), "/dev/stderr".into()])
        {
            assert_eq!(WriteMethod::of(&path).unwrap(), WriteMethod::Stream, "{}", path.display());
        }
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for path in ["", "new/", "loop", "file/new", "socket"].map(at) {
            assert!(WriteMethod::of(&path).is_err(), "{}", path.display());
        }
    }
}
