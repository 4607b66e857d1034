//! The line of one connection: what its requests may ask of it, and the socket that obeys.
//!
//! A reset is a real one: the socket is closed without lingering, so the peer gets RST, not FIN.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// What is to become of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Order {
    /// It goes on.
    Serve,
    /// It takes no new requests, and ends with those in progress.
    Retire,
    /// It ends at once, by RST.
    Reset,
}

/// A handle to a connection, for its requests.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Line(watch::Sender<Order>);

/// The socket of a connection.
#[derive(Debug)]
pub(in crate::sandbox) struct Socket {
    stream: TcpStream,
    order: watch::Receiver<Order>,
}

impl Line {
    pub(in crate::sandbox) fn new() -> (Self, watch::Receiver<Order>) {
        let (sender, receiver) = watch::channel(Order::Serve);
        (Self(sender), receiver)
    }

    pub(in crate::sandbox) fn reset(&self) {
        self.0.send_replace(Order::Reset);
    }

    pub(in crate::sandbox) fn retire(&self) {
        self.0.send_if_modified(|order| {
            let serving = *order == Order::Serve;
            if serving {
                *order = Order::Retire;
            }
            serving
        });
    }
}

impl Socket {
    pub(in crate::sandbox) fn new(stream: TcpStream, order: watch::Receiver<Order>) -> Self {
        // Answers are small and complete: waiting to fill a segment would only add latency. Where
        // the option can't be set the connection still works.
        let _ = stream.set_nodelay(true);
        Self { stream, order }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if *self.order.borrow() == Order::Reset {
            reset(&self.stream);
        }
    }
}

/// Makes the end of `stream` a reset. Where the system refuses, it is an ordinary end.
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
