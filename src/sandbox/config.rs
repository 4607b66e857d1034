//! The settings of a sandbox: plain values, checked once before it starts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::faults::FaultRule;
use super::http::tls::Tls;
use super::limits::Limit;
use super::list::Order;
use super::mutations::{Churn, Lag, StaleCount};
use super::outage::Outage;
use super::parse::ensure;
use super::quirks::{Quirks, check_max_per_page};

/// Upper limit for contacts: with more, the invented dates would leave this century.
const MAX_CONTACTS: u64 = 1_000_000_000;
/// Upper limit for contacts in memory.
const MAX_IN_MEMORY: u64 = 1_000_000;

/// The settings of a sandbox. Start from [`SandboxConfig::default`] and change fields.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxConfig {
    /// Where to listen; port 0 means any free port. Default 127.0.0.1:0.
    pub address: SocketAddr,
    /// Number of contacts, 0 to 1,000,000,000. At most 1,000,000, at about 70 bytes each, if the list changes or is
    /// sorted by `updated` or `name`; otherwise no contact is kept in memory. Default 2,500.
    pub contacts: u64,
    /// The same seed and count give the same contacts, byte for byte. Default 1.
    pub seed: u64,
    /// Number of consecutive contacts with the same creation time, as after a bulk import; at least 1. Default 1.
    pub shared_timestamps: u64,
    /// The order of the list. Default: newest first.
    pub order: Order,
    /// What is written to the list while it is read. Default: nothing.
    pub churn: Option<Churn>,
    /// Requests for pages that see an older state of the list; for lookups, see [`super::Lookups::Lagging`]. Default: none.
    pub lag: Option<Lag>,
    /// The state that `total_count` and `total_pages` describe. Default: that of the page.
    pub stale_count: StaleCount,
    /// Time from the arrival of a request to its response, whatever the response. Default 0.
    pub latency: Duration,
    /// How many requests are accepted; others get 429, or another status. Default: all.
    pub limit: Limit,
    /// What goes wrong with requests for pages, and with lookups of contacts; the first match wins. Drawn from `seed`.
    /// Default: nothing.
    pub faults: Vec<FaultRule>,
    /// When the whole server is down. Default: never.
    pub outages: Vec<Outage>,
    /// What differs from the documentation on every request. Default: nothing.
    pub quirks: Quirks,
    /// Serve TLS, with a certificate created at startup. Default: plain HTTP/1.1.
    pub tls: Option<Tls>,
    /// Compress responses for clients that accept gzip. Default false.
    pub gzip: bool,
    /// How many of the latest requests to keep for [`super::Sandbox::requests`], at about 140 bytes each. Default
    /// 20,000; 0 keeps none.
    pub request_log: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            contacts: 2_500,
            seed: 1,
            shared_timestamps: 1,
            order: Order::default(),
            churn: None,
            lag: None,
            stale_count: StaleCount::default(),
            latency: Duration::ZERO,
            limit: Limit::default(),
            faults: Vec::new(),
            outages: Vec::new(),
            quirks: Quirks::default(),
            tls: None,
            gzip: false,
            request_log: 20_000,
        }
    }
}

impl SandboxConfig {
    /// Rejects values out of range, naming the first of them.
    pub(super) fn check(&self) -> io::Result<()> {
        self.find_invalid().map_err(|message| io::Error::new(io::ErrorKind::InvalidInput, message))
    }

    fn find_invalid(&self) -> Result<(), String> {
        let contacts = self.contacts;
        ensure(contacts <= MAX_CONTACTS, || format!("contacts must be at most {MAX_CONTACTS}, not {contacts}"))?;
        ensure(!self.holds_contacts() || contacts <= MAX_IN_MEMORY, || {
            format!(
                "a list that changes, or is sorted by updated or name, has at most {MAX_IN_MEMORY} contacts, not {contacts}"
            )
        })?;
        ensure(self.shared_timestamps > 0, || "shared-timestamps must be at least 1, not 0".to_owned())?;
        self.churn.as_ref().map_or(Ok(()), Churn::check)?;
        self.lag.as_ref().map_or(Ok(()), Lag::check)?;
        check_max_per_page(self.quirks.max_per_page)?;
        self.quirks.lookups.check()?;
        self.limit.check()?;
        self.faults.iter().try_for_each(FaultRule::check)
    }

    /// Whether the list is kept in memory, because positions do not follow from the index alone.
    pub(super) fn holds_contacts(&self) -> bool {
        self.churn.is_some() || self.order.reads_contacts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::faults::Fault;
    use crate::sandbox::lookups::Lookups;

    #[test]
    fn the_default_is_valid() {
        assert!(SandboxConfig::default().check().is_ok());
    }

    #[test]
    fn too_many_contacts_are_refused() {
        let config = SandboxConfig { contacts: MAX_CONTACTS + 1, ..SandboxConfig::default() };
        let error = config.check().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("1000000001"), "{error}");
    }

    #[test]
    fn a_list_in_memory_holds_less() {
        let config =
            |order, churn| SandboxConfig { contacts: MAX_IN_MEMORY + 1, order, churn, ..SandboxConfig::default() };
        for order in [Order::Newest, Order::Oldest, Order::Id, Order::UnstableTies] {
            assert!(config(order, None).check().is_ok(), "{order:?}");
        }
        for config in
            [config(Order::Newest, Some(Churn::new(0.0))), config(Order::Name, None), config(Order::Updated, None)]
        {
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains("at most 1000000 contacts, not 1000001"), "{error}");
        }
    }

    #[test]
    fn all_settings_are_checked() {
        let fault = FaultRule::new(Fault::Status(200));
        for config in [
            SandboxConfig { limit: Limit::per_second(0.0), ..SandboxConfig::default() },
            SandboxConfig { faults: vec![fault], ..SandboxConfig::default() },
            SandboxConfig { quirks: Quirks { max_per_page: 101, ..Quirks::default() }, ..SandboxConfig::default() },
            SandboxConfig {
                quirks: Quirks { lookups: Lookups::Lagging { by: 0 }, ..Quirks::default() },
                ..SandboxConfig::default()
            },
            SandboxConfig { shared_timestamps: 0, ..SandboxConfig::default() },
            SandboxConfig { churn: Some(Churn::new(-1.0)), ..SandboxConfig::default() },
            SandboxConfig { lag: Some(Lag { probability: 0.1, by: 0 }), ..SandboxConfig::default() },
        ] {
            assert!(config.check().is_err(), "{config:?}");
        }
    }
}
