//! The numbers that tune the planner and the proof.

/// Bits of evidence before an order, or an order of ids among ties, is trusted: rows in random order would look
/// sorted with a probability of 1 in 2^28.
pub(super) const EVIDENCE: u64 = 28;
/// Windows overlap by one row in this many, and by more when the list changes fast.
pub(super) const OVERLAP_SHARE: u32 = 20;
/// Rounds of repair, and of verification passes after the second.
pub(super) const ROUNDS: u32 = 3;
/// Requests for the page that ends the list, before the rest is read.
pub(super) const TAIL_REQUESTS: u32 = 2;
/// Consecutive extensions past the end without a new contact, after which the end is accepted.
pub(super) const FRUITLESS_EXTENSIONS: u32 = 2;
/// Pages requested at once past the reported end, at most.
pub(super) const EXTENSION: u64 = 16;
/// Extra reads of page 1 for its total only.
pub(super) const RECOUNTS: u32 = 2;
/// Extra reads of the near end to reach a snapshot.
pub(super) const LOOKS: u32 = 6;
/// Requests that a run may cost, in tenths of the number of plain pages.
pub(super) const BUDGET_TENTHS: u64 = 16;
/// The same if a proof is required.
pub(super) const BUDGET_TENTHS_REQUIRED: u64 = 25;
/// Requests that a run may cost in addition, so that short lists can be repaired too.
pub(super) const BUDGET_EXTRA: u64 = 8;
/// Verification passes after which a list with no unchanged page is considered to change too fast.
pub(super) const HOPELESS_PASSES: u32 = 2;
/// Gaps that the reasons list individually.
pub(super) const GAPS_LISTED: usize = 3;
