//! Atomic writes: files and directories that are complete or missing, whatever happens.

mod file;
mod folder;

pub(crate) use file::{Mode, TemporaryFile, keeps_modes, parent, rename, set_directory_mode, settle, sweep, write_as};
pub(crate) use folder::{Staging, begun_in, is_taken_away, recover, remove, set_aside, set_aside_in};
