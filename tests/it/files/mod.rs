//! Writing to real file systems: the program never overwrites files that are not its own, and before it sends any
//! request, it refuses outputs that could not be published.

mod inputs;
#[cfg(target_os = "linux")]
mod modes;
#[cfg(unix)]
mod names;
#[cfg(unix)]
mod records;
#[cfg(target_os = "linux")]
mod refused;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod shims;
