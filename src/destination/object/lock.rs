//! The lock of objects: an object that is created only if there is none, and renewed while its run lasts.
//!
//! A lock that has not been renewed for its lease belongs to a dead run, and is taken over. The clocks of two machines may
//! differ, so that a waiting run watches whether the lock is renewed, by its own clock.

use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::keys::url_beside;
use crate::config::RunId;
use crate::destination::error::DestinationError;
use crate::manifest::timestamp;
use crate::storage::{self, Lost, Source, Store, StoreError, Tag};
use crate::text::sanitize::escape;

/// The interval between attempts.
const RETRY: Duration = Duration::from_secs(1);
/// A lock that expired this long ago is dead whatever the clocks say.
const LONG_AGO: TimeDelta = TimeDelta::hours(1);
/// The longest time to delete a lock.
const RELEASE: Duration = Duration::from_secs(10);
/// The characters of a host's name that are shown.
const LONGEST_HOST: usize = 64;
/// The largest lock.
const LARGEST: u64 = 64 << 10;
/// The longest lease, in seconds.
const LONGEST: u64 = 3_600;

/// What a lock says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LockRecord {
    program: String,
    run: String,
    host: String,
    process: u32,
    renewed_at: String,
    lease_seconds: u64,
}

impl LockRecord {
    fn bytes(&self) -> Bytes {
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|record: &Self| record.program == env!("CARGO_PKG_NAME"))
    }

    fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds.min(LONGEST))
    }

    /// When it expires, by the clock of its run.
    fn expires(&self) -> DateTime<Utc> {
        let renewed = self.renewed_at.parse().unwrap_or(DateTime::UNIX_EPOCH);
        let lease = TimeDelta::from_std(self.lease()).unwrap_or_default();
        renewed.checked_add_signed(lease).unwrap_or(renewed)
    }

    /// How long it has to stay unchanged before it is taken over.
    fn patience(&self, now: DateTime<Utc>) -> Duration {
        match now.signed_duration_since(self.expires()) {
            ago if ago > LONG_AGO => Duration::ZERO,
            // Its run would have renewed it within a third of the lease.
            ago if ago > TimeDelta::zero() => self.lease() / 2,
            _ => self.lease(),
        }
    }
}

/// Whether a run holds the lock, by the clock of this machine.
pub(crate) fn is_held(lock: &Path) -> bool {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Source::open_regular(lock)?.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().is_ok_and(|bytes| LockRecord::read(&bytes).is_some_and(|record| record.expires() > Utc::now()))
}

/// A held lock, or one that is being taken. Dropping it deletes it.
#[derive(Debug)]
pub(super) struct ObjectLock {
    /// `None` once it is released.
    held: Option<Arc<Held>>,
    renewal: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Held {
    store: Store,
    key: String,
    record: LockRecord,
    /// The version of the lock; `None` before it is taken, and if another run has taken it over.
    version: Mutex<Option<Tag>>,
}

impl ObjectLock {
    /// Takes the lock of a target, or waits for it. Calls `waiting`, unless that was called before, if it has to wait.
    pub async fn acquire(
        store: &Store,
        key: &str,
        target: &Path,
        lease: Duration,
        wait: Option<Duration>,
        waiting: &mut Option<impl FnOnce()>,
    ) -> Result<Self, DestinationError> {
        let failed = |error: StoreError| DestinationError::create(target, error.into());
        let lease = lease.min(Duration::from_secs(LONGEST));
        let record = LockRecord {
            program: env!("CARGO_PKG_NAME").to_owned(),
            run: RunId::random().to_string(),
            host: host(),
            process: std::process::id(),
            renewed_at: String::new(),
            lease_seconds: lease.as_secs().max(1),
        };
        // Before the lock exists, so that it is deleted if this is cancelled.
        let held = Arc::new(Held { store: store.clone(), key: key.to_owned(), record, version: Mutex::default() });
        let mut lock = Self { held: Some(Arc::clone(&held)), renewal: None };
        let (start, record) = (Instant::now(), &held.record);
        let mut seen: Option<(Tag, Instant)> = None;
        let version = loop {
            let mine = LockRecord { renewed_at: timestamp(Utc::now()), ..record.clone() };
            if let Ok(version) = store.create(key, &mine.bytes()).await.map_err(failed)? {
                let created = Instant::now();
                match probed(store, key, &mine, target).await? {
                    Ok(()) => break version,
                    Err(probe) if created.elapsed() < lease => {
                        let _ = store.delete_version(key, &probe).await;
                        return Err(DestinationError::Unconditional { target: target.to_owned() });
                    }
                    // This run was suspended for so long that another may have taken over its lock, and deleted it.
                    Err(probe) => store.delete_version(key, &probe).await.map_err(failed)?,
                }
                continue;
            }
            let (theirs, version) = match store.get(key, LARGEST).await {
                Ok(None) => continue,
                Ok(Some((bytes, version))) => (LockRecord::read(&bytes), Some(version)),
                Err(error) if error.kind == ErrorKind::FileTooLarge => (None, None),
                Err(error) => return Err(failed(error)),
            };
            let (Some(theirs), Some(version)) = (theirs, version) else {
                return Err(DestinationError::NotOurs { path: url_beside(target, key) });
            };
            let since = match &seen {
                Some((before, since)) if *before == version => *since,
                _ => Instant::now(),
            };
            seen = Some((version.clone(), since));
            let patience = theirs.patience(Utc::now());
            if since.elapsed() >= patience {
                if let Ok(version) = store.update(key, &mine.bytes(), &version).await.map_err(failed)? {
                    break version;
                }
                continue;
            }
            let now = Utc::now();
            // It is not known whether a lock from the future has expired.
            let is_expired = theirs.expires() < now || theirs.expires() > now + theirs.lease() * 2;
            let left = wait.unwrap_or_default().saturating_sub(start.elapsed());
            if left.is_zero() && !is_expired {
                let holder = format!(
                    "{}, process {}",
                    escape(&theirs.host).chars().take(LONGEST_HOST).collect::<String>(),
                    theirs.process
                );
                return Err(DestinationError::Locked { target: target.to_owned(), holder: Some(holder) });
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            sleep(RETRY.min(patience.saturating_sub(since.elapsed())).max(RETRY / 10)).await;
        };
        *held.version.lock().await = Some(version);
        lock.renewal = Some(tokio::spawn(async move {
            loop {
                sleep(lease / 3).await;
                // A failure is tried again, and found at the latest by `check`.
                let _ = held.renew().await;
            }
        }));
        Ok(lock)
    }

    /// Whether the last renewal has found that another run has taken it over.
    pub fn is_lost(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.version.try_lock().is_ok_and(|version| version.is_none()))
    }

