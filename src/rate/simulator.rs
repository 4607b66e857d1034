//! Simulates rate-limited servers in virtual time, seeded: a port of the servers, the driver and the ideal client of
//! the models that the rate controller was designed with.

pub(super) mod agenda;
pub(super) mod disturbance;
pub(super) mod ideal;
pub(super) mod limiter;
pub(super) mod outcome;
pub(super) mod random;
pub(super) mod run;
pub(super) mod server;
pub(super) mod setting;
pub(super) mod window;
