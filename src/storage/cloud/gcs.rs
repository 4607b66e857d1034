//! Connections to Google Cloud Storage.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::client::SpawnedReqwestConnector;
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder, GoogleConfigKey as GcsKey};

use super::error::StoreError;
use super::requests::Bucket;
use super::runtime;
use super::settings::{Settings, is_plain_loopback, parsed, unusable, variables, without_credentials};
use super::store::Store;

pub(super) fn connect(bucket: &str, settings: &Settings) -> Result<Store, StoreError> {
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
        .with_client_options(settings.options(allows_http)?)
        .with_retry(settings.retry())
        .with_http_connector(SpawnedReqwestConnector::new(runtime::handle()));
    let gcs: Arc<GoogleCloudStorage> = Arc::new(builder.build().map_err(|error| unusable(&error))?);
    let base = base.unwrap_or_else(|| "https://storage.googleapis.com".to_owned());
    let url = parsed(&format!("{}/{bucket}", base.trim_end_matches('/')))?;
    let requests = settings.requests(Bucket::Gcs(Arc::clone(&gcs), url))?;
    Ok(Store { objects: Arc::clone(&gcs) as _, multipart: gcs, requests })
}

/// Where `gcloud auth application-default login` stores credentials, which the client reads by itself.
fn gcloud_credentials() -> Option<PathBuf> {
    let (home, within) = if cfg!(windows) { ("APPDATA", "gcloud") } else { ("HOME", ".config/gcloud") };
    Some(PathBuf::from(std::env::var_os(home)?).join(within).join("application_default_credentials.json"))
}
