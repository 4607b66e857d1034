//! HTTP: sockets, TLS, requests and responses.

pub(super) mod accept;
mod body;
mod certificates;
mod connection;
pub(super) mod delivery;
pub(super) mod request;
pub(super) mod response;
pub(super) mod socket;
pub(super) mod tls;
