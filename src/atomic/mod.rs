//! Files and folders that appear whole or not at all.

mod file;
mod folder;

pub(crate) use file::{Mode, TemporaryFile, folder, keeps_modes, rename, set_folder_mode, settle, sweep, write_whole};
pub(crate) use folder::{Staging, abandon, abandoned_in, begun_in, is_taken_away, recover, remove};
