//! One connection: HTTP/1.1 with keep-alive, or HTTP/2 if negotiated by TLS.
//!
//! The handler decides on the replies; the connection delivers them.

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
use super::socket::{Control, Socket, State};
use super::tls::Acceptor;
use crate::sandbox::handler::Handler;

/// Timeout of the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves a connection until it ends, or until `stop` changes and its requests in progress have finished.
pub(in crate::sandbox) async fn serve(
    stream: TcpStream,
    handler: Arc<Handler>,
    acceptor: Option<Acceptor>,
    mut stop: watch::Receiver<()>,
) {
    let (control, state) = Control::new();
    let socket = Socket::new(stream, state.clone());
    let shared = Arc::new((handler, control));
    let Some(acceptor) = acceptor else {
        return http1(socket, shared, state, stop).await;
    };
    // Errors of the client are ignored, here and below: it knows about them.
    let accepted = tokio::select! {
        accepted = acceptor.accept(socket) => accepted,
        () = tokio::time::sleep(HANDSHAKE) => return,
        _ = stop.changed() => return,
    };
    let Ok(stream) = accepted else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2(stream, shared, state, stop).await;
    } else {
        http1(stream, shared, state, stop).await;
    }
}

type Shared = Arc<(Arc<Handler>, Control)>;

async fn http1<S>(stream: S, shared: Shared, state: watch::Receiver<State>, stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(|request| respond(request, Arc::clone(&shared)));
    let served = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    run(served, state, stop).await;
}

async fn http2<S>(stream: S, shared: Shared, state: watch::Receiver<State>, stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(|request| respond(request, Arc::clone(&shared)));
    let builder = http2::Builder::new(TokioExecutor::new());
    run(builder.serve_connection(TokioIo::new(stream), service), state, stop).await;
}

/// Runs a connection until it ends or is told to.
async fn run<C: GracefulConnection>(served: C, mut state: watch::Receiver<State>, mut stop: watch::Receiver<()>) {
    let mut served = pin!(served);
    let mut is_draining = false;
    loop {
        let wanted = tokio::select! {
            _ = &mut served => return,
            _ = state.changed() => *state.borrow_and_update(),
            _ = stop.changed(), if !is_draining => State::Draining,
        };
        match wanted {
            State::Open => {}
            State::Draining => {
                is_draining = true;
                served.as_mut().graceful_shutdown();
            }
            // Dropping the connection drops the socket, which resets.
            State::Reset => return,
        }
    }
}

/// Replies to one request. The error is the reason for refusing the stream, which HTTP/2 sends.
async fn respond(request: Request<Incoming>, shared: Shared) -> Result<Response<Body>, h2::Error> {
    let (handler, control) = &*shared;
    let (head, _body) = request.into_parts();
    let Reply { response, delivery, slot } = handler.handle(&head).await;
    let (head, data) = response.into_parts();
    let body = match delivery {
        Delivery::Complete => Body::complete(data, slot),
        Delivery::ResetBody => Body::reset(&data, slot, control.clone()),
        Delivery::ShortBody => Body::short(&data, slot),
        Delivery::StalledBody => Body::stalled(&data, slot),
        Delivery::Reset => {
            control.reset();
            pending().await
        }
        Delivery::RefusedStream => return Err(h2::Reason::REFUSED_STREAM.into()),
        Delivery::GoAway => {
            control.drain();
            return Err(h2::Reason::REFUSED_STREAM.into());
        }
    };
    Ok(Response::from_parts(head, body))
}
