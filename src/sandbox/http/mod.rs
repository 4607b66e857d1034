//! HTTP: sockets, TLS, requests, responses, and how responses are delivered.

pub(super) mod accept;
mod body;
mod connection;
pub(super) mod delivery;
pub(super) mod request;
pub(super) mod response;
mod socket;
pub(super) mod tls;
