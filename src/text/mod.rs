//! Text for people: figures with their units, and text of others that is safe to show.

pub(crate) mod causes;
pub(crate) mod humanize;
pub(crate) mod sanitize;
