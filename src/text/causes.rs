//! The causes of an error.

/// The causes of an error, the nearest first.
pub fn error_chain(error: &dyn std::error::Error) -> impl Iterator<Item = String> {
    std::iter::successors(error.source(), |error| (*error).source()).map(ToString::to_string)
}
