//! Nights in a row: what one run remembers for the next.

use std::time::Duration;

use linq_export::config::Pacing;
use linq_export::sandbox::{Sandbox, SandboxConfig};

use crate::support::run::json;
use crate::support::{config, export, folder};

/// The rate in requests per second at which a run starts that remembers nothing.
const FRESH: f64 = 20.0;

#[tokio::test(flavor = "multi_thread")]
async fn one_stray_refusal_slows_no_later_night() {
    let mut settings = SandboxConfig::default();
    settings.contacts = 12_000;
    settings.faults = vec!["429-seconds:wait=1,page=3,times=1".parse().unwrap()];
    let sandbox = Sandbox::start(settings).await.unwrap();
    let folder = folder();
    let path = folder.path().join("contacts.parquet");
    for night in 1..=5 {
        let mut config = config(&sandbox);
        config.pacing = Pacing::default();
        config.retry_limits.deadline = Some(Duration::from_mins(1));
        export(config, &path).await.unwrap();
        let run = &json(path.with_extension("parquet.manifest.json"))["run"];
        assert_eq!(run["requests"]["rate_limited"], u64::from(night == 1), "night {night}: {run}");
        // What is remembered is where the next night starts, which must not be slower than a fresh one.
        let rate = &run["rate"];
        assert_eq!(rate["is_limit"], false, "night {night}: {run}");
        assert!(rate["per_second"].as_f64().unwrap() >= FRESH, "night {night}: {run}");
    }
}
