//! The fallback for systems other than Unix.
#![allow(clippy::unnecessary_wraps, reason = "the signatures are those of Unix")]

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::not_regular::not_regular;

pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular(path)) }
}

pub(crate) fn open_stream(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

pub(crate) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

pub(crate) fn keeps_modes(_: &File) -> io::Result<bool> {
    Ok(true)
}

pub(crate) fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}

pub(crate) fn is_character_device(_: &Metadata) -> bool {
    false
}

pub(crate) fn have_one_owner(_: &Metadata, _: &Metadata) -> bool {
    true
}

pub(crate) fn check_stream(_: &Metadata) -> io::Result<()> {
    Ok(())
}

// The five questions below cannot be answered here; the operation itself fails instead.

pub(crate) fn check_replaceable(_: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn check_renames(_: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn is_mount(_: &Path) -> bool {
    false
}

pub(crate) fn is_writable(_: &Path) -> bool {
    true
}

#[cfg(feature = "cli")]
pub fn distrust(_: &Metadata) -> Option<&'static str> {
    None
}

pub(crate) fn free_space(_: &Path) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn is_same_file_system(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(true)
}

pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}

pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
    file.set_permissions(earlier.permissions())
}

pub(crate) fn set_directory_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

pub(crate) fn directory_takes_after(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Callers fall back to two renames.
pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// An open file cannot be removed here.
pub(crate) fn is_still(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(feature = "cli")]
pub fn mode_open_to_others(_: &Metadata) -> Option<u32> {
    None
}

/// Not every system can open a directory; those that cannot persist its entries by themselves.
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
