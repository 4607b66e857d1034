//! Requests that `object_store` cannot make: it lists no open uploads, and deletes without a condition, and in batches, which
//! not every store and not every key allows.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, IF_MATCH};
use http::{Method, StatusCode};
use object_store::ObjectStoreExt;
use object_store::aws::AmazonS3;
use object_store::azure::{AzureCredential, MicrosoftAzure};
use object_store::gcp::GoogleCloudStorage;
use object_store::path::Path as Key;
use object_store::signer::{SignedUrlOptions, Signer};
use serde::Deserialize;
use tokio::time::sleep;
use url::Url;

use super::error::StoreError;
use super::runtime;
use super::tag::Tag;

/// How long the signature of a request holds.
const SIGNED: Duration = Duration::from_mins(1);
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a failed request is repeated, and the first wait, which doubles each time.
const REPEATS: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Requests of a store's own kind.
pub(super) trait Requests: Send + Sync {
    /// The open uploads whose keys begin with `prefix`.
    fn open_uploads<'l>(&'l self, prefix: &'l str) -> BoxFuture<'l, Result<Vec<OpenUpload>, StoreError>>;

    /// Whether they can be listed. Azure forgets them after a week.
    fn lists_uploads(&self) -> bool;

    /// Deletes an object, unless it is missing or, if a version is given, of another one.
    fn delete<'l>(&'l self, key: &'l Key, version: Option<&'l Tag>) -> BoxFuture<'l, Result<(), StoreError>>;
}

/// An upload that is neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct OpenUpload {
    #[serde(rename = "Key")]
    pub key: String,
    #[serde(rename = "UploadId")]
    pub id: String,
}

/// One page of a list.
#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(rename = "Upload", default)]
    uploads: Vec<OpenUpload>,
    #[serde(rename = "IsTruncated", default)]
    is_truncated: bool,
    #[serde(rename = "NextKeyMarker", default)]
    next_key: String,
    #[serde(rename = "NextUploadIdMarker", default)]
    next_id: String,
}

/// How requests to a bucket are authorized.
#[derive(Debug)]
pub(super) enum Bucket {
    S3(Arc<AmazonS3>),
    /// With the URL of the bucket.
    Gcs(Arc<GoogleCloudStorage>, Url),
    /// With the URL of the container.
    Azure(Arc<MicrosoftAzure>, Url),
}

/// Requests to a bucket.
#[derive(Debug)]
pub(super) struct HttpRequests {
    bucket: Bucket,
    http: reqwest::Client,
}

impl Bucket {
    /// The URL and the headers that authorize a request.
    async fn authorize(
        &self,
        method: Method,
        key: &Key,
        query: &[(&str, &str)],
    ) -> Result<(Url, HeaderMap), StoreError> {
        let mut headers = HeaderMap::new();
        let mut url = match self {
            Self::S3(s3) => {
                let options = SignedUrlOptions::new().with_query(query.iter().copied());
                let url = s3.signed_url_opts(method, key, SIGNED, &options).await?;
                return Ok((url, headers));
            }
            Self::Gcs(gcs, bucket) => {
                let credential = gcs.credentials().get_credential().await?;
                bear(&mut headers, &credential.bearer)?;
                within(bucket, key)
            }
            Self::Azure(azure, container) => match &*azure.credentials().get_credential().await? {
                AzureCredential::AccessKey(_) => within(container, key),
                AzureCredential::SASToken(pairs) => {
                    let mut url = within(container, key);
                    url.query_pairs_mut().extend_pairs(pairs);
                    return Ok((url, headers));
                }
                AzureCredential::BearerToken(token) => {
                    bear(&mut headers, token)?;
                    headers.insert("x-ms-version", HeaderValue::from_static("2023-11-03"));
                    within(container, key)
                }
            },
        };
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok((url, headers))
    }

    /// The header that makes a request fail for other versions.
    fn condition(&self, version: &Tag) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self {
            Self::S3(_) | Self::Azure(..) => (IF_MATCH, version.e_tag()?),
            Self::Gcs(..) => (HeaderName::from_static("x-goog-if-generation-match"), version.version()?),
        };
        Some((name, HeaderValue::from_str(value).ok()?))
    }
}

fn bear(headers: &mut HeaderMap, token: &str) -> Result<(), StoreError> {
    if !token.is_empty() {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(failed)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(())
}

fn within(bucket: &Url, key: &Key) -> Url {
    let mut url = bucket.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(key.parts().map(|part| part.as_ref().to_owned()));
    }
    url
}