    /// Renews the lock; fails if another run has taken it over.
    pub async fn check(&self) -> Result<Result<(), Lost>, StoreError> {
        match &self.held {
            Some(held) => held.renew().await,
            None => Ok(Err(Lost)),
        }
    }

    /// Deletes the lock, unless another run has taken it over.
    pub async fn release(mut self) {
        if let Some(deleting) = self.taken() {
            // If this takes longer, the lock expires.
            let _ = timeout(RELEASE, deleting).await;
        }
    }

    fn taken(&mut self) -> Option<impl Future<Output = ()> + use<>> {
        let (held, renewal) = (self.held.take()?, self.renewal.take());
        Some(async move {
            held.delete().await;
            // Not before: a renewal on its way would write the lock again.
            renewal.inspect(JoinHandle::abort);
        })
    }
}

impl Drop for ObjectLock {
    fn drop(&mut self) {
        if let Some(deleting) = self.taken() {
            storage::clean_up(deleting);
        }
    }
}

impl Held {
    /// Deletes the lock if it is still this run's. If that fails, it expires.
    async fn delete(&self) {
        // Waits for a renewal on its way, and prevents others.
        let mut version = self.version.lock().await;
        *version = None;
        if let Ok(Some((_, there))) = self.own().await {
            let _ = self.store.delete_version(&self.key, &there).await;
        }
    }

    /// The lock in the store, if it is this run's.
    async fn own(&self) -> Result<Option<(Bytes, Tag)>, StoreError> {
        let there = self.store.get(&self.key, LARGEST).await?;
        Ok(there.filter(|(bytes, _)| LockRecord::read(bytes).is_some_and(|there| there.run == self.record.run)))
    }

    async fn renew(&self) -> Result<Result<(), Lost>, StoreError> {
        let mut version = self.version.lock().await;
        let Some(mut held) = version.clone() else { return Ok(Err(Lost)) };
        let record = LockRecord { renewed_at: timestamp(Utc::now()), ..self.record.clone() };
        for _ in 0..2 {
            if let Ok(renewed) = self.store.update(&self.key, &record.bytes(), &held).await? {
                *version = Some(renewed);
                return Ok(Ok(()));
            }
            // An earlier renewal may have been carried out although it seemed to fail.
            match self.own().await? {
                Some((_, own)) => held = own,
                None => break,
            }
        }
        *version = None;
        Ok(Err(Lost))
    }
}

/// Checks that the store refuses to create the lock a second time: some ignore the condition, and a lock there locks nothing.
/// Otherwise returns the version of what was created.
async fn probed(
    store: &Store,
    key: &str,
    mine: &LockRecord,
    target: &Path,
) -> Result<Result<(), Tag>, DestinationError> {
    let other = LockRecord { run: "probe".to_owned(), ..mine.clone() };
    match store.create(key, &other.bytes()).await {
        Ok(Err(Lost)) => Ok(Ok(())),
        Ok(Ok(probe)) => Ok(Err(probe)),
        Err(error) => Err(DestinationError::create(target, error.into())),
    }
}

/// The name of this machine, so that an operator finds the run that holds a lock.
fn host() -> String {
    let named = || std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let known = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = named().or_else(known).unwrap_or_default();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(renewed_at: DateTime<Utc>) -> LockRecord {
        LockRecord {
            program: "linq-export".to_owned(),
            run: "1".to_owned(),
            host: "h".to_owned(),
            process: 1,
            renewed_at: timestamp(renewed_at),
            lease_seconds: 60,
        }
    }

    #[test]
    fn the_longer_a_lock_has_expired_the_sooner_it_is_taken_over() {
        let now = Utc::now();
        let mut far = record(now);
        far.renewed_at = "+262142-12-31T23:59:59Z".to_owned();
        assert_eq!(far.patience(now), Duration::from_mins(1));
        for (age, due) in [(0, 60), (59, 60), (120, 30), (3_500, 30), (4_000, 0), (-600, 60)] {
            assert_eq!(record(now - TimeDelta::seconds(age)).patience(now), Duration::from_secs(due), "{age}");
        }
    }

    #[test]
    fn only_a_lock_of_this_program_is_one() {
        let lock = record(Utc::now());
        assert_eq!(LockRecord::read(&lock.bytes()), Some(lock.clone()));
        assert_eq!(LockRecord::read(&LockRecord { program: "x".to_owned(), ..lock }.bytes()), None);
        for bytes in ["", "{}", "lock"] {
            assert_eq!(LockRecord::read(bytes.as_bytes()), None);
        }
    }
}
