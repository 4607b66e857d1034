//! The orders in which a server may list contacts.

use std::fmt::{self, Display};
use std::str::FromStr;

use crate::sandbox::parse::ParseError;

/// The order of the list.
///
/// | text | first come | then |
/// |---|---|---|
/// | `newest` | contacts created last | larger ids |
/// | `oldest` | contacts created first | smaller ids |
/// | `id` | smaller ids | |
/// | `updated` | contacts updated last | larger ids |
/// | `name` | smaller last names, byte by byte, none first | smaller first names, smaller ids |
/// | `unstable-ties` | contacts created last | in any order, another one for each request |
///
/// Contacts tie where many are created in one instant: see [`super::super::SandboxConfig::ties`]
/// and [`super::super::Moves::bulk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// `created_at`, then `id`, both descending, as in the published example.
    #[default]
    Newest,
    /// `created_at`, then `id`, both ascending.
    Oldest,
    /// `id`, ascending.
    Id,
    /// `updated_at`, then `id`, both descending: an update takes its contact to the head.
    Updated,
    /// `last_name`, `first_name`, `id`, all ascending: neither ids nor instants show it.
    Name,
    /// `created_at` descending; contacts of one instant stand in an order that changes from
    /// request to request.
    UnstableTies,
}

const NAMES: [(&str, Order); 6] = [
    ("newest", Order::Newest),
    ("oldest", Order::Oldest),
    ("id", Order::Id),
    ("updated", Order::Updated),
    ("name", Order::Name),
    ("unstable-ties", Order::UnstableTies),
];

impl Order {
    /// Whether it depends on more than when contacts came.
    pub(in crate::sandbox) fn reads_contacts(self) -> bool {
        matches!(self, Self::Updated | Self::Name)
    }
}

impl FromStr for Order {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let known = NAMES.iter().find(|(name, _)| *name == text);
        known.map(|(_, order)| *order).ok_or_else(|| {
            ParseError::new(format!("an order is newest, oldest, id, updated, name or unstable-ties, not {text:?}"))
        })
    }
}

impl Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, order)| order == self).map(|(name, _)| *name);
        formatter.write_str(name.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_writing_and_reading_and_are_all_named() {
        let error = "random".parse::<Order>().unwrap_err().to_string();
        for (name, order) in NAMES {
            assert_eq!(name.parse(), Ok(order));
            assert_eq!(order.to_string(), name);
            assert!(error.contains(name), "{error}");
        }
        assert!(error.contains("\"random\""));
    }
}
