//! Accounts for the contacts of the export before: those that no page showed are looked up by their ids, and exported if they
//! exist.

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::previous::Previous;
use crate::config::{self, ExportConfig};
use crate::error::Error;
use crate::events::{Continuity, Event, ReadSummary, Reporter};
use crate::fetch::{AllRead, Lookup, Lookups, Page};
use crate::proof::{CarryOver, Looked, RowSelection};

/// The export before, and how much may be asked about it.
#[derive(Debug)]
pub(super) struct Accounting {
    pub previous: Previous,
    pub budget: config::Lookups,
    /// The most contacts that may be missing.
    pub most_deletes: u64,
}

impl Accounting {
    pub fn of(previous: Previous, config: &ExportConfig) -> Self {
        let before = previous.record.rows;
        Self { previous, budget: config.lookups, most_deletes: before - config.max_deletes.least(before) }
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
        let Self { previous, budget, most_deletes } = self;
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
        let Some(carry_over) = ask(carry_over, &lookups, out).await else { return Ok(None) };
        let carried_over = carry_over.finish(&mut summary.certificate);
        summary.requests = lookups.requests();
        summary.continuity = Some(Continuity { previous: previous.described(), carried_over });
        Ok(Some(summary))
    }
}

/// Makes all lookups; `None` if the receiver has gone away.
async fn ask(mut carry_over: CarryOver, lookups: &Lookups, out: &mpsc::Sender<Page>) -> Option<CarryOver> {
    loop {
        let (ids, is_exported) = carry_over.round();
        if ids.is_empty() {
            return Some(carry_over);
        }
        let mut answers = std::pin::pin!(lookups.look_up(ids));
        loop {
            let answer = tokio::select! {
                answer = answers.next() => answer,
                () = out.closed() => return None,
            };
            let Some((id, lookup)) = answer else { break };
            let looked = match lookup {
                Lookup::Found(contact, share) => {
                    if is_exported {
                        let keep = RowSelection::All;
                        out.send(Page { number: 0, contacts: vec![*contact], keep, share }).await.ok()?;
                    }
                    Looked::Exists
                }
                Lookup::NotFound => Looked::Deleted,
                Lookup::Unclear(reason) => Looked::Unclear(reason),
            };
            carry_over.observe(id, looked);
        }
    }
}
