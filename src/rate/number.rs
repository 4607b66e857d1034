//! Counts as the numbers that the policy reckons with.

#[expect(clippy::cast_precision_loss, reason = "pages and requests are counted, and 2^52 of them are never reached")]
pub(super) fn as_number(count: u64) -> f64 {
    count as f64
}
