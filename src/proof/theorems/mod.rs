//! Why the verdict holds: each theorem as a pure function of the responses.
#![doc = include_str!("theorems.md")]

pub(super) mod counting;
pub(super) mod equal_passes;
pub(super) mod overlapping_windows;
pub(super) mod quiet_interval;
