//! How bytes come to stand under a name: a new file is renamed to it, the file there is written in place, or they go
//! straight into what is not a file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, is_separator};

use crate::atomic::folder;
use crate::naming::{LINKS, Names};
use crate::platform;

/// Streams that this process was started with. Behind one may be a file, which is somebody else's to replace.
const STREAMS: [&str; 2] = ["/dev/stdout", "/dev/stderr"];
/// Where the system shows them by number.
const NUMBERED: [&str; 2] = ["/dev/fd", "/proc"];

/// How a path is written. Symbolic links are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WriteMethod {
    /// A new file gets this name.
    Rename(PathBuf),
    /// The file is a mount point, as containers have them: no other can get its name.
    InPlace(PathBuf),
    /// A device, a pipe, or a stream of this process.
    Stream,
}

impl WriteMethod {
    /// The way to a path.
    pub fn to(path: &Path) -> io::Result<Self> {
        if is_own_stream(path) {
            return Ok(Self::Stream);
        }
        let found = fs::metadata(path);
        // A loop is told in its own words, and for a hint of its own.
        if let Err(error) = &found
            && error.kind() != io::ErrorKind::NotFound
        {
            Names::of(path)?;
        }
        match found {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => platform::check_stream(&found).map(|()| Self::Stream),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Err(_) if path.to_string_lossy().ends_with(is_separator) => Err(io::ErrorKind::IsADirectory.into()),
            found => {
                let target = Names::of(path)?.target;
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
        let place = place(&path);
        if STREAMS.iter().any(|stream| place == Path::new(stream))
            || NUMBERED.iter().any(|folder| place.starts_with(folder))
        {
            return true;
        }
        match fs::read_link(&path) {
            Ok(points_to) => path = folder(&path).join(points_to),
            Err(_) => return false,
        }
    }
    false
}

/// Whether a path, or `-`, names a stream of this process that was closed when it started: what is written to it is lost.
pub(super) fn was_closed(path: &Path) -> bool {
    let names = |name: &str, number: &str| {
        path == Path::new("/dev").join(name)
            || ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path == Path::new(folder).join(number))
    };
    if path == Path::new("-") || names("stdout", "1") {
        platform::was_closed(io::stdout())
    } else {
        names("stderr", "2") && platform::was_closed(io::stderr())
    }
}

/// A name in its folder, which has no links above it then. What is not there yet has none.
pub(super) fn place(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else { return path.to_owned() };
    let folder = std::path::absolute(folder(path)).unwrap_or_else(|_| folder(path).to_owned());
    let real = folder.ancestors().find_map(|there| {
        let real = fs::canonicalize(there).ok()?;
        folder.strip_prefix(there).ok().map(|rest| real.join(rest))
    });
    real.unwrap_or(folder).join(name)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_and_what_is_not_a_file_is_written_straight() {
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
            assert_eq!(WriteMethod::to(&at(name)).unwrap(), WriteMethod::Rename(at(target)), "{name}");
        }
        for path in
            ["null", "out", "err", "fds/1"].map(at).into_iter().chain(["/dev/null".into(), "/dev/stderr".into()])
        {
            assert_eq!(WriteMethod::to(&path).unwrap(), WriteMethod::Stream, "{}", path.display());
        }
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for path in ["", "new/", "loop", "file/new", "socket"].map(at) {
            assert!(WriteMethod::to(&path).is_err(), "{}", path.display());
        }
    }
}
