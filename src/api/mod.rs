//! Reading the API: which pages, how fast, and what to do when one cannot be had.
//!
//! A plan comes in, decoded pages go out in list order through a bounded channel. The only code that
//! knows reqwest and governor; what a page holds is left to the decode function it is given.

mod budget;
mod ceiling;
mod certificate;
mod client;
mod contract;
mod failure;
mod fetcher;
mod freshness;
mod health;
mod hints;
mod pace;
mod pacer;
mod pieces;
mod reader;
mod retry;
mod second_look;
mod split;
mod transport;
mod wire;

pub(crate) use budget::Share;
pub use failure::{ApiError, Failure, RequestId, Said, Transport};
pub(crate) use reader::{Decoding, Page, Reader, Totals};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use wire::{LONGEST_WAIT, retry_after, said};