impl HttpRequests {
    /// Certificates of `authorities`, in PEM, may sign that of the store.
    pub fn new(bucket: Bucket, authorities: &[u8]) -> Result<Self, StoreError> {
        let certificates = reqwest::Certificate::from_pem_bundle(authorities).map_err(failed)?;
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_merge(certificates);
        Ok(Self { bucket, http: client.build().map_err(failed)? })
    }

    async fn send(
        &self,
        method: Method,
        key: &Key,
        query: &[(&str, &str)],
        condition: Option<(HeaderName, HeaderValue)>,
    ) -> Result<(StatusCode, String), StoreError> {
        let mut wait = FIRST_WAIT;
        for repeat in 0.. {
            let (url, mut headers) = self.bucket.authorize(method.clone(), key, query).await?;
            headers.extend(condition.clone());
            let sent = send(self.http.request(method.clone(), url).headers(headers));
            let answer = runtime::handle().spawn(sent).await.map_err(failed)?;
            let may_pass = match &answer {
                Ok((status, _)) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
                Err(_) => true,
            };
            if !may_pass || repeat == REPEATS {
                return answer;
            }
            sleep(wait).await;
            wait *= 2;
        }
        unreachable!("the last repeat returns")
    }
}

impl Requests for HttpRequests {
    fn open_uploads<'l>(&'l self, prefix: &'l str) -> BoxFuture<'l, Result<Vec<OpenUpload>, StoreError>> {
        let listed = async move {
            if !self.lists_uploads() {
                return Ok(Vec::new());
            }
            let (mut all, mut after) = (Vec::new(), None::<(String, String)>);
            loop {
                let mut query = vec![("uploads", ""), ("prefix", prefix)];
                if let Some((key, id)) = &after {
                    query.extend([("key-marker", &**key), ("upload-id-marker", &**id)]);
                }
                let (status, text) = self.send(Method::GET, &Key::ROOT, &query, None).await?;
                if !status.is_success() {
                    return Err(StoreError::answered(status, &text));
                }
                let page: Listed = quick_xml::de::from_str(&text).map_err(failed)?;
                all.extend(page.uploads);
                let next = Some((page.next_key, page.next_id));
                if !page.is_truncated || next == after {
                    return Ok(all);
                }
                after = next;
            }
        };
        listed.boxed()
    }

    fn lists_uploads(&self) -> bool {
        !matches!(self.bucket, Bucket::Azure(..))
    }

    fn delete<'l>(&'l self, key: &'l Key, version: Option<&'l Tag>) -> BoxFuture<'l, Result<(), StoreError>> {
        let deleted = async move {
            if let Bucket::Azure(azure, _) = &self.bucket
                && let AzureCredential::AccessKey(_) = &*azure.credentials().get_credential().await?
            {
                // The client signs URLs of keys with special characters in a way that Azure does not accept.
                return match azure.delete(key).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(error.into()),
                };
            }
            let condition = version.and_then(|version| self.bucket.condition(version));
            let (status, text) = self.send(Method::DELETE, key, &[], condition).await?;
            match status {
                StatusCode::NOT_FOUND | StatusCode::PRECONDITION_FAILED => Ok(()),
                status if status.is_success() => Ok(()),
                status => Err(StoreError::answered(status, &text)),
            }
        };
        deleted.boxed()
    }
}

async fn send(request: reqwest::RequestBuilder) -> Result<(StatusCode, String), StoreError> {
    let answer = request.send().await.map_err(|error| failed(error.without_url()))?;
    let status = answer.status();
    Ok((status, answer.text().await.map_err(|error| failed(error.without_url()))?))
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
                    <Bucket>b</Bucket><NextKeyMarker>a/d</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>\
                    <IsTruncated>true</IsTruncated><Upload><Key>a/c</Key><UploadId>1</UploadId><Initiated>x</Initiated></Upload>\
                    <Upload><Key>a/d</Key><UploadId>2</UploadId></Upload></ListMultipartUploadsResult>";
        let Listed { uploads, is_truncated, next_key, .. } = quick_xml::de::from_str(text).unwrap();
        assert_eq!((is_truncated, &*next_key), (true, "a/d"));
        assert_eq!(uploads[1], OpenUpload { key: "a/d".to_owned(), id: "2".to_owned() });
        let Listed { uploads, .. } =
            quick_xml::de::from_str("<ListMultipartUploadsResult></ListMultipartUploadsResult>").unwrap();
        assert!(uploads.is_empty());
    }

    #[test]
    fn keys_are_encoded() {
        let bucket = Url::parse("https://storage.googleapis.com/bucket").unwrap();
        let url = within(&bucket, &Key::parse("a b/c%é?.parquet").unwrap());
        assert_eq!(url.as_str(), "https://storage.googleapis.com/bucket/a%20b/c%25%C3%A9%3F.parquet");
    }
}
