//! A raw HTTP/1.1 client over any stream, which reports how a response was cut off.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::SocketAddr;

use flate2::read::GzDecoder;
use linq_export::sandbox::{Sandbox, SandboxConfig};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

pub const CONTACTS: &str = "/api/partner/v2/contacts";
pub const TOKEN: &str = "X-LINQ-INTEGRATION-TOKEN: sandbox-token\r\n";

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub fn rows(&self) -> usize {
        self.contacts().len()
    }

    pub fn contacts(&self) -> Vec<Value> {
        self.json()["contacts"].as_array().unwrap().clone()
    }

    pub fn gunzipped(&self) -> Vec<u8> {
        assert_eq!(self.headers["content-encoding"], "gzip");
        let mut plain = Vec::new();
        GzDecoder::new(&self.body[..]).read_to_end(&mut plain).unwrap();
        plain
    }
}

/// How an answer broke off: what there was of it, and the error; `None` for an ordinary end.
#[derive(Debug)]
pub struct Broken {
    pub head: Option<Response>,
    pub error: Option<io::ErrorKind>,
}

pub struct Client<S = TcpStream>(pub S);

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn ask(&mut self, method: &str, target: &str, headers: &str) -> io::Result<()> {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: sandbox\r\n{headers}\r\n");
        self.0.write_all(request.as_bytes()).await?;
        self.0.flush().await
    }

    pub async fn send(&mut self, method: &str, target: &str, headers: &str) -> Response {
        self.ask(method, target, headers).await.unwrap();
        self.receive().await.expect("a whole answer")
    }

    pub async fn receive(&mut self) -> Result<Response, Broken> {
        let mut received = Vec::new();
        let head_end = loop {
            if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if let Err(error) = self.more(&mut received).await {
                return Err(Broken { head: None, error });
            }
        };
        let head = String::from_utf8(received[..head_end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: BTreeMap<_, _> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers["content-length"].parse().unwrap();
        let mut response = Response { status, headers, body: received[head_end + 4..].to_vec() };
        while response.body.len() < length {
            if let Err(error) = self.more(&mut response.body).await {
                return Err(Broken { head: Some(response), error });
            }
        }
        Ok(response)
    }

    async fn more(&mut self, received: &mut Vec<u8>) -> Result<(), Option<io::ErrorKind>> {
        match self.0.read_buf(received).await {
            Ok(0) => Err(None),
            Ok(_) => Ok(()),
            Err(error) => Err(Some(error.kind())),
        }
    }
}

pub async fn start(change: impl FnOnce(&mut SandboxConfig)) -> Sandbox {
    let mut config = SandboxConfig::default();
    change(&mut config);
    Sandbox::start(config).await.unwrap()
}

/// A request on a connection of its own, answered whole.
pub async fn get(sandbox: &Sandbox, target: &str) -> Response {
    try_get(sandbox, target).await.expect("a whole answer")
}

/// A request on a connection of its own.
pub async fn try_get(sandbox: &Sandbox, target: &str) -> Result<Response, Broken> {
    let mut client = Client::connect(sandbox.address()).await;
    if let Err(error) = client.ask("GET", target, TOKEN).await {
        return Err(Broken { head: None, error: Some(error.kind()) });
    }
    client.receive().await
}

/// A page of 100.
pub async fn page(sandbox: &Sandbox, page: u64) -> Response {
    get(sandbox, &target(page)).await
}

pub fn target(page: u64) -> String {
    format!("{CONTACTS}?page={page}&per_page=100")
}

/// A point in time as the API writes it, in ms since 1970.
pub fn instant(text: &Value) -> i64 {
    let text = text.as_str().unwrap();
    let number = |from, to| text[from..to].parse::<i64>().unwrap();
    let [year, month] = [number(0, 4), number(5, 7)];
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][usize::try_from(month - 1).unwrap()];
    let leap_days = (1970..year).filter(|year| is_leap(*year)).count() + usize::from(month > 2 && is_leap(year));
    let days = (year - 1970) * 365 + i64::try_from(leap_days).unwrap() + before + number(8, 10) - 1;
    let offset = if &text[23..] == "Z" { 0 } else { number(23, 26) };
    (((days * 24 + number(11, 13) - offset) * 60 + number(14, 16)) * 60 + number(17, 19)) * 1_000 + number(20, 23)
}
