//! The pages of an organization in a sandbox, as the API sends them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use bytes::Bytes;
use linq_export::sandbox::{Sandbox, SandboxConfig};

/// Contacts per page.
const PER_PAGE: u64 = 100;

/// The JSON of every page of this many contacts.
pub fn pages(contacts: u64) -> Vec<Bytes> {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let mut config = SandboxConfig::default();
    config.contacts = contacts;
    let sandbox = runtime.block_on(Sandbox::start(config)).expect("a free port");
    (1..=contacts.div_ceil(PER_PAGE)).map(|number| page(sandbox.address(), sandbox.token(), number)).collect()
}

fn page(address: SocketAddr, token: &str, number: u64) -> Bytes {
    let mut connection = TcpStream::connect(address).expect("the sandbox listens");
    let request = format!(
        "GET /api/partner/v2/contacts?page={number}&per_page={PER_PAGE} HTTP/1.1\r\n\
         host: localhost\r\nconnection: close\r\nx-linq-integration-token: {token}\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).expect("the sandbox reads");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("the sandbox answers");
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("a head");
    answer.split_off(head + 4).into()
}
