//! What differs from one operating system to the next, and nothing else does: modes, groups, folders
//! that are synced or swapped, signals, the process itself.
//!
//! Everything above asks here, in the same words everywhere. Unix has its own; any other system gets
//! the plain fallback, which tests build on Unix too, so that it stays whole.

mod process;
#[cfg(feature = "cli")]
mod signals;

#[cfg(not(unix))]
use plain as system;
#[cfg(unix)]
use unix as system;

#[cfg(feature = "cli")]
pub use process::forbid_core_dumps;
pub(crate) use process::was_closed;
#[cfg(feature = "cli")]
pub use signals::{StopSignal, StopSignals, outlive_file_size_limits};
#[cfg(feature = "cli")]
pub use system::mode_open_to_others;
pub(crate) use system::{
    exchange, folder_takes_after, is_mount, is_same_file_system, is_still, is_writable, open_lock, open_private,
    open_regular, set_folder_mode, set_mode, sync_folder, take_after,
};

fn not_regular(path: &std::path::Path) -> String {
    format!("{} is not a regular file", path.display())
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    /// Permission bits, without those that say what a file is.
    const BITS: u32 = 0o7777;
    /// In a folder with this bit, files get the group of the folder.
    const SET_GROUP: u32 = 0o2000;

    /// Opens a file for writing, and makes it, for its owner alone, where it is not there.
    pub(crate) fn open_private(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
    }

    /// Opens a lock's file, and creates it, for its owner alone, if it is missing. Never waits, as opening a pipe would.
    pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        only_regular(path, options.write(true).create(true).truncate(false).mode(0o600))
    }

    /// Opens a regular file for reading. Never waits, as opening a pipe would.
    pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
        only_regular(path, OpenOptions::new().read(true))
    }

    fn only_regular(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
        let refused = || io::Error::new(io::ErrorKind::InvalidInput, super::not_regular(path));
        match options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()).open(path) {
            Ok(file) if file.metadata()?.is_file() => Ok(file),
            Ok(file) if file.metadata()?.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(_) => Err(refused()),
            // A pipe that nobody reads, or a socket.
            Err(_) if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) => Err(refused()),
            Err(error) => Err(error),
        }
    }

    /// Gives a file these permission bits.
    pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(mode & BITS))
    }

    /// Gives a file the group and the mode of another, as whoever reads that one relies on them.
    /// A group the process is not in cannot be given; the mode is all the same.
    pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
        let _ = std::os::unix::fs::fchown(file, None, Some(earlier.gid()));
        set_mode(file, earlier.mode())
    }

    /// Gives a folder the mode that belongs to files of this one: whoever can read them can find them. Its owner can do
    /// everything, for the next run has to replace it.
    pub(crate) fn set_folder_mode(folder: &Path, files: u32) -> io::Result<()> {
        let folder = File::open(folder)?;
        let inherited = folder.metadata()?.mode() & SET_GROUP;
        set_mode(&folder, files | (files & 0o444) >> 2 | 0o700 | inherited)
    }

    /// Gives a folder the group and the mode of another.
    pub(crate) fn folder_takes_after(folder: &Path, earlier: &Metadata) -> io::Result<()> {
        let folder = File::open(folder)?;
        take_after(&folder, earlier)?;
        // Its owner can always write in it, and remove it.
        set_mode(&folder, earlier.mode() & 0o777 | 0o700)
    }

    /// Swaps two folders in one step. The error is `Unsupported` or `InvalidInput` where system or file system cannot.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Whether something is mounted at this folder, which then cannot be renamed.
    pub(crate) fn is_mount(folder: &Path) -> bool {
        let device = |folder: &Path| std::fs::metadata(folder).map(|metadata| metadata.dev());
        let is_of_another = match (device(folder), device(&folder.join(".."))) {
            (Ok(device), Ok(above)) => device != above,
            _ => false,
        };
        is_of_another || is_mount_of_the_same(folder)
    }

    /// A folder can be mounted elsewhere on its own file system, as containers do.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn is_mount_of_the_same(folder: &Path) -> bool {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        statx(CWD, folder, AtFlags::empty(), StatxFlags::empty())
            .is_ok_and(|found| (found.stx_attributes & found.stx_attributes_mask).contains(StatxAttributes::MOUNT_ROOT))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn is_mount_of_the_same(_: &Path) -> bool {
        false
    }

    /// Whether this process may change what is in a folder, and may move it elsewhere.
    pub(crate) fn is_writable(folder: &Path) -> bool {
        use rustix::fs::{Access, AtFlags, CWD, accessat};
        use rustix::io::Errno;
        let asked = accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS);
        // Some systems cannot be asked.
        !matches!(asked, Err(Errno::ACCESS | Errno::PERM | Errno::ROFS))
    }

    /// Whether two folders are on one file system, so that files can be renamed from one into the other.
    pub(crate) fn is_same_file_system(one: &Path, other: &Path) -> io::Result<bool> {
        Ok(std::fs::metadata(one)?.dev() == std::fs::metadata(other)?.dev())
    }

    /// Whether an open file still stands at this path.
    pub(crate) fn is_still(file: &File, path: &Path) -> io::Result<bool> {
        let ours = file.metadata()?;
        match std::fs::metadata(path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The mode of a file that others than its owner can read; none where only the owner can.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn mode_open_to_others(metadata: &Metadata) -> Option<u32> {
        Some(metadata.mode() & BITS).filter(|mode| metadata.is_file() && mode & 0o044 != 0)
    }

    /// Puts the names in a folder on disk: a renamed file has its new name only then.
    pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
        match File::open(folder)?.sync_all() {
            // Some file systems, network mounts above all, sync files and no folders.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            synced => synced,
        }
    }
}

