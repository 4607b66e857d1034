//! Connections to stores: credentials from each cloud's own variables, and nowhere else.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey as S3Key};
use object_store::azure::{AzureConfigKey as AzureKey, MicrosoftAzureBuilder};
use object_store::client::SpawnedReqwestConnector;
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder, GoogleConfigKey as GcsKey};
use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};
use url::Url;

use super::error::StoreError;
use super::requests::{Bucket, HttpRequests, Requests};
use super::runtime;
use super::store::Store;
use crate::storage::url::{Cloud, ObjectUrl};

const USER_AGENT: &str = concat!("linq-export/", env!("CARGO_PKG_VERSION"));

/// Where Azure's emulator is, and its account.
const EMULATOR: &str = "http://127.0.0.1:10000";
const EMULATED_ACCOUNT: &str = "devstoreaccount1";

/// How long failed requests are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Patience {
    /// For a few seconds: a wrong address should be known soon.
    Short,
    /// For four minutes: what has been read would be lost.
    Long,
}

type Stores = HashMap<(Cloud, String, Patience), Store>;

/// The stores that this process uses, so that they share their connections.
static STORES: LazyLock<Mutex<Stores>> = LazyLock::new(Mutex::default);

/// The store of a URL.
pub(super) fn store(url: &ObjectUrl) -> io::Result<Store> {
    Ok(connect(url, Patience::Short)?)
}

/// Certificates that may sign those of stores, in PEM, besides those of the system.
static AUTHORITIES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Lets these certificates, in PEM, sign those of stores, too. It counts for all stores that this process has not used yet.
pub(crate) fn trust(authorities: &[u8]) {
    let mut trusted = AUTHORITIES.lock().unwrap_or_else(PoisonError::into_inner);
    if !authorities.is_empty() && *trusted != authorities {
        authorities.clone_into(&mut trusted);
    }
}

/// The store of a URL.
pub(crate) fn connect(url: &ObjectUrl, patience: Patience) -> Result<Store, StoreError> {
    let key = (url.cloud(), url.bucket().to_owned(), patience);
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.get(&key) {
        return Ok(store.clone());
    }
    // Whoever uses this library may have installed a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bucket = url.bucket();
    let authorities = &*AUTHORITIES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let store = match url.cloud() {
        Cloud::S3 => s3(bucket, patience, authorities),
        Cloud::Gcs => gcs(bucket, patience, authorities),
        Cloud::Azure => azure(bucket, patience, authorities),
    }?;
    stores.insert(key, store.clone());
    Ok(store)
}

/// Uses this store for the bucket of a URL.
#[cfg(test)]
pub(super) fn insert(url: &ObjectUrl, patience: Patience, store: Store) {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    stores.insert((url.cloud(), url.bucket().to_owned(), patience), store);
}

fn s3(bucket: &str, patience: Patience, authorities: &[u8]) -> Result<Store, StoreError> {
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
    for (key, value) in variables("AWS_") {
        builder = builder.with_config(key, value);
    }
    let has = |key: S3Key| builder.get_config_value(&key).is_some();
    if has(S3Key::AccessKeyId) && !has(S3Key::SecretAccessKey) {
        return Err(without_credentials("AWS_SECRET_ACCESS_KEY is not set"));
    }
    // With a part of a set only, the client would ask the metadata address.
    if has(S3Key::WebIdentityTokenFile) && !has(S3Key::RoleArn) {
        return Err(without_credentials("AWS_WEB_IDENTITY_TOKEN_FILE needs AWS_ROLE_ARN"));
    }
    if has(S3Key::ContainerCredentialsFullUri) && !has(S3Key::ContainerAuthorizationTokenFile) {
        let text = "AWS_CONTAINER_CREDENTIALS_FULL_URI needs AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
        return Err(without_credentials(text));
    }
    let has_credentials = has(S3Key::AccessKeyId)
        || has(S3Key::WebIdentityTokenFile)
        || has(S3Key::ContainerCredentialsRelativeUri)
        || has(S3Key::ContainerCredentialsFullUri)
        || has(S3Key::MetadataEndpoint);
    if !has_credentials {
        return Err(without_credentials("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"));
    }
    let endpoint = builder.get_config_value(&S3Key::S3Endpoint).or(builder.get_config_value(&S3Key::Endpoint));
    let allows_http = is_plain_loopback(endpoint.as_deref(), "AWS_ENDPOINT_URL")?;
    builder = builder
        .with_client_options(options(patience, authorities, allows_http)?)
        .with_retry(retry(patience))
        .with_http_connector(SpawnedReqwestConnector::new(runtime::handle()));
    let s3: Arc<AmazonS3> = Arc::new(builder.build().map_err(|error| unusable(&error))?);
    let requests = requests(Bucket::S3(Arc::clone(&s3)), authorities)?;
    Ok(Store { objects: Arc::clone(&s3) as _, multipart: s3, requests })
}

