//! The sandbox over real sockets, with clients that share nothing with the program's own.

mod client;
mod faults;
mod limits;
mod list;
mod lookups;
mod moving;
mod orders;
mod outages;
mod tls;
