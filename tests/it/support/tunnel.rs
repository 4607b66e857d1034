//! A proxy for tests: it connects every requested host to one address, and records every byte that it sees.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A running proxy; it ends with this value.
#[derive(Debug)]
pub struct Tunnel {
    address: SocketAddr,
    seen: Seen,
    accepting: AbortHandle,
}

/// Heads of requests, and every byte in either direction.
type Seen = Arc<Mutex<(Vec<String>, Vec<u8>)>>;

impl Tunnel {
    /// A proxy that leads to `target` by CONNECT, and answers everything else with `refusal`.
    pub async fn to(target: SocketAddr, refusal: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let shared = Arc::clone(&seen);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(serve(client, target, refusal, Arc::clone(&shared)));
            }
        });
        Self { address, seen, accepting: accepting.abort_handle() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests made to it, oldest first.
    pub fn heads(&self) -> Vec<String> {
        self.seen.lock().unwrap().0.clone()
    }

    /// Whether a text has passed in clear.
    pub fn has_seen(&self, text: &str) -> bool {
        self.seen.lock().unwrap().1.windows(text.len()).any(|bytes| bytes.eq_ignore_ascii_case(text.as_bytes()))
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut client: TcpStream, target: SocketAddr, refusal: &'static str, seen: Seen) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match client.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let text = String::from_utf8(head.clone()).unwrap();
    let connects = text.starts_with("CONNECT ") && refusal.is_empty();
    {
        let mut seen = seen.lock().unwrap();
        seen.0.push(text);
        seen.1.extend(head);
    }
    if !connects {
        let _ = client.write_all(format!("HTTP/1.1 {refusal}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await;
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else { return };
    if client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.is_err() {
        return;
    }
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::join!(copy(from_client, to_server, &seen), copy(from_server, to_client, &seen));
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, seen: &Seen) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        seen.lock().unwrap().1.extend(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
