//! Every default of a run, in one place, as plain numbers. The help shows these values, too.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

/// Maximum concurrent requests.
pub const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not zero");
/// Contacts per page: the API's maximum.
pub const PER_PAGE: u32 = 100;
/// Rows of a record batch.
pub const BATCH_ROWS: NonZeroUsize = NonZeroUsize::new(8_192).expect("8,192 is not zero");
/// Upper limit of the automatic rate, in requests per second.
pub const MAX_RATE: f64 = 100.0;

/// Timeout of one attempt at a request, from sending it to the last byte of the response.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(90);
/// Timeout for establishing a connection, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout between two reads of a response body.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Upper bound of the first random wait before a retry.
pub const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// Upper bound of any random wait before a retry.
pub const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// How long to keep retrying while the server is down.
pub const MAX_OUTAGE: Duration = Duration::from_mins(15);
/// Longest `Retry-After` that is obeyed.
pub const MAX_RETRY_AFTER: Duration = Duration::from_mins(10);

/// Pause before page 1 is read again, because its total was not believed.
pub const SECOND_LOOK_PAUSE: Duration = Duration::from_secs(3);
/// How often page 1 is read again before its total is believed.
pub const SECOND_LOOKS: u32 = 2;

/// Contacts per part file of a directory.
pub const ROWS_PER_FILE: NonZeroU64 = NonZeroU64::new(1_000_000).expect("1,000,000 is not zero");
/// Target compressed size of a Parquet row group, in bytes. BigQuery advises at least 16 MiB, and groups end a little below their
/// target.
pub const ROW_GROUP_SIZE: NonZeroUsize = NonZeroUsize::new(18 << 20).expect("18 MiB is not zero");

/// Percentage of the contacts in the replaced export that may be missing from the new one.
pub const MAX_DELETES_PERCENT: u8 = 50;
/// Exports with fewer contacts may lose any number of them: short lists change a lot.
pub const MAX_DELETES_FROM: u64 = 100;
/// Pages of a run for each contact that may be looked up.
pub const PAGES_PER_LOOKUP: u64 = 10;
/// Contacts that may be looked up after a run of any size.
pub const FEWEST_LOOKUPS: u64 = 200;

/// How long the lock of an object in a store holds after its last renewal.
pub const LOCK_LEASE: Duration = Duration::from_mins(1);
