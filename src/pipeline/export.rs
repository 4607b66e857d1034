//! An export, end to end: the stream of batches, a thread that encodes, a task that writes.
//!
//! Data flows one way through bounded channels; a stage that ends closes its channel, and so ends the
//! others. The output appears under its name only when every stage has ended well.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::contacts::{Contacts, Rows, bug, read};
use super::encode::Encode;
use super::kit;
use super::warm_start::{contacts_before, learned_before, with_start};
use crate::config::{Below, Content, ExportConfig, OutFile};
use crate::destination::{Left, Piece, Place, RunPaths, check_apart};
use crate::error::Error;
use crate::events::{Event, Reporter, Summary};
use crate::fetch::ApiError;
use crate::manifest::{Learned, Manifest, Times};

/// Encoded pieces between the encoder and the writer.
const CHANNEL: usize = 4;
/// So much later the export stops what the reading could not.
const DEADLINE_LAG: Duration = Duration::from_millis(100);

/// Exports the contacts of an organisation to a file or to standard output.
///
/// A file appears under its name when it is whole; whatever ends the run before leaves what was there.
/// Cancelling `cancellation` stops all requests and removes what is half-written.
///
/// # Errors
/// Whatever keeps the output from being whole; [`Error::exit`] sorts them.
pub async fn export(
    config: ExportConfig,
    reporter: Arc<dyn Reporter>,
    cancellation: CancellationToken,
) -> Result<Summary, Error> {
    let stop = cancellation.child_token();
    let publishing = AtomicBool::new(false);
    let result = tokio::select! {
        result = run(&config, &reporter, &stop, &publishing) => result,
        after = deadline(&config, &stop, &publishing) => Err(ApiError::Deadline { after }.into()),
        never = tick(&*reporter) => match never {},
    };
    reporter.report(&Event::Ended);
    result
}

async fn run(
    config: &ExportConfig,
    reporter: &Arc<dyn Reporter>,
    cancellation: &CancellationToken,
    publishing: &AtomicBool,
) -> Result<Summary, Error> {
    let start = Instant::now();
    let started = Utc::now();
    config.check()?;
    let (sender, mut pieces) = mpsc::channel::<Piece>(CHANNEL);
    let encode = Encode::new(config, sender)?;
    kit::check(config)?;
    check_apart(&RunPaths {
        output: &config.output,
        manifest: config.manifest.as_deref(),
        kit: config.kit.as_deref(),
        records: &[],
        inputs: &[],
    })?;
    let held = || reporter.report(&Event::LockHeld);
    let opening = async {
        let (place, left) = Place::open(config, held).await?;
        Ok::<_, Error>((place, left, kit::open(config, held).await?))
    };
    let (mut place, left, kit) = tokio::select! {
        opened = opening => opened?,
        () = cancellation.cancelled() => return Err(Error::Cancelled),
    };
    if left == Left::ManifestPublished {
        reporter.report(&Event::Recovered);
    }
    if !place.keeps_modes() {
        reporter.report(&Event::ModesIgnored);
    }
    let Begun { earlier, before, least, contacts } = tokio::select! {
        begun = begin(config.clone(), Arc::clone(reporter)) => begun?,
        () = cancellation.cancelled() => return Err(Error::Cancelled),
    };
    let (runtime, cancelled) = (Handle::current(), cancellation.clone());
    let encoding = tokio::task::spawn_blocking(move || encode.run(contacts, &runtime, &cancelled));
    let writing = async {
        while let Some(piece) = pieces.recv().await {
            if let Piece::Bytes(bytes) = &piece {
                reporter.report(&Event::Written { bytes: bytes.len() as u64 });
            }
            place.take(piece).await?;
        }
        Ok::<_, Error>(())
    };
    let wrote = tokio::select! {
        wrote = writing => wrote,
        () = cancellation.cancelled() => Err(Error::Cancelled),
    };
    drop(pieces);
    let ended = encoding.await.map_err(bug)?;
    // Where writing failed, the encoder only found its way out closed.
    wrote?;
    let (read, written) = ended?;
    if read.contacts < least {
        return Err(Error::Deleted { before, after: read.contacts, allowed: config.max_deletes });
    }
    let required = config.contacts.required();
    if !required.is_met_by(read.certificate.level) && config.below == Below::Discard {
        return Err(Error::Incomplete { required, certificate: Box::new(read.certificate) });
    }
    // After publishing, all that is left to do for it is a rename.
    let kit = kit::stage(kit, config, &written).await?;
    let settled = tokio::select! {
        settled = place.settle() => settled?,
        () = cancellation.cancelled() => return Err(Error::Cancelled),
    };
    // From here on nothing stops the run: what is published is to be told, and gets its kit.
    publishing.store(true, Ordering::Relaxed);
    reporter.report(&Event::Publishing);
    let bytes = written.bytes();
    let manifest = Manifest::new(config, &read, Times { started, took: start.elapsed() }, &written, earlier);
    settled.publish(manifest.text()?.into_bytes()).await?;
    reporter.report(&Event::Published { manifest: Arc::new(manifest.clone()) });
    kit::publish(kit).await?;
    let owners = config.path_of(OutFile::Owners).filter(|_| config.has_owners_file());
    Ok(Summary { read, output: config.output.clone(), owners, bytes, elapsed: start.elapsed(), manifest, required })
}

/// A reading that has begun.
struct Begun {
    /// What the run before learned.
    earlier: Option<Learned>,
    /// Contacts of the export that is replaced, and the least that this one may have.
    before: u64,
    least: u64,
    contacts: Contacts,
}

/// Begins to read, at the rate that was learned before. The manifest that has it, and the system's certificates, are files.
async fn begin(config: ExportConfig, reporter: Arc<dyn Reporter>) -> Result<Begun, Error> {
    let begin = move || {
        let earlier = learned_before(&config);
        let before = contacts_before(&config, &*reporter).unwrap_or_default();
        let least = config.max_deletes.least(before);
        let rows = match config.content {
            Content::Raw => Rows::WithRaw,
            Content::Table(_) => Rows::OfTable,
        };
        // One answer that says that there is nothing is never enough, however few there were.
        let doubted = least.max(before.min(1));
        let contacts = read(&with_start(&config, earlier, doubted), rows, reporter)?;
        Ok(Begun { earlier, before, least, contacts })
    };
    tokio::task::spawn_blocking(begin).await.map_err(bug)?
}

/// Stops the run when its time is over, unless it publishes already; the reading keeps the same time, and tells it first.
async fn deadline(config: &ExportConfig, stop: &CancellationToken, publishing: &AtomicBool) -> Duration {
    let Some(after) = config.contacts.patience.deadline else { return std::future::pending().await };
    tokio::time::sleep(after.saturating_add(DEADLINE_LAG)).await;
    if publishing.load(Ordering::Relaxed) {
        return std::future::pending().await;
    }
    stop.cancel();
    after
}

/// Lets a second's passing be seen, for reporters that speak now and then.
async fn tick(reporter: &dyn Reporter) -> Infallible {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        reporter.report(&Event::Heartbeat);
    }
}
