//! Tests of the proof against a model server that remembers its history.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the model counts a few hundred rows"
)]

mod bounds;
mod carry_over;
mod costs;
mod drive;
mod exhaustive;
mod explore;
mod flaws;
mod lies;
mod model;
mod outcome;
mod properties;
mod rates;
