//! Reads all pages of the list: which page next, how fast, and what to do if one fails.
//!
//! The scheduler emits decoded pages in list order through a bounded channel. The only room that uses governor.

mod attempts;
mod confirm_total;
mod error;
mod lookup;
mod outage;
mod pacer;
mod probe;
mod progress;
mod rate_cap;
mod request;
mod retry;
mod scheduler;
mod split;
mod split_plan;
mod validate;

pub use error::{ApiError, FailedAttempt};
pub(crate) use lookup::Lookups;
pub(crate) use probe::{Probed, probe};
pub(crate) use request::Lookup;
pub(crate) use scheduler::{AllRead, Page, Reader};
