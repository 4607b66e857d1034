//! A server that responds as a test tells it to, and records what it receives. One request per connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// The listener is left to the end of the test process.
pub struct Scripted {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    /// Answers each request with what `answer` makes of its head.
    pub fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut head = Vec::new();
                let mut piece = [0; 4096];
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    match connection.read(&mut piece) {
                        Ok(read @ 1..) => head.extend_from_slice(&piece[..read]),
                        _ => break,
                    }
                }
                kept.lock().unwrap().extend_from_slice(&head);
                let _ = connection.write_all(answer(&String::from_utf8_lossy(&head)).as_bytes());
            }
        });
        Self { address, received }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All bytes of all requests.
    pub fn received(&self) -> Vec<u8> {
        self.received.lock().unwrap().clone()
    }
}

/// An answer with a body.
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}", body.len())
}

/// The only page of a list, with these contacts, as JSON objects with a comma between.
pub fn page(contacts: &str, count: u64) -> String {
    let pagination = format!(r#"{{"current_page":1,"per_page":100,"total_pages":1,"total_count":{count}}}"#);
    answer("200 OK", "", &format!(r#"{{"contacts":[{contacts}],"pagination":{pagination}}}"#))
}
