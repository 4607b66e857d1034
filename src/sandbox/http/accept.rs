//! The accept loop, which owns the tasks of all connections: they end with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::tls::Acceptor;
use super::{connection, socket};
use crate::sandbox::handler::Handler;

/// Time for requests in progress to finish after a stop.
const GRACE: Duration = Duration::from_secs(1);
/// Pause after a failed accept, e.g. for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Serves until `stop` changes or its sender is dropped, then lets connections finish.
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
                Ok((stream, _)) if handler.refuses_connection(Instant::now()) => socket::reset(&stream),
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
    // Connections that take longer are closed when the set is dropped.
    let _ = tokio::time::timeout(GRACE, ended).await;
}
