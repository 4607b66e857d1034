//! One connection: HTTP/1.1 with keep-alive, or HTTP/2 where TLS agreed on it.
//!
//! What is answered is decided by the handler; here it is put on the wire, or not.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::body::Body;
use super::delivery::{Delivery, Reply};
use super::socket::{Line, Order, Socket};
use super::tls::Acceptor;
use crate::sandbox::handler::Handler;

/// How long a client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves one connection until its end, or `stop` and the end of its requests in progress.
pub(in crate::sandbox) async fn serve(
    stream: TcpStream,
    handler: Arc<Handler>,
    acceptor: Option<Acceptor>,
    mut stop: watch::Receiver<()>,
) {
    let (line, orders) = Line::new();
    let socket = Socket::new(stream, orders.clone());
    let shared = Arc::new((handler, line));
    let Some(acceptor) = acceptor else {
        return http1(socket, shared, orders, stop).await;
    };
    // A client that resets or talks nonsense is its own affair, here and below: no error is told.
    let accepted = tokio::select! {
        accepted = acceptor.accept(socket) => accepted,
        () = tokio::time::sleep(HANDSHAKE) => return,
        _ = stop.changed() => return,
    };
    let Ok(stream) = accepted else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2(stream, shared, orders, stop).await;
    } else {
        http1(stream, shared, orders, stop).await;
    }
}

type Shared = Arc<(Arc<Handler>, Line)>;

async fn http1<S>(stream: S, shared: Shared, orders: watch::Receiver<Order>, stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(|request| answer(request, Arc::clone(&shared)));
    let served = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    obey(served, orders, stop).await;
}

async fn http2<S>(stream: S, shared: Shared, orders: watch::Receiver<Order>, stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(|request| answer(request, Arc::clone(&shared)));
    let builder = http2::Builder::new(TokioExecutor::new());
    obey(builder.serve_connection(TokioIo::new(stream), service), orders, stop).await;
}

/// Runs a connection, and ends it as it is told.
async fn obey<C: GracefulConnection>(served: C, mut orders: watch::Receiver<Order>, mut stop: watch::Receiver<()>) {
    let mut served = pin!(served);
    let mut retiring = false;
    loop {
        let order = tokio::select! {
            _ = &mut served => return,
            _ = orders.changed() => *orders.borrow_and_update(),
            _ = stop.changed(), if !retiring => Order::Retire,
        };
        match order {
            Order::Serve => {}
            Order::Retire => {
                retiring = true;
                served.as_mut().graceful_shutdown();
            }
            // The socket is dropped with the connection, and resets.
            Order::Reset => return,
        }
    }
}

/// Answers one request. The error is what HTTP/2 gives as the reason for an end without answer.
async fn answer(request: Request<Incoming>, shared: Shared) -> Result<Response<Body>, h2::Error> {
    let (handler, line) = &*shared;
    let (head, _body) = request.into_parts();
    let Reply { answer, delivery, slot } = handler.handle(&head).await;
    let (head, data) = answer.into_parts();
    let body = match delivery {
        Delivery::Whole => Body::whole(data, slot),
        Delivery::ResetBody => Body::reset(&data, slot, line.clone()),
        Delivery::ShortBody => Body::short(&data, slot),
        Delivery::StalledBody => Body::stalled(&data, slot),
        Delivery::Reset => {
            line.reset();
            pending().await
        }
        Delivery::RefusedStream => return Err(h2::Reason::REFUSED_STREAM.into()),
        Delivery::GoAway => {
            line.retire();
            return Err(h2::Reason::REFUSED_STREAM.into());
        }
    };
    Ok(Response::from_parts(head, body))
}
