//! The URLs of objects: `s3://bucket/key`, `gs://bucket/key` and `az://container/key`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::text::sanitize::without_credentials;

/// A kind of object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// Amazon S3, and stores that are compatible with it.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
}

impl Cloud {
    const ALL: [Self; 3] = [Self::S3, Self::Gcs, Self::Azure];

    /// The scheme of its URLs.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
        }
    }

    /// What its keys are grouped in.
    fn bucket(self) -> &'static str {
        match self {
            Self::S3 | Self::Gcs => "bucket",
            Self::Azure => "container",
        }
    }

    fn named(scheme: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.scheme() == scheme)
    }

    /// The store whose URLs other programs begin with this scheme.
    fn meant_by(scheme: &str) -> Option<Self> {
        match scheme.to_ascii_lowercase().as_str() {
            "s3" | "s3a" | "s3n" => Some(Self::S3),
            "gs" | "gcs" => Some(Self::Gcs),
            "az" | "abfs" | "abfss" | "adl" | "azure" | "wasb" | "wasbs" => Some(Self::Azure),
            _ => None,
        }
    }
}

/// The URL of an object, or with a slash at its end, of all objects whose keys begin like it: a directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectUrl {
    cloud: Cloud,
    bucket: String,
    key: String,
    /// The whole URL.
    path: PathBuf,
}

impl ObjectUrl {
    /// Parses a URL.
    ///
    /// # Errors
    /// Why it is not the URL of an object, and the right form. The text does not repeat credentials that the URL contains.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or_else(|| text.split_once(":/").unwrap_or((text, "")));
        let Some(cloud) = Cloud::named(scheme).filter(|_| text.contains("://")) else {
            return Err(match Cloud::meant_by(scheme) {
                Some(cloud) => format!("expected {}", form(cloud)),
                None => {
                    format!("{scheme}:// URLs are not supported; use s3://, gs:// or az://, a file, or stdout (-o -)")
                }
            });
        };
        let refused = |reason: &str| Err(format!("{reason}; expected {}", form(cloud)));
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('@') {
            return refused("credentials do not belong into a URL: set the variables of the store instead");
        }
        if bucket.is_empty() {
            return refused(&format!("it has no {}", cloud.bucket()));
        }
        if !bucket.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_$".contains(&byte)) {
            return refused(&format!("{bucket:?} is not the name of a {}", cloud.bucket()));
        }
        if key.is_empty() {
            return refused("it names no object");
        }
        if key.contains(['?', '#']) {
            return refused("a query or a fragment cannot be part of it");
        }
        if key.chars().any(|character| character.is_control() || character == '\\') {
            return refused("its key has a control character or a backslash");
        }
        let name = key.strip_suffix('/').unwrap_or(key);
        if name.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return refused("its key has an empty segment, or . or ..");
        }
        Ok(Self { cloud, bucket: bucket.to_owned(), key: key.to_owned(), path: text.into() })
    }

    /// The URL as a path, for functions that take both.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.path
    }

    /// Whether it names a directory: it ends with a slash.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.key.ends_with('/')
    }

    /// The kind of store.
    pub(crate) fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// The bucket or container.
    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key, without a slash at its end.
    pub(crate) fn key(&self) -> &str {
        self.key.strip_suffix('/').unwrap_or(&self.key)
    }
}

impl fmt::Display for ObjectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

/// The right form of a URL.
fn form(cloud: Cloud) -> String {
    let (scheme, bucket) = (cloud.scheme(), cloud.bucket());
    format!("{scheme}://{bucket}/path/contacts.parquet or {scheme}://{bucket}/path/contacts/")
}

/// Whether a path is the URL of an object.
pub(crate) fn is_url(path: &Path) -> bool {
    path.to_str().and_then(|text| text.split_once("://")).is_some_and(|(scheme, _)| Cloud::named(scheme).is_some())
}

/// Whether a path is written like a URL: `scheme://…`, or with one slash if the scheme is that of a store.
pub(crate) fn is_like_a_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme && (rest.starts_with("//") || rest.starts_with('/') && Cloud::meant_by(scheme).is_some())
}

/// Why a path that is written like a URL is not the URL of an object; `None` for other paths, too.
pub(crate) fn objection(path: &Path) -> Option<String> {
    let text = path.to_str().filter(|text| is_like_a_url(text))?;
    let reason = ObjectUrl::parse(text).err()?;
    Some(format!("{} is not the URL of an object: {reason}", without_credentials(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_store_a_bucket_and_a_key() {
        let url = ObjectUrl::parse("s3://my.bucket-1/a b/c.parquet").unwrap();
        assert_eq!((url.cloud(), url.bucket(), url.key()), (Cloud::S3, "my.bucket-1", "a b/c.parquet"));
        assert!(!url.is_directory());
        let url = ObjectUrl::parse("az://c/d/é/").unwrap();
        assert_eq!((url.cloud(), url.key(), url.is_directory()), (Cloud::Azure, "d/é", true));
        assert_eq!(url.to_string(), "az://c/d/é/");
    }

    #[test]
    fn everything_else_is_refused_with_the_right_form() {
        for (text, says) in [
            ("s3://", "it has no bucket; expected s3://bucket/path/contacts.parquet or s3://bucket/path/contacts/"),
            ("s3:///key", "it has no bucket"),
            ("az:///key", "it has no container"),
            ("gs://bucket", "it names no object; expected gs://bucket/"),
            ("gs://bucket/", "it names no object"),
            ("s3:/bucket/key", "expected s3://bucket/"),
            ("S3://bucket/key", "expected s3://bucket/"),
            ("s3a://bucket/key", "expected s3://bucket/"),
            ("abfss://c@a.dfs.core.windows.net/key", "expected az://container/"),
            ("https://example.com/c", "https:// URLs are not supported; use s3://"),
            ("file:///c", "file:// URLs are not supported"),
            ("s3://bucket/a?x=1", "a query or a fragment"),
            ("s3://bucket/a#x", "a query or a fragment"),
            ("s3://bucket/a/../b", ". or .."),
            ("s3://bucket//b", "an empty segment"),
            ("s3://bucket/b//", "an empty segment"),
            ("s3://bucket/a\nb", "a control character"),
            ("s3://a b/c", "\"a b\" is not the name of a bucket"),
        ] {
            let error = ObjectUrl::parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        let error = ObjectUrl::parse("s3://AKIA:geheim@bucket/key").unwrap_err();
        assert!(error.contains("credentials") && !error.contains("geheim") && !error.contains("AKIA"), "{error}");
    }

    #[test]
    fn tells_urls_from_paths() {
        for path in ["s3://bucket/key", "gs://b/", "az://"] {
            assert!(is_url(path.as_ref()) && is_like_a_url(path), "{path}");
        }
        for path in ["file:///c", "s3:/bucket", "S3://b/c", "s3+x.y-z://", "https://e/c"] {
            assert!(!is_url(path.as_ref()) && is_like_a_url(path), "{path}");
        }
        for path in ["c.csv", ".", "a:b", "3d://c", "://c", "./s3://c", "é://c", "c:/windows"] {
            assert!(!is_url(path.as_ref()) && !is_like_a_url(path), "{path}");
        }
    }
}
