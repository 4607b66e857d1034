//! Accounts for the contacts of the export before: those that no page showed are looked up by their ids, and exported if they
//! exist.

use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

use super::previous::Previous;
use crate::config::{self, ExportConfig};
use crate::error::Error;
use crate::events::{Continuity, Event, ReadSummary, Reporter};
use crate::fetch::{AllRead, Lookup, Lookups, Page};
use crate::proof::{CarryOver, Looked, RowSelection, Unconfirmed};

/// Lookups may take as long as the pages took, but at least this long.
const SHORTEST: Duration = Duration::from_mins(1);
/// Time that a deadline leaves for publishing, or a tenth of it.
const FOR_PUBLISHING: Duration = Duration::from_mins(1);

/// The export before, and how much may be asked about it.
#[derive(Debug)]
pub(super) struct Accounting {
    pub previous: Previous,
    pub budget: config::Lookups,
    /// The most contacts that may be missing.
    pub most_deletes: u64,
    /// When the run began, and when it must end.
    pub started: Instant,
    pub deadline: Option<Duration>,
}

impl Accounting {
    pub fn of(previous: Previous, config: &ExportConfig) -> Self {
        let before = previous.record.rows;
        Self {
            previous,
            budget: config.lookups,
            most_deletes: before - config.max_deletes.least(before),
            started: Instant::now(),
            deadline: config.contacts.retry_limits.deadline,
        }
    }

    /// When to stop looking up. All pages are read by then, so a slow API must neither hold back the export for long, nor make it
    /// miss its deadline: there must be time left to publish it.
    fn until(&self, now: Instant) -> Instant {
        let until = now + (now - self.started).max(SHORTEST);
        let Some(deadline) = self.deadline else { return until };
        until.min(self.started + deadline.saturating_sub((deadline / 10).min(FOR_PUBLISHING)))
    }

    /// Looks up what no page showed, and sends on what is found. Adds what became of the contacts to the summary; returns
    /// `None` if the receiver has gone away.
    pub async fn account(
        self,
        read: AllRead,
        out: &mpsc::Sender<Page>,
        reporter: &dyn Reporter,
    ) -> Result<Option<ReadSummary>, Error> {
        let AllRead { mut summary, seen, lookups } = read;
        let until = self.until(Instant::now());
        let Self { previous, budget, most_deletes, .. } = self;
        let pages = summary.certificate.responses;
        let compare = move || previous.compare(&seen).map(|compared| (previous, seen, compared));
        let (previous, seen, compared) = spawn_blocking(compare).await.map_err(Error::bug)??;
        let most = budget.most(pages);
        // Whatever the lookups show, nothing would be published.
        let is_hopeless = (compared.gone.len() as u64).saturating_sub(most) > most_deletes;
        let carry_over = CarryOver::new(compared, &seen, if is_hopeless { 0 } else { most });
        if let contacts @ 1.. = carry_over.waiting() {
            reporter.report(&Event::LookingUp { contacts });
        }
        let Some(carry_over) = ask(carry_over, &lookups, until, out).await else { return Ok(None) };
        let carried_over = carry_over.finish(&mut summary.certificate);
        summary.requests = lookups.requests();
        let continuity = Continuity { previous: previous.described(), carried_over };
        reporter.report(&Event::Accounted(Box::new(continuity.clone())));
        summary.continuity = Some(continuity);
        Ok(Some(summary))
    }
}

/// Makes all lookups until a time; `None` if the receiver has gone away.
async fn ask(
    mut carry_over: CarryOver,
    lookups: &Lookups,
    until: Instant,
    out: &mpsc::Sender<Page>,
) -> Option<CarryOver> {
    loop {
        let (ids, is_exported) = carry_over.round();
        if ids.is_empty() {
            return Some(carry_over);
        }
        let mut answers = std::pin::pin!(lookups.look_up(ids));
        loop {
            let answer = tokio::select! {
                answer = answers.next() => answer,
                () = sleep_until(until) => {
                    carry_over.give_up(Unconfirmed::Time);
                    return Some(carry_over);
                }
                () = out.closed() => return None,
            };
            let Some((id, lookup, share)) = answer else { break };
            let looked = match lookup {
                Lookup::Found(contact) => {
                    if let Some(share) = share.filter(|_| is_exported) {
                        let keep = RowSelection::All;
                        out.send(Page { number: 0, contacts: vec![*contact], keep, share }).await.ok()?;
                    }
                    Looked::Exists
                }
                Lookup::NotFound => Looked::Deleted,
                Lookup::Unclear(answer) => Looked::Unclear(answer),
                Lookup::Unavailable(answer) => {
                    carry_over.give_up(Unconfirmed::Unclear { answer });
                    return Some(carry_over);
                }
            };
            carry_over.observe(id, looked);
        }
    }
}