fn gcs(bucket: &str, patience: Patience, authorities: &[u8]) -> Result<Store, StoreError> {
    let mut builder = GoogleCloudStorageBuilder::new().with_bucket_name(bucket);
    for (key, value) in variables("GOOGLE_") {
        builder = builder.with_config(key, value);
    }
    let value = |key: GcsKey| builder.get_config_value(&key);
    let has_metadata = ["GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP"];
    let has_credentials = [GcsKey::ServiceAccount, GcsKey::ServiceAccountKey, GcsKey::ApplicationCredentials]
        .into_iter()
        .chain([GcsKey::BearerToken])
        .any(|key| value(key).is_some())
        || has_metadata.into_iter().any(|name| std::env::var_os(name).is_some())
        || gcloud_credentials().is_some_and(|path| path.is_file());
    if !has_credentials {
        return Err(without_credentials("GOOGLE_APPLICATION_CREDENTIALS is not set"));
    }
    let base = value(GcsKey::BaseUrl).or_else(|| {
        let path = value(GcsKey::ServiceAccount);
        let text = path.and_then(|path| std::fs::read_to_string(path).ok()).or(value(GcsKey::ServiceAccountKey))?;
        let account: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(account.get("gcs_base_url")?.as_str()?.to_owned())
    });
    let allows_http = is_plain_loopback(base.as_deref(), "GOOGLE_BASE_URL")?;
    builder = builder
        .with_client_options(options(patience, authorities, allows_http)?)
        .with_retry(retry(patience))
        .with_http_connector(SpawnedReqwestConnector::new(runtime::handle()));
    let gcs: Arc<GoogleCloudStorage> = Arc::new(builder.build().map_err(|error| unusable(&error))?);
    let base = base.unwrap_or_else(|| "https://storage.googleapis.com".to_owned());
    let url = parsed(&format!("{}/{bucket}", base.trim_end_matches('/')))?;
    let requests = requests(Bucket::Gcs(Arc::clone(&gcs), url), authorities)?;
    Ok(Store { objects: Arc::clone(&gcs) as _, multipart: gcs, requests })
}

fn azure(container: &str, patience: Patience, authorities: &[u8]) -> Result<Store, StoreError> {
    let mut builder = MicrosoftAzureBuilder::new().with_container_name(container);
    for (key, value) in variables("AZURE_") {
        builder = builder.with_config(key, value);
    }
    if let Ok(endpoint) = std::env::var("IDENTITY_ENDPOINT") {
        builder = builder.with_msi_endpoint(endpoint);
    }
    let value = |key: AzureKey| builder.get_config_value(&key);
    let is_emulator = value(AzureKey::UseEmulator).is_some_and(|uses| uses == "true");
    if !is_emulator && value(AzureKey::AccountName).is_none() {
        return Err(without_credentials("AZURE_STORAGE_ACCOUNT_NAME is not set"));
    }
    let keys = [
        AzureKey::AccessKey,
        AzureKey::SasKey,
        AzureKey::Token,
        AzureKey::ClientSecret,
        AzureKey::FederatedTokenFile,
        AzureKey::MsiEndpoint,
    ];
    let is_set = |key: AzureKey| value(key).is_some_and(|value| value == "true");
    let has_credentials =
        is_emulator || keys.into_iter().any(|key| value(key).is_some()) || is_set(AzureKey::UseAzureCli);
    if !has_credentials {
        let names = "AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_KEY or AZURE_CLIENT_SECRET";
        return Err(without_credentials(&format!("none of {names} is set")));
    }
    let account = value(AzureKey::AccountName);
    let needs_identity = [AzureKey::AccessKey, AzureKey::SasKey, AzureKey::Token, AzureKey::MsiEndpoint]
        .into_iter()
        .all(|key| value(key).is_none())
        && !is_emulator
        && !is_set(AzureKey::UseAzureCli);
    for (key, name) in [(AzureKey::ClientId, "AZURE_CLIENT_ID"), (AzureKey::AuthorityId, "AZURE_TENANT_ID")] {
        if needs_identity && value(key).is_none() {
            return Err(without_credentials(&format!("a client's secret or federated token needs {name}")));
        }
    }
    let endpoint = value(AzureKey::Endpoint);
    let allows_http = is_emulator || is_plain_loopback(endpoint.as_deref(), "AZURE_STORAGE_ENDPOINT")?;
    builder = builder
        .with_client_options(options(patience, authorities, allows_http)?)
        .with_retry(retry(patience))
        .with_http_connector(SpawnedReqwestConnector::new(runtime::handle()));
    let azure = Arc::new(builder.build().map_err(|error| unusable(&error))?);
    let account = account.unwrap_or_else(|| EMULATED_ACCOUNT.to_owned());
    let service = match endpoint {
        _ if is_emulator => {
            let service = std::env::var("AZURITE_BLOB_STORAGE_URL").unwrap_or_else(|_| EMULATOR.to_owned());
            format!("{}/{account}", service.trim_end_matches('/'))
        }
        Some(endpoint) => endpoint,
        None => format!("https://{account}.blob.core.windows.net"),
    };
    let url = parsed(&format!("{}/{container}", service.trim_end_matches('/')))?;
    let requests = requests(Bucket::Azure(Arc::clone(&azure), url), authorities)?;
    Ok(Store { objects: Arc::clone(&azure) as _, multipart: azure, requests })
}

