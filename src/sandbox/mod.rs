//! The sandbox: a real HTTP server that answers like `GET /api/partner/v2/contacts`.
//!
//! In come requests over TCP, out go the documented shapes and errors, filled with contacts
//! that follow from a seed. It keeps no contact in memory unless the list is told to move, holds
//! no secret and asks no other host. It shares no type with the client, so that a wrong idea of the wire shows up as a
//! failing test.
//!
//! ```text
//!   server ──► connection ──► handler ────────────────────────► connection ──► line
//!   accepts    http/1.1        │ outage   down for everybody      body: whole,   a socket
//!              or h2, tls      │ asked    what the request says   or cut off     that can
//!                              │ limits   let it in, or 429       after          be reset
//!                              │ faults   which one it meets      `latency`
//!                              │ routes   path to answer
//!                              │   page, list   positions to contacts, in one state
//!                              │     movement   what is written before
//!                              │     contacts   (seed, index) to a contact to JSON
//!                              │   answer the HTTP values, errors included
//!                              └ journal  what was received, for tests
//! ```
//!
//! What a request gets is decided on arrival, as a value (an answer and its delivery); only then
//! is anything sent.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use linq_export::sandbox::{Sandbox, SandboxConfig};
//!
//! let mut config = SandboxConfig::default();
//! config.contacts = 10_000;
//! let sandbox = Sandbox::start(config).await?;
//! let url = format!("{}/api/partner/v2/contacts?page=1", sandbox.base_url());
//! // ... read it, with the header X-LINQ-INTEGRATION-TOKEN: sandbox.token() ...
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```

mod config;
mod contacts;
mod faults;
mod handler;
mod http;
mod limits;
mod list;
mod lock;
mod mutations;
mod outage;
mod page;
mod parse;
mod quirks;
mod random;
mod request_log;
mod routes;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use config::SandboxConfig;
pub use faults::{Fault, FaultRule, Wait};
pub use http::tls::{Certificate, Protocols, Tls};
pub use limits::{Admits, Limit, Refusal};
pub use list::{Change, History, Order, Written};
pub use mutations::{Lag, Moves};
pub use outage::{Outage, OutageBegin, OutageKind};
pub use parse::ParseError;
pub use quirks::{Count, PageOrder, PastTheEnd, Totals};
pub use request_log::{Protocol, Seen, Verdict, most_within};

use handler::Handler;
use http::tls::Acceptor;
use lock::lock;

/// The token every sandbox accepts. It opens nothing else and is no secret.
pub const TOKEN: &str = "sandbox-token";

/// A running sandbox. Dropping it closes the port and every connection at once;
/// [`Sandbox::stop`] lets requests in progress finish first.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    handler: Arc<Handler>,
    ca_pem: Option<String>,
    stopping: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl Sandbox {
    /// Binds the address of `config` and serves from then on, on the current tokio runtime.
    ///
    /// # Errors
    /// The address cannot be bound, or a value of `config` is out of its documented range
    /// ([`io::ErrorKind::InvalidInput`], and the message names the value).
    pub async fn start(config: SandboxConfig) -> io::Result<Self> {
        config.check()?;
        let listener = TcpListener::bind(config.address).await?;
        let address = listener.local_addr()?;
        let (acceptor, ca_pem) = config.tls.map(|tls| Acceptor::new(tls, address.ip())).transpose()?.unzip();
        let handler = Arc::new(Handler::new(&config, Instant::now()));
        let (stopping, stop) = watch::channel(());
        let serving = tokio::spawn(http::accept::serve(listener, Arc::clone(&handler), acceptor, stop));
        Ok(Self { address, handler, ca_pem, stopping, serving })
    }

    /// The address it listens on, with the port the system chose where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands before `/api/partner/v2/contacts`: `http://127.0.0.1:PORT`, no final slash;
    /// with TLS `https://localhost:PORT`, or the address where that is not a loopback one.
    #[must_use]
    pub fn base_url(&self) -> String {
        match (&self.ca_pem, self.address.ip().is_loopback()) {
            (None, _) => format!("http://{}", self.address),
            (Some(_), true) => format!("https://localhost:{}", self.address.port()),
            (Some(_), false) => format!("https://{}", self.address),
        }
    }

    /// The authority that signed the server's certificate, as PEM; `None` without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The token to send in `X-LINQ-INTEGRATION-TOKEN`: [`TOKEN`].
    #[must_use]
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// How many contacts the list holds now.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.handler.list().now().len()
    }

    /// The contact that is now at `position` of the list (0 is the first row of page 1), exactly as the
    /// server sends it; `None` past the end.
    #[must_use]
    pub fn contact(&self, position: u64) -> Option<Value> {
        let list = self.handler.list().now();
        let mut json = Vec::new();
        list.write(list.row_at(position)?, &mut json);
        serde_json::from_slice(&json).ok()
    }

    /// The id of the contact that is now at `position` of the list; `None` past the end.
    #[must_use]
    pub fn contact_id(&self, position: u64) -> Option<u64> {
        let list = self.handler.list().now();
        list.row_at(position).map(|row| list.id(row))
    }

    /// What happened to the list up to now: its states, the writes between them, and every
    /// version of every contact. A copy, which costs what the list costs in memory; of a list
    /// that stands still, its one state.
    #[must_use]
    pub fn history(&self) -> History {
        self.handler.list().history()
    }

    /// The requests received, oldest first: the last [`SandboxConfig::journal`] of them.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(self.handler.journal()).entries()
    }

    /// How many requests were received in all, those no longer in the journal included.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        lock(self.handler.journal()).received()
    }

    /// When connections were reset at once because an outage lasted, oldest first: the last
    /// [`SandboxConfig::journal`] of them. Requests on older connections are in
    /// [`Sandbox::requests`], with [`Verdict::Outage`].
    #[must_use]
    pub fn refused_connections(&self) -> Vec<Instant> {
        lock(self.handler.journal()).refusals()
    }

    /// Closes the port, lets requests in progress finish for up to one second, then ends.
    pub async fn stop(mut self) {
        self.stopping.send_replace(());
        // An error here says that the task was cancelled or panicked: it has ended, as asked.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The task owns the listener and all connections: they close with it.
        self.serving.abort();
    }
}
