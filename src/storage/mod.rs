//! Files and objects by one kind of name: a path, or the URL of an object in a store: `s3://`, `gs://` or `az://`.

use std::path::Path;

/// Whether a path is the URL of an object in a store.
pub(crate) fn is_url(path: &Path) -> bool {
    let scheme = path.to_str().and_then(|text| text.split_once("://")).map(|(scheme, _)| scheme);
    matches!(scheme, Some("s3" | "gs" | "az"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_begin_with_the_scheme_of_a_store() {
        for url in ["s3://bucket/c.parquet", "gs://bucket/dir/", "az://container/c.parquet"] {
            assert!(is_url(Path::new(url)), "{url}");
        }
        for path in ["c.parquet", "/s3/c.parquet", "s3:/bucket/c.parquet", "./s3://bucket/c.parquet", "https://x/c", ""]
        {
            assert!(!is_url(Path::new(path)), "{path}");
        }
    }
}
