//! The accept loop.
//!
//! Each connection is a task of one set that the loop owns, so all of them end with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::tls::Acceptor;
use super::{connection, socket};
use crate::sandbox::handler::Handler;

/// How long requests in progress may go on after a stop.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long to wait when the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Serves until `stop` changes or its sender has gone, then lets connections finish.
pub(in crate::sandbox) async fn serve(
    listener: TcpListener,
    handler: Arc<Handler>,
    acceptor: Option<Acceptor>,
    mut stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if handler.turns_away(Instant::now()) => socket::reset(&stream),
                Ok((stream, _)) => {
                    connections.spawn(connection::serve(stream, Arc::clone(&handler), acceptor.clone(), stop.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stop.changed() => break,
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // Whoever is late is cut off when the set is dropped.
    let _ = tokio::time::timeout(FAREWELL, ended).await;
}
