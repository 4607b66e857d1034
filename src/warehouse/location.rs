//! Where a file of an export is: a local path, or an object in a store.

use std::path::Path;

use super::quote::{pattern, shell};
use crate::storage::{Cloud, ObjectUrl};

/// What stands for the name of the storage account in scripts for warehouses: URLs do not contain it.
pub(super) const ACCOUNT: &str = "AZURE_ACCOUNT";
/// The environment variable with the same name, for shell commands.
pub(super) const ACCOUNT_VARIABLE: &str = "AZURE_STORAGE_ACCOUNT_NAME";

/// An object in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub cloud: Cloud,
    /// The bucket, or for Azure the container.
    pub bucket: String,
    pub key: String,
}

impl Object {
    pub fn url(&self) -> String {
        format!("{}://{}/{}", self.cloud.scheme(), self.bucket, self.key)
    }

    /// What precedes the name in the key, with a slash at its end unless it is empty, and the name.
    pub fn split_key(&self) -> (&str, &str) {
        self.key.split_at(self.key.rfind('/').map_or(0, |slash| slash + 1))
    }

    /// The shell command that copies an object of the same store and bucket to a file. The object is named by
    /// [`Self::to_copy`], and both are words of a shell. It writes nothing to stdout.
    pub fn copy(&self, object: &str, file: &str) -> String {
        match self.cloud {
            Cloud::S3 => format!("aws s3 cp --only-show-errors {object} {file}"),
            // Its messages go to stderr.
            Cloud::Gcs => format!("gcloud storage cp {object} {file}"),
            Cloud::Azure => format!(
                "az storage blob download --account-name=\"${ACCOUNT_VARIABLE}\" --container-name={bucket} --name={object} \
                 --file={file} --no-progress --output=none",
                bucket = shell(&self.bucket),
            ),
        }
    }

    /// The name of the object for [`Self::copy`], which the caller quotes for the shell.
    pub fn to_copy(&self) -> String {
        match self.cloud {
            Cloud::S3 => self.url(),
            // gcloud takes the name for a pattern.
            Cloud::Gcs => pattern(&self.url(), &['*', '?', '[']),
            Cloud::Azure => self.key.clone(),
        }
    }
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Location {
    /// An absolute path.
    Local(String),
    Object(Object),
}

impl Location {
    pub fn new(path: &Path) -> Self {
        let text = path.to_string_lossy();
        let object = ObjectUrl::parse(&text).ok().map(|url| Object {
            cloud: url.cloud(),
            bucket: url.bucket().to_owned(),
            key: url.key().to_owned(),
        });
        object.map_or_else(|| Self::Local(text.into_owned()), Self::Object)
    }

    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Local(_) => None,
            Self::Object(object) => Some(object),
        }
    }

    /// The path, or the URL.
    pub fn text(&self) -> String {
        match self {
            Self::Local(path) => path.clone(),
            Self::Object(object) => object.url(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::is_url;

    #[test]
    fn a_location_is_what_its_text_says() {
        for (text, cloud, bucket, directory, name) in [
            ("s3://bucket/dir/c.parquet", Cloud::S3, "bucket", "dir/", "c.parquet"),
            ("gs://bucket/c.parquet", Cloud::Gcs, "bucket", "", "c.parquet"),
            ("az://box/it's/a b.parquet", Cloud::Azure, "box", "it's/", "a b.parquet"),
        ] {
            let location = Location::new(Path::new(text));
            assert!(is_url(Path::new(text)));
            assert_eq!(location.text(), text);
            let object = location.object().unwrap();
            assert_eq!((object.cloud, object.bucket.as_str()), (cloud, bucket));
            assert_eq!(object.split_key(), (directory, name));
        }
        for path in ["/data/c.parquet", "/data/s3://bucket/c.parquet", "/data/c://d"] {
            assert_eq!(Location::new(Path::new(path)), Location::Local(path.to_owned()));
        }
    }

    #[test]
    fn only_gcloud_takes_names_for_patterns() {
        let copied = |url: &str| Location::new(Path::new(url)).object().unwrap().to_copy();
        assert_eq!(copied("s3://b/[a]*"), "s3://b/[a]*");
        assert_eq!(copied("gs://b/[a]*"), "gs://b/[[]a][*]");
        assert_eq!(copied("az://b/[a]*"), "[a]*");
    }
}
