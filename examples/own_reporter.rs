//! An export with a custom reporter, which finds the slowest page and prints every retry.
//!
//! It reads from an embedded sandbox and needs no token: `cargo run --example own_reporter`.
#![expect(clippy::print_stdout, reason = "an example prints what it did")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use linq_export::CancellationToken;
use linq_export::config::{BaseUrl, ContactsConfig, ExportConfig, Format, Output, PlainHttp, Token};
use linq_export::events::{Event, Reporter};
use linq_export::sandbox::{Sandbox, SandboxConfig};

/// The slowest page so far, and how long it took.
#[derive(Debug, Default)]
struct Slowest(Mutex<(u64, Duration)>);

impl Reporter for Slowest {
    fn report(&self, event: &Event) {
        match event {
            Event::PageRead { page, took, .. } => {
                let mut slowest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if *took > slowest.1 {
                    *slowest = (*page, *took);
                }
            }
            Event::Retrying { page, cause, .. } => println!("retrying page {page}: {cause}"),
            // There are other events, and later versions may add more.
            _ => {}
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = SandboxConfig::default();
    config.latency = Duration::from_millis(50);
    let sandbox = Sandbox::start(config).await?;
    let base_url = BaseUrl::parse(&sandbox.base_url(), PlainHttp::Loopback)?;
    let contacts = ContactsConfig::new(base_url, Token::new(sandbox.token())?);
    let directory = tempfile::tempdir()?;
    let output = Output::File(directory.path().join("contacts.parquet"));

    let slowest = Arc::new(Slowest::default());
    // Cancel this token from another task to stop the export; no file is left behind.
    let cancellation = CancellationToken::new();
    let config = ExportConfig::new(contacts, output, Format::Parquet);
    let summary = linq_export::export(config, Arc::clone(&slowest) as _, cancellation).await?;

    let (page, took) = *slowest.0.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{} contacts in {}, {} bytes", summary.read.contacts, summary.output, summary.bytes);
    println!("slowest of {} pages: page {page}, {} ms", summary.read.pages, took.as_millis());
    Ok(())
}