/// The variables of a cloud that the client knows. Empty ones count as unset. Requests are always signed.
fn variables<K: FromStr>(prefix: &str) -> impl Iterator<Item = (K, String)> {
    let named =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let prefix = prefix.to_owned();
    named.filter_map(move |(name, value)| {
        let is_meant = name.starts_with(&prefix) && !name.ends_with("SKIP_SIGNATURE") && !value.is_empty();
        Some((name.to_ascii_lowercase().parse().ok().filter(|_| is_meant)?, value))
    })
}

fn requests(bucket: Bucket, authorities: &[u8]) -> Result<Arc<dyn Requests>, StoreError> {
    Ok(Arc::new(HttpRequests::new(bucket, authorities)?))
}

fn parsed(url: &str) -> Result<Url, StoreError> {
    Url::parse(url)
        .map_err(|error| StoreError::new(ErrorKind::InvalidInput, format!("the endpoint is not a URL: {error}")))
}

/// A client cannot be made with settings that it does not understand.
fn unusable(error: &object_store::Error) -> StoreError {
    StoreError::new(ErrorKind::InvalidInput, StoreError::of(error).to_string())
}

/// Without them, the client would ask the address that clouds answer within their machines, and wait where nothing answers.
fn without_credentials(reason: &str) -> StoreError {
    StoreError::new(ErrorKind::PermissionDenied, format!("no credentials: {reason}"))
}

/// Where `gcloud auth application-default login` stores credentials, which the client reads by itself.
fn gcloud_credentials() -> Option<PathBuf> {
    let (home, within) = if cfg!(windows) { ("APPDATA", "gcloud") } else { ("HOME", ".config/gcloud") };
    Some(PathBuf::from(std::env::var_os(home)?).join(within).join("application_default_credentials.json"))
}

/// Whether an endpoint is plain HTTP on this machine. Elsewhere, everybody on the way could read the contacts.
fn is_plain_loopback(endpoint: Option<&str>, variable: &str) -> Result<bool, StoreError> {
    let Some(endpoint) = endpoint else { return Ok(false) };
    let invalid = |reason: String| StoreError::new(ErrorKind::InvalidInput, reason);
    let url =
        Url::parse(endpoint).map_err(|error| invalid(format!("the endpoint in {variable} is not a URL: {error}")))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "http" if is_loopback => Ok(true),
        "http" => {
            Err(invalid(format!("the endpoint in {variable} must use https: plain http is for this machine only")))
        }
        _ => Ok(false),
    }
}

fn options(patience: Patience, authorities: &[u8], allows_http: bool) -> Result<ClientOptions, StoreError> {
    let agent = http::HeaderValue::from_static(USER_AGENT);
    let mut options = ClientOptions::new()
        .with_user_agent(agent)
        .with_allow_http(allows_http)
        .with_connect_timeout(Duration::from_secs(10));
    options = match patience {
        // Reads only: an object may be large, but its bytes must keep coming.
        Patience::Short => options.with_timeout_disabled().with_read_timeout(Duration::from_secs(10)),
        // A part of 8 MiB on a slow line. It is shorter than the time for retries, so that a request that hangs is repeated.
        Patience::Long => options.with_timeout(Duration::from_secs(90)),
    };
    for certificate in Certificate::from_pem_bundle(authorities)? {
        options = options.with_root_certificate(certificate);
    }
    Ok(options)
}

fn retry(patience: Patience) -> RetryConfig {
    let (max_retries, seconds, longest) = match patience {
        Patience::Short => (6, 30, 5),
        Patience::Long => (30, 240, 10),
    };
    let backoff = BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(longest),
        base: 2.0,
    };
    RetryConfig { backoff, max_retries, retry_timeout: Duration::from_secs(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for (endpoint, due) in [
            (None, Some(false)),
            (Some("http://127.0.0.1:9000"), Some(true)),
            (Some("http://localhost:9000/x"), Some(true)),
            (Some("http://[::1]:9000"), Some(true)),
            (Some("https://s3.example.com"), Some(false)),
            (Some("http://s3.example.com"), None),
            (Some("http://10.0.0.1"), None),
            (Some("s3.example.com"), None),
        ] {
            assert_eq!(is_plain_loopback(endpoint, "X").ok(), due, "{endpoint:?}");
        }
    }
}
