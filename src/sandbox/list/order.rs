//! The orders in which a server may list contacts.

/// The order of the list.
///
/// Contacts tie if they have the same creation time: see [`shared_timestamps`](crate::sandbox::SandboxConfig) and
/// [`Churn::bulk`](crate::sandbox::Churn).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// `created_at`, then `id`, both descending, as in the published example.
    #[default]
    Newest,
    /// `created_at`, then `id`, both ascending.
    Oldest,
    /// `id`, ascending.
    Id,
    /// `updated_at`, then `id`, both descending: an update moves its contact to the front.
    Updated,
    /// `last_name`, then `first_name`, then `id`, all ascending, byte by byte: unrelated to ids and times.
    Name,
    /// `created_at` descending; ties are in a different order for each request.
    UnstableTies,
}

impl Order {
    /// The orders by name.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("newest", Self::Newest),
        ("oldest", Self::Oldest),
        ("id", Self::Id),
        ("updated", Self::Updated),
        ("name", Self::Name),
        ("unstable-ties", Self::UnstableTies),
    ];

    /// Whether it depends on values of the contacts other than ids and creation times.
    pub(in crate::sandbox) fn reads_contacts(self) -> bool {
        matches!(self, Self::Updated | Self::Name)
    }
}
