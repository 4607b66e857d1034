//! An export from start to end: a stream of batches, a thread that encodes them, a task that writes the bytes.
//!
//! Data flows one way through bounded channels. A stage that ends closes its channel, which ends the others. The output
//! gets its name only after every stage has succeeded.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::accounting::Accounting;
use super::changes_since::{ChangesSince, Prepared};
use super::contacts::{Contacts, read};
use super::encode::Encode;
use super::kit;
use super::previous::{self, Previous};
use super::warm_start::{contacts_before, learned_before, start_with, with_start};
use crate::config::{Content, ExportConfig, OnIncomplete};
use crate::decode::RawColumn;
use crate::destination::{Destination, Piece, RunPaths, Settled, StagedDirectory, check_apart};
use crate::error::Error;
use crate::events::{ChangesWritten, Continuity, Event, ReadSummary, Reporter, Summary};
use crate::fetch::ApiError;
use crate::manifest::{Learned, Manifest, Times, Written};
use crate::storage;

/// Encoded pieces that wait between the encoder and the writer.
const CHANNEL: usize = 4;
/// Reading stops at the deadline by itself; this much later, the export stops whatever still runs.
const DEADLINE_LAG: Duration = Duration::from_millis(100);

/// Exports all contacts of an organization to a file, a directory or stdout.
///
/// Files are written atomically: a run that fails leaves the previous output untouched. Cancelling `cancellation` stops all
/// requests and removes temporary files.
///
/// # Errors
/// Anything that keeps the output from being complete and written. [`Error::exit`] gives the exit code.
pub async fn export(
    mut config: ExportConfig,
    reporter: Arc<dyn Reporter>,
    cancellation: CancellationToken,
) -> Result<Summary, Error> {
    config.output.begin_run();
    storage::trust(&config.contacts.ca_certificates);
    let stop = cancellation.child_token();
    let publishing = AtomicBool::new(false);
    let run = Run { config: &config, reporter: &reporter, cancellation: &stop, publishing: &publishing };
    let result = tokio::select! {
        result = Box::pin(run.export()) => result,
        after = deadline(&config, &stop, &publishing) => Err(ApiError::Deadline { after }.into()),
        never = tick(&*reporter) => match never {},
    };
    storage::cleaned_up(storage::CLEAN_UP).await;
    reporter.report(&Event::Ended);
    result
}

/// One export: check, open, read, write, judge, publish.
pub(super) struct Run<'a> {
    pub config: &'a ExportConfig,
    pub reporter: &'a Arc<dyn Reporter>,
    pub cancellation: &'a CancellationToken,
    /// Set when publishing begins. From then on nothing stops the run.
    pub publishing: &'a AtomicBool,
}

/// A reading that has begun.
struct Reading {
    contacts: Contacts,
    /// The rate that an earlier run learned.
    earlier: Option<Learned>,
    /// The contacts of the export that is replaced.
    before: u64,
    /// The fewest contacts that this export may have.
    least: u64,
}