#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "built on Unix only to see that it builds"))]
mod plain {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(crate) fn open_private(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(false).open(path)
    }

    pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
        open_private(path)
    }

    pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
        let file = File::open(path)?;
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, super::not_regular(path)))
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn set_mode(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
        file.set_permissions(earlier.permissions())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn set_folder_mode(_: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn folder_takes_after(_: &Path, _: &Metadata) -> io::Result<()> {
        Ok(())
    }

    /// Two renames take its place.
    pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// What cannot be renamed is then found only when it is to be.
    pub(crate) fn is_mount(_: &Path) -> bool {
        false
    }

    /// What may not be moved is then found only when it is to be.
    pub(crate) fn is_writable(_: &Path) -> bool {
        true
    }

    /// What cannot be renamed is then found only when it is to be.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn is_same_file_system(_: &Path, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    /// An open file cannot be removed.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn is_still(_: &File, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    #[cfg(feature = "cli")]
    pub fn mode_open_to_others(_: &Metadata) -> Option<u32> {
        None
    }

    /// A folder cannot be opened everywhere; where it cannot, the system keeps its names by itself.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    #[test]
    fn a_folder_that_cannot_be_synced_is_no_failure() {
        let folder = Path::new("/proc/self");
        assert!(File::open(folder).unwrap().sync_all().is_err());
        super::sync_folder(folder).unwrap();
    }

    #[test]
    fn a_folder_can_be_searched_by_whoever_can_read_its_files_and_replaced_by_its_owner() {
        let home = tempfile::tempdir().unwrap();
        for (files, folder) in [(0o640, 0o750), (0o600, 0o700), (0o444, 0o755), (0, 0o700), (0o666, 0o777)] {
            super::set_folder_mode(home.path(), files).unwrap();
            assert_eq!(fs::metadata(home.path()).unwrap().permissions().mode() & 0o7777, folder, "{files:o}");
        }
    }

    #[test]
    fn a_lock_or_a_manifest_that_is_a_pipe_is_refused_and_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let pipe = home.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for open in [super::open_lock, super::open_regular] {
            let error = open(&pipe).unwrap_err();
            assert!(error.to_string().ends_with("pipe is not a regular file"), "{error}");
            assert!(open(Path::new("/dev/zero")).is_err() && open(home.path()).is_err());
        }
        assert!(super::open_lock(&home.path().join("lock")).unwrap().metadata().unwrap().is_file());
    }

    #[test]
    fn what_is_mounted_is_told_from_what_is_not() {
        assert!(super::is_mount(Path::new("/proc")) && super::is_mount(Path::new("/")));
        assert!(!super::is_mount(tempfile::tempdir().unwrap().path()));
    }

    #[test]
    fn folders_are_swapped_in_one_step() {
        let home = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| home.path().join(name));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(one.join("file"), "").unwrap();
        super::exchange(&one, &other).unwrap();
        assert!(other.join("file").exists() && !one.join("file").exists());
    }
}
