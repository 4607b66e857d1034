//! What a manifest says of the export's completeness: the certificate, key by key.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::timestamp;
use crate::proof::{Assumption, Certificate};

/// The certificate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct CompletenessRecord {
    level: String,
    /// What the level rests on.
    assumptions: Vec<AssumptionRecord>,
    /// Why the level is not higher.
    reasons: Vec<String>,
    /// The order that was seen in the data.
    order: Option<String>,
    windows: u64,
    links: u64,
    repairs: u64,
    passes: u64,
    duplicates: u64,
    /// Whoever asks later what has changed since starts from here: the start of the run by our clock or the server's,
    /// whichever is earlier.
    watermark: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct AssumptionRecord {
    name: &'static str,
    standing: String,
    text: String,
}

impl CompletenessRecord {
    pub fn of(certificate: &Certificate, watermark: DateTime<Utc>) -> Self {
        let assumption = |assumption: &Assumption| AssumptionRecord {
            name: assumption.name(),
            standing: assumption.basis().to_string(),
            text: assumption.to_string(),
        };
        Self {
            level: certificate.level.to_string(),
            assumptions: certificate.assumptions.iter().map(assumption).collect(),
            reasons: certificate.reasons.iter().map(ToString::to_string).collect(),
            order: certificate.order.map(|order| order.to_string()),
            windows: certificate.responses,
            links: certificate.overlaps,
            repairs: certificate.repair_requests,
            passes: certificate.verification_passes,
            duplicates: certificate.repeated_rows,
            watermark: timestamp(watermark),
        }
    }
}