impl Run<'_> {
    async fn export(&self) -> Result<Summary, Error> {
        let (start, started) = (Instant::now(), Utc::now());
        let (sender, pieces) = mpsc::channel(CHANNEL);
        let encode = self.check(sender)?;
        let (mut destination, kit) = self.open().await?;
        let mut previous = self.unless_cancelled(self.previous()).await?;
        let changes = self.unless_cancelled(self.changes(previous.as_mut(), encode.schema(), started)).await?;
        let Reading { contacts, earlier, before, least } = self.unless_cancelled(self.read(previous)).await?;
        let (read, written) = self.write(&mut destination, pieces, encode, contacts).await?;
        self.judge(&read, before, least)?;
        // Publishing a staged kit is only a rename.
        let kit = kit::stage(kit, self.config, &written, read.certificate.level).await?;
        let settled = self.unless_cancelled(async { Ok(destination.settle().await?) }).await?;
        let bytes = written.bytes();
        let manifest = Manifest::new(self.config, &read, Times { started, took: start.elapsed() }, &written, earlier);
        let text: Arc<str> = manifest.text().map_err(Error::bug)?.into();
        let rows = manifest.contacts.rows;
        let changes = match changes.zip(settled.path()) {
            Some((changes, path)) => {
                let prepared = Box::pin(changes.prepare(path, manifest, &text, self.cancellation));
                Some(self.unless_cancelled(prepared).await?)
            }
            None => None,
        };
        let changes = self.publish(settled, changes, kit, rows, Arc::clone(&text)).await?;
        let manifest = text;
        let owners = self.config.output.owners_path(self.config.encoding).filter(|_| self.config.has_owners_file());
        let (output, required) = (self.config.output.clone(), self.config.contacts.required());
        Ok(Summary { read, output, owners, bytes, elapsed: start.elapsed(), changes, manifest, required })
    }

    /// Refuses options that cannot work, before anything is touched.
    pub fn check(&self, sender: mpsc::Sender<Piece>) -> Result<Encode, Error> {
        self.config.check()?;
        let encode = Encode::new(self.config, sender)?;
        kit::check(self.config)?;
        check_apart(&RunPaths {
            output: &self.config.output,
            manifest: self.config.manifest.as_deref(),
            kit: self.config.kit.as_deref(),
            records: &[],
            inputs: &[],
        })?;
        Ok(encode)
    }

    /// Opens and locks the output and the kit.
    pub async fn open(&self) -> Result<(Destination, Option<StagedDirectory>), Error> {
        let held = || self.reporter.report(&Event::LockHeld);
        let opening = async {
            let destination = Destination::open(self.config, held).await?;
            Ok((destination, kit::open(self.config, held).await?))
        };
        let (destination, kit) = self.unless_cancelled(opening).await?;
        if destination.has_recovered() {
            self.reporter.report(&Event::Recovered);
        }
        if !destination.keeps_modes() {
            self.reporter.report(&Event::ModesIgnored);
        }
        if !destination.is_swept() {
            self.reporter.report(&Event::UploadsRemain);
        }
        Ok((destination, kit))
    }

    /// Finds and checks the export before.
    pub async fn previous(&self) -> Result<Option<Previous>, Error> {
        let (config, reporter) = (self.config.clone(), Arc::clone(self.reporter));
        tokio::task::spawn_blocking(move || previous::find(&config, &*reporter)).await.map_err(Error::bug)?
    }

    /// Opens the output of the changes since then.
    pub async fn changes(
        &self,
        previous: Option<&mut Previous>,
        schema: SchemaRef,
        started: DateTime<Utc>,
    ) -> Result<Option<ChangesSince>, Error> {
        let written = Written { schema, parts: Vec::new(), digest: None, owners: None };
        let times = Times { started, took: Duration::ZERO };
        let manifest = Manifest::new(self.config, &ReadSummary::default(), times, &written, None);
        ChangesSince::open(self.config, previous, &manifest, || self.reporter.report(&Event::LockHeld)).await
    }

    /// Starts reading, at the rate that an earlier run learned. Loading its manifest and the system's certificates blocks.
    async fn read(&self, previous: Option<Previous>) -> Result<Reading, Error> {
        let (config, reporter) = (self.config.clone(), Arc::clone(self.reporter));
        let begin = move || {
            let earlier = learned_before(&config);
            let before = contacts_before(&config, &*reporter).unwrap_or_default();
            let least = config.max_deletes.least(before);
            let rows = match config.content {
                Content::Raw => RawColumn::With,
                Content::Table(_) => RawColumn::Without,
            };
            // A single empty response is never enough, however few contacts there were before.
            let doubted = least.max(before.min(1));
            let start = start_with(config.contacts.pacing, earlier, &*reporter);
            let accounting = previous.map(|previous| Accounting::of(previous, &config));
            let contacts = read(&with_start(&config, start, doubted), rows, accounting, reporter)?;
            Ok(Reading { contacts, earlier, before, least })
        };
        tokio::task::spawn_blocking(begin).await.map_err(Error::bug)?
    }

    /// Encodes all contacts on a thread of their own, and writes the bytes as they come.
    async fn write(
        &self,
        destination: &mut Destination,
        mut pieces: mpsc::Receiver<Piece>,
        encode: Encode,
        contacts: Contacts,
    ) -> Result<(ReadSummary, Written), Error> {
        let (runtime, cancelled) = (Handle::current(), self.cancellation.clone());
        let encoding = tokio::task::spawn_blocking(move || encode.run(contacts, &runtime, &cancelled));
        let writing = async {
            while let Some(piece) = pieces.recv().await {
                if let Piece::Bytes(bytes) = &piece {
                    self.reporter.report(&Event::Written { bytes: bytes.len() as u64 });
                }
                destination.take(piece).await?;
            }
            Ok(())
        };
        let wrote = self.unless_cancelled(writing).await;
        // Closes the channel, which ends the encoder if writing has failed.
        drop(pieces);
        let encoded = encoding.await.map_err(Error::bug)?;
        wrote?;
        encoded
    }

    /// Refuses to publish an export that lacks too much.
    fn judge(&self, read: &ReadSummary, before: u64, least: u64) -> Result<(), Error> {
        if read.contacts < least {
            return Err(Error::Deleted { before, after: read.contacts, allowed: self.config.max_deletes });
        }
        if let Some(Continuity { previous, carried_over }) = &read.continuity {
            let allowed = self.config.max_deletes;
            if previous.contacts.saturating_sub(carried_over.gone()) < allowed.least(previous.contacts) {
                return Err(Error::Gone { gone: carried_over.gone(), before: previous.contacts, allowed });
            }
        }
        let required = self.config.contacts.required();
        if !required.is_met_by(read.certificate.level) && self.config.on_incomplete == OnIncomplete::Discard {
            return Err(Error::Incomplete { required, certificate: Box::new(read.certificate.clone()) });
        }
        Ok(())
    }

    /// Gives everything its final name, the changes first. Nothing stops this any more: what is published is reported, and gets
    /// its kit.
    async fn publish(
        &self,
        settled: Settled,
        changes: Option<Prepared>,
        kit: Option<kit::Staged>,
        rows: u64,
        manifest: Arc<str>,
    ) -> Result<Option<ChangesWritten>, Error> {
        self.publishing.store(true, Ordering::Relaxed);
        self.reporter.report(&Event::Publishing);
        let (changes, changes_kit) = match changes {
            Some(changes) => changes.publish().await.map(|(written, kit)| (Some(written), kit))?,
            None => (None, None),
        };
        settled.publish(manifest.as_bytes().to_vec()).await?;
        self.reporter.report(&Event::Published { rows, manifest });
        kit::publish(kit).await?;
        kit::publish(changes_kit).await?;
        Ok(changes)
    }

    async fn unless_cancelled<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            result = work => result,
            () = self.cancellation.cancelled() => Err(Error::Cancelled),
        }
    }
}

/// Stops the run at its deadline, unless it is already publishing. Reading has the same deadline and reports it first.
async fn deadline(config: &ExportConfig, stop: &CancellationToken, publishing: &AtomicBool) -> Duration {
    let Some(after) = config.contacts.retry_limits.deadline else { return std::future::pending().await };
    tokio::time::sleep(after.saturating_add(DEADLINE_LAG)).await;
    if publishing.load(Ordering::Relaxed) {
        return std::future::pending().await;
    }
    stop.cancel();
    after
}

/// Reports each second, for reporters that print at intervals.
async fn tick(reporter: &dyn Reporter) -> Infallible {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        reporter.report(&Event::Heartbeat);
    }
}
