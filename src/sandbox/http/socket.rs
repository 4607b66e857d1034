//! The socket of a connection, and how its requests can end it.
//!
//! A reset closes the socket without lingering, so that the peer gets RST instead of FIN.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// What to do with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum State {
    /// Serve requests.
    Open,
    /// Finish the requests in progress, accept no new ones.
    Draining,
    /// End immediately with RST.
    Reset,
}

/// Lets requests end their connection.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Control(watch::Sender<State>);

/// The socket of a connection.
#[derive(Debug)]
pub(in crate::sandbox) struct Socket {
    stream: TcpStream,
    state: watch::Receiver<State>,
}

impl Control {
    pub(in crate::sandbox) fn new() -> (Self, watch::Receiver<State>) {
        let (sender, receiver) = watch::channel(State::Open);
        (Self(sender), receiver)
    }

    pub(in crate::sandbox) fn reset(&self) {
        self.0.send_replace(State::Reset);
    }

    pub(in crate::sandbox) fn drain(&self) {
        self.0.send_if_modified(|state| {
            let is_open = *state == State::Open;
            if is_open {
                *state = State::Draining;
            }
            is_open
        });
    }
}

impl Socket {
    pub(in crate::sandbox) fn new(stream: TcpStream, state: watch::Receiver<State>) -> Self {
        // Responses are small and complete, so waiting to fill a segment would only add latency. The connection works
        // without the option, too.
        let _ = stream.set_nodelay(true);
        Self { stream, state }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if *self.state.borrow() == State::Reset {
            reset(&self.stream);
        }
    }
}

/// Makes `stream` end with a reset, if the system allows it.
pub(in crate::sandbox) fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, data)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, data)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}
