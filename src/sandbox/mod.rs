//! The sandbox: a real HTTP server that answers like `GET /api/partner/v2/contacts`.
//!
//! In come requests over TCP, out go the documented shapes and errors, filled with contacts
//! that follow from a seed. It keeps no contact in memory, holds no secret and asks no other
//! host. It shares no type with the client, so that a wrong idea of the wire shows up as a
//! failing test.
//!
//! ```text
//!            server ──► handler ─────────────────────────────────────────► server
//!   accepts, keeps       │ asked    what the request says, read once        delivers
//!   connections alive    │ limiter  let it in, or 429                       the answer
//!                        │ routes   path to answer                          after `latency`
//!                        │   list   positions of the list to contacts
//!                        │     contacts   (seed, index) to a contact to JSON
//!                        │   answer the HTTP values, errors included
//!                        └ journal  what was received, for tests
//! ```
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

mod answer;
mod asked;
mod config;
mod contacts;
mod handler;
mod journal;
mod limiter;
mod list;
mod page;
mod random;
mod routes;
mod server;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use config::SandboxConfig;
pub use journal::Seen;
pub use limiter::Limit;

use handler::Handler;

/// The token every sandbox accepts. It opens nothing else and is no secret.
pub const TOKEN: &str = "sandbox-token";

/// A running sandbox. Dropping it closes the port and every connection at once;
/// [`Sandbox::stop`] lets requests in progress finish first.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    handler: Arc<Handler>,
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
        let handler = Arc::new(Handler::new(&config));
        let (stopping, stop) = watch::channel(());
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&handler), stop));
        Ok(Self { address, handler, stopping, serving })
    }

    /// The address it listens on, with the port the system chose where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stands before `/api/partner/v2/contacts`: `http://127.0.0.1:PORT`, no final slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token to send in `X-LINQ-INTEGRATION-TOKEN`: [`TOKEN`].
    #[must_use]
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// How many contacts the list holds.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.handler.list().len()
    }

    /// The contact at `position` of the list (0 is the first row of page 1), exactly as the
    /// server sends it; `None` past the end.
    #[must_use]
    pub fn contact(&self, position: u64) -> Option<Value> {
        let mut json = Vec::new();
        self.handler.list().write_at(position, &mut json)?;
        serde_json::from_slice(&json).ok()
    }

    /// The id of the contact at `position` of the list; `None` past the end.
    #[must_use]
    pub fn contact_id(&self, position: u64) -> Option<u64> {
        self.handler.list().id_at(position)
    }

    /// The requests received, oldest first: the last [`SandboxConfig::journal`] of them.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        self.handler.seen()
    }

    /// How many requests were received in all, those no longer in the journal included.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.handler.seen_count()
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
