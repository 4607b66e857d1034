//! Text for people: figures with units, sanitized text, and the causes of errors.

pub(crate) mod causes;
pub(crate) mod humanize;
pub(crate) mod sanitize;
