//! Lists uploads that were begun and neither completed nor aborted, which `object_store` cannot. Azure forgets them after a
//! week by itself.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{self, BoxFuture, FutureExt};
use http::Method;
use object_store::aws::AmazonS3;
use object_store::gcp::GoogleCloudStorage;
use object_store::path::Path as Key;
use object_store::signer::{SignedUrlOptions, Signer};
use serde::Deserialize;
use url::Url;

use super::error::StoreError;
use super::runtime;

/// How long the signature of a request holds.
const SIGNED: Duration = Duration::from_mins(1);
/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A store that can list open uploads.
pub(super) trait ListUploads: Send + Sync {
    /// The open uploads whose keys begin with `prefix`; at most a thousand.
    fn list<'l>(&'l self, prefix: &'l str) -> BoxFuture<'l, Result<Vec<OpenUpload>, StoreError>>;
}

/// A store that forgets open uploads by itself.
#[derive(Debug)]
pub(super) struct ForgetsUploads;

/// A bucket in S3, with the authorities that may sign its certificate.
#[derive(Debug)]
pub(super) struct S3Bucket(pub Arc<AmazonS3>, pub Vec<u8>);

/// A bucket in Google Cloud Storage, with its URL and the authorities.
#[derive(Debug)]
pub(super) struct GcsBucket(pub Arc<GoogleCloudStorage>, pub String, pub Vec<u8>);

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(rename = "Upload", default)]
    uploads: Vec<OpenUpload>,
}

/// An upload that is neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct OpenUpload {
    #[serde(rename = "Key")]
    pub key: String,
    #[serde(rename = "UploadId")]
    pub id: String,
}

fn query(prefix: &str) -> [(&str, &str); 2] {
    [("uploads", ""), ("prefix", prefix)]
}

impl ListUploads for ForgetsUploads {
    fn list<'l>(&'l self, _prefix: &'l str) -> BoxFuture<'l, Result<Vec<OpenUpload>, StoreError>> {
        future::ready(Ok(Vec::new())).boxed()
    }
}

impl ListUploads for S3Bucket {
    fn list<'l>(&'l self, prefix: &'l str) -> BoxFuture<'l, Result<Vec<OpenUpload>, StoreError>> {
        let listed = async move {
            let Self(s3, authorities) = self;
            let options = SignedUrlOptions::new().with_query(query(prefix));
            let url = s3.signed_url_opts(Method::GET, &Key::ROOT, SIGNED, &options).await;
            read(url.map_err(|error| StoreError::of(&error))?, None, authorities).await
        };
        listed.boxed()
    }
}

impl ListUploads for GcsBucket {
    fn list<'l>(&'l self, prefix: &'l str) -> BoxFuture<'l, Result<Vec<OpenUpload>, StoreError>> {
        let listed = async move {
            let Self(gcs, bucket, authorities) = self;
            let credential = gcs.credentials().get_credential().await.map_err(|error| StoreError::of(&error))?;
            let url = Url::parse_with_params(bucket, query(prefix)).map_err(failed)?;
            read(url, Some(credential.bearer.clone()), authorities).await
        };
        listed.boxed()
    }
}

async fn read(url: Url, bearer: Option<String>, authorities: &[u8]) -> Result<Vec<OpenUpload>, StoreError> {
    let text = runtime::handle().spawn(get(url, bearer, authorities.to_vec())).await.map_err(failed)??;
    let Listed { uploads } = quick_xml::de::from_str(&text).map_err(failed)?;
    Ok(uploads)
}

async fn get(url: Url, bearer: Option<String>, authorities: Vec<u8>) -> Result<String, StoreError> {
    let mut client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
    let certificates = reqwest::Certificate::from_pem_bundle(&authorities).map_err(failed)?;
    client = client.tls_certs_merge(certificates);
    let mut request = client.build().map_err(failed)?.get(url);
    if let Some(bearer) = bearer.filter(|bearer| !bearer.is_empty()) {
        request = request.bearer_auth(bearer);
    }
    let answer = request.send().await.map_err(|error| failed(error.without_url()))?;
    let answer = answer.error_for_status().map_err(|error| failed(error.without_url()))?;
    answer.text().await.map_err(|error| failed(error.without_url()))
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::new(ErrorKind::Other, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_keys_and_ids() {
        let text = "<?xml version=\"1.0\"?><ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                    <Bucket>b</Bucket><Upload><Key>a/c</Key><UploadId>1</UploadId><Initiated>x</Initiated></Upload>\
                    <Upload><Key>a/d</Key><UploadId>2</UploadId></Upload></ListMultipartUploadsResult>";
        let Listed { uploads } = quick_xml::de::from_str(text).unwrap();
        assert_eq!(uploads[1], OpenUpload { key: "a/d".to_owned(), id: "2".to_owned() });
        let Listed { uploads } =
            quick_xml::de::from_str("<ListMultipartUploadsResult></ListMultipartUploadsResult>").unwrap();
        assert!(uploads.is_empty());
    }
}
