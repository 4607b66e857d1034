//! What a sandbox is told before it starts: plain values, each with its unit and default.
//!
//! Values are checked once, in `check`; nothing here reads arguments, files or the environment.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::faults::FaultRule;
use super::http::tls::Tls;
use super::limits::Limit;
use super::list::Order;
use super::mutations::{Lag, Moves};
use super::outage::Outage;
use super::quirks::{Count, MOST_PER_PAGE, PageOrder, PastTheEnd, Totals, check_most_per_page};

/// The most contacts a sandbox can hold: beyond, the invented dates would leave this century.
const MOST_CONTACTS: u64 = 1_000_000_000;
/// The most contacts that a sandbox begins with where it holds them in memory.
const MOST_HELD: u64 = 1_000_000;

/// The settings of a sandbox. Start from [`SandboxConfig::default`] and change fields.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxConfig {
    /// Where to listen; port 0 lets the system choose. Default 127.0.0.1:0.
    pub address: SocketAddr,
    /// How many contacts the organisation has, 0 to 1,000,000,000. At most 1,000,000, at about 70
    /// bytes each, where the list moves or is ordered by `updated` or `name`; otherwise none is
    /// kept in memory. Default 2,500.
    pub contacts: u64,
    /// The same seed and count give the same contacts, byte for byte. Default 1.
    pub seed: u64,
    /// So many contacts in a row were created in one instant, as by a bulk import; at least 1.
    /// Default 1: each in its own.
    pub ties: u64,
    /// The order of the list. Default: newest first.
    pub order: Order,
    /// How each page arranges its contacts, once they are cut from the list. Default: as the list.
    pub sort_pages: Option<PageOrder>,
    /// What is written to the list while it is read, by `seed`. Default: it stands still.
    pub moves: Option<Moves>,
    /// Requests for pages that see an older state of a list that moves. Default: none.
    pub lag: Option<Lag>,
    /// Time from the arrival of a request to its answer, whatever the answer. Default 0.
    pub latency: Duration,
    /// How many requests are let in; those over it get 429. Default: all.
    pub limit: Limit,
    /// What goes wrong with requests for pages; of several rules that fit, the first counts.
    /// Drawn from `seed`. Default: nothing.
    pub faults: Vec<FaultRule>,
    /// When the whole server is down. Default: never.
    pub outages: Vec<Outage>,
    /// The most contacts a page has, whatever `per_page` asks, 1 to 100. Default 100.
    pub most_per_page: u64,
    /// Which state `total_count` and `total_pages` are of. Default: that of the page.
    pub count: Count,
    /// How wrong `total_count` and `total_pages` are on every page. Default: not at all.
    pub totals: Totals,
    /// What answers a request for a page past the end. Default: a page without contacts.
    pub past_the_end: PastTheEnd,
    /// Serve TLS, with a certificate made at the start. Default: plain HTTP/1.1.
    pub tls: Option<Tls>,
    /// Compress answers for clients that accept gzip. Default false: plain for everybody.
    pub gzip: bool,
    /// How many of the latest requests are remembered for [`super::Sandbox::requests`], at
    /// about 140 bytes each. Default 20,000; 0 remembers none.
    pub journal: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            contacts: 2_500,
            seed: 1,
            ties: 1,
            order: Order::default(),
            sort_pages: None,
            moves: None,
            lag: None,
            latency: Duration::ZERO,
            limit: Limit::default(),
            faults: Vec::new(),
            outages: Vec::new(),
            most_per_page: MOST_PER_PAGE,
            count: Count::default(),
            totals: Totals::default(),
            past_the_end: PastTheEnd::default(),
            tls: None,
            gzip: false,
            journal: 20_000,
        }
    }
}

impl SandboxConfig {
    /// Refuses values out of range, naming the first of them.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.contacts > MOST_CONTACTS {
            return Err(invalid(format!("a sandbox holds at most {MOST_CONTACTS} contacts, not {}", self.contacts)));
        }
        if self.holds_contacts() && self.contacts > MOST_HELD {
            let contacts = self.contacts;
            return Err(invalid(format!(
                "a list that moves, or is ordered by updated or name, begins with at most {MOST_HELD} contacts, not {contacts}"
            )));
        }
        if self.ties == 0 {
            return Err(invalid("at least 1 contact is created in an instant, not 0".to_owned()));
        }
        self.moves.as_ref().map_or(Ok(()), Moves::check).map_err(invalid)?;
        self.lag.as_ref().map_or(Ok(()), Lag::check).map_err(invalid)?;
        check_most_per_page(self.most_per_page).map_err(invalid)?;
        self.limit.check().map_err(invalid)?;
        self.faults.iter().try_for_each(FaultRule::check).map_err(invalid)
    }

    /// Whether positions are more than arithmetic, so that the list is held in memory.
    pub(super) fn holds_contacts(&self) -> bool {
        self.moves.is_some() || self.order.reads_contacts()
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Fault;

    #[test]
    fn the_default_is_valid() {
        assert!(SandboxConfig::default().check().is_ok());
    }

    #[test]
    fn too_many_contacts_are_refused_by_name() {
        let config = SandboxConfig { contacts: MOST_CONTACTS + 1, ..SandboxConfig::default() };
        let error = config.check().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("1000000001"), "{error}");
    }

    #[test]
    fn a_list_in_memory_holds_less() {
        let config = |order, moves| SandboxConfig { contacts: MOST_HELD + 1, order, moves, ..SandboxConfig::default() };
        for order in [Order::Newest, Order::Oldest, Order::Id, Order::UnstableTies] {
            assert!(config(order, None).check().is_ok(), "{order}");
        }
        for config in
            [config(Order::Newest, Some(Moves::new(0.0))), config(Order::Name, None), config(Order::Updated, None)]
        {
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains("at most 1000000 contacts, not 1000001"), "{error}");
        }
    }

    #[test]
    fn limits_faults_clamps_and_moves_are_checked_too() {
        let fault = FaultRule::new(Fault::Status(200));
        for config in [
            SandboxConfig { limit: Limit::per_second(0.0), ..SandboxConfig::default() },
            SandboxConfig { faults: vec![fault], ..SandboxConfig::default() },
            SandboxConfig { most_per_page: 101, ..SandboxConfig::default() },
            SandboxConfig { ties: 0, ..SandboxConfig::default() },
            SandboxConfig { moves: Some(Moves::new(-1.0)), ..SandboxConfig::default() },
            SandboxConfig { lag: Some(Lag { probability: 0.1, by: 0 }), ..SandboxConfig::default() },
        ] {
            assert!(config.check().is_err(), "{config:?}");
        }
    }
}
