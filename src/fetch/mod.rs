//! Reading the API: which pages, how fast, and what to do when one cannot be had.
//!
//! A plan comes in, decoded pages go out in list order through a bounded channel. The only code that
//! knows reqwest and governor; what a page holds is left to the decode function it is given.

mod confirm_total;
mod error;
mod outage;
mod pacer;
mod rate_cap;
mod request;
mod retry;
mod scheduler;
mod split;
mod split_plan;
mod validate;

pub(crate) use crate::api::Share;
pub use error::ApiError;
pub(crate) use retry::{Class, classify};
pub(crate) use scheduler::{Decoding, Page, Reader, Totals};
