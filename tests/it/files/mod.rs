//! Where the program writes on the file systems that people have: never over what is not its own, and what cannot be
//! published is known before anything is asked of the server.

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
