//! Reads all contacts of an organization as a stream of Arrow record batches.
//!
//! It reads from an embedded sandbox and needs no token: `cargo run --example stream`.
#![expect(clippy::print_stdout, reason = "an example prints what it read")]

use arrow::array::AsArray;
use futures::StreamExt;
use linq_export::arrow;
use linq_export::config::{BaseUrl, ContactsConfig, PlainHttp, Token};
use linq_export::sandbox::{Sandbox, SandboxConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start(SandboxConfig::default()).await?;
    // For the real API, use BaseUrl::PRODUCTION and your own token.
    let base_url = BaseUrl::parse(&sandbox.base_url(), PlainHttp::Loopback)?;
    let token = Token::new(sandbox.token())?;

    let mut contacts = linq_export::contacts(&ContactsConfig::new(base_url, token))?;
    while let Some(batch) = contacts.next().await {
        let batch = batch?;
        let emails = batch.column_by_name("email").ok_or("no such column")?.as_string::<i32>();
        let given = emails.iter().flatten().filter(|email| !email.is_empty()).count();
        println!("{} contacts, {given} with an email address", batch.num_rows());
    }
    // There is no summary until every contact has been read.
    let summary = contacts.summary().ok_or("the stream has not ended")?;
    println!("{} contacts, {} owners, {} pages", summary.contacts, summary.owners, summary.pages);
    Ok(())
}
