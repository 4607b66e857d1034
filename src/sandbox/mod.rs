//! The sandbox: a real HTTP server that responds like `GET /api/partner/v2/contacts`.
//!
//! It serves the documented shapes and errors over TCP, with contacts that follow from a seed. It keeps contacts in
//! memory only if the list is configured to change, contacts no other host, and holds no secret. It shares no type with
//! the client, so that a wrong assumption about the API shows up as a failing test.
//!
//! ```text
//!   http/accept ──► http/connection ──► handler ────────────────► http/connection
//!                   HTTP/1.1 or 2,       │ outage    is it down?    delivers the reply,
//!                   TLS                  │ limits    accept or 429   complete or cut off,
//!                                        │ faults    what fails?     after the latency
//!                                        │ routes    path to response
//!                                        │   page, list    positions to contacts, in one state
//!                                        │   lookups       an id to its contact
//!                                        │     mutations   writes before the response
//!                                        │     contacts    (seed, index) to JSON
//!                                        └ request_log     what was received, for tests
//! ```
//!
//! The reply to a request is decided when it arrives, as a value, and sent afterwards.
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
mod lookups;
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
pub use http::request::{Protocol, TOKEN};
pub use http::tls::{Certificate, Protocols, Tls};
pub use limits::{Limit, LimitPolicy, Refusal};
pub use list::{AppliedWrite, Change, History, Order};
pub use lookups::Lookups;
pub use mutations::{Churn, Lag, StaleCount};
pub use outage::{Outage, OutageKind, OutageStart};
pub use parse::ParseError;
pub use quirks::{PageOrder, PastTheEnd, Quirks, WrongTotals};
pub use request_log::{LoggedRequest, Verdict, max_within};

use handler::Handler;
use http::accept;
use http::tls::Acceptor;
use lock::lock;

/// A running sandbox. Dropping it closes the port and all connections immediately; [`Sandbox::stop`] lets requests in
/// progress finish first.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    handler: Arc<Handler>,
    ca_pem: Option<String>,
    stopping: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl Sandbox {
    /// Binds the address of `config` and starts to serve, on the current tokio runtime.
    ///
    /// # Errors
    /// The address cannot be bound, or a value of `config` is out of its documented range
    /// ([`io::ErrorKind::InvalidInput`], with a message that names the value).
    pub async fn start(config: SandboxConfig) -> io::Result<Self> {
        config.check()?;
        let listener = TcpListener::bind(config.address).await?;
        let address = listener.local_addr()?;
        let (acceptor, ca_pem) = config.tls.map(|tls| Acceptor::new(tls, address.ip())).transpose()?.unzip();
        let handler = Arc::new(Handler::new(config, Instant::now()));
        let (stopping, stop) = watch::channel(());
        let serving = tokio::spawn(accept::serve(listener, Arc::clone(&handler), acceptor, stop));
        Ok(Self { address, handler, ca_pem, stopping, serving })
    }

    /// The address it listens on, with the actual port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL before `/api/partner/v2/contacts`, without a final slash: `http://127.0.0.1:PORT`; with TLS
    /// `https://localhost:PORT`, or the address if it is not a loopback address.
    #[must_use]
    pub fn base_url(&self) -> String {
        match (&self.ca_pem, self.address.ip().is_loopback()) {
            (None, _) => format!("http://{}", self.address),
            (Some(_), true) => format!("https://localhost:{}", self.address.port()),
            (Some(_), false) => format!("https://{}", self.address),
        }
    }

    /// The authority that signed the server's TLS certificate, as PEM; `None` without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The token to send in `X-LINQ-INTEGRATION-TOKEN`: [`TOKEN`].
    #[must_use]
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// The current number of contacts.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.handler.list().now().len()
    }

    /// The contact currently at `position` of the list (0 is the first row of page 1), exactly as the server sends it;
    /// `None` past the end.
    #[must_use]
    pub fn contact(&self, position: u64) -> Option<Value> {
        let list = self.handler.list().now();
        let mut json = Vec::new();
        list.write(list.row_at(position)?, &mut json);
        serde_json::from_slice(&json).ok()
    }

    /// The id of the contact currently at `position` of the list; `None` past the end.
    #[must_use]
    pub fn contact_id(&self, position: u64) -> Option<u64> {
        let list = self.handler.list().now();
        list.row_at(position).map(|row| list.id(row))
    }

    /// The history of the list so far: its states, the writes between them, and every version of every contact. It is a
    /// copy as large as the list in memory.
    #[must_use]
    pub fn history(&self) -> History {
        self.handler.list().history()
    }

    /// The last [`SandboxConfig::request_log`] requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(self.handler.log()).entries()
    }

    /// The total number of requests received, including those no longer in the log.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        lock(self.handler.log()).received()
    }

    /// When connections were reset immediately because of an outage, oldest first: the last
    /// [`SandboxConfig::request_log`] of them. Requests on older connections are in [`Sandbox::requests`], with
    /// [`Verdict::Outage`].
    #[must_use]
    pub fn refused_connections(&self) -> Vec<Instant> {
        lock(self.handler.log()).refusals()
    }

    /// Closes the port, and waits up to one second for requests in progress.
    pub async fn stop(mut self) {
        self.stopping.send_replace(());
        // An error means that the task was canceled or panicked, so it has ended.
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The task owns the listener and all connections.
        self.serving.abort();
    }
}
