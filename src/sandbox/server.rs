//! The accept loop and its connections: HTTP/1.1 with keep-alive over TCP.
//!
//! Each connection is a task of one set that the loop owns, so all of them end with it. What
//! is answered is decided by the handler; here it is put on the wire.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::handler::Handler;

/// How long requests in progress may go on after a stop.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long to wait when the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Serves until `stop` changes or its sender has gone, then lets connections finish.
pub(super) async fn serve(listener: TcpListener, handler: Arc<Handler>, mut stop: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&handler), stop.clone()));
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

async fn connection(stream: TcpStream, handler: Arc<Handler>, mut stop: watch::Receiver<()>) {
    // Answers are small and complete: waiting to fill a segment would only add latency. Where
    // the option can't be set the connection still works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move {
            let (head, _body) = request.into_parts();
            let answer = handler.handle(&head).await;
            Ok::<_, Infallible>(deliver(answer))
        }
    });
    let served = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    // A client that resets or talks nonsense is its own affair: the results are dropped.
    tokio::select! {
        _ = &mut served => return,
        _ = stop.changed() => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = served.await;
}

fn deliver(answer: Response<Bytes>) -> Response<Full<Bytes>> {
    answer.map(Full::new)
}
