//! Connections to Azure Blob Storage.

use std::sync::Arc;

use object_store::azure::{AzureConfigKey as AzureKey, MicrosoftAzureBuilder};
use object_store::client::SpawnedReqwestConnector;

use super::error::StoreError;
use super::requests::Bucket;
use super::runtime;
use super::settings::{Settings, is_plain_loopback, parsed, unusable, variables, without_credentials};
use super::store::Store;

/// Where Azure's emulator is, and its account.
const EMULATOR: &str = "http://127.0.0.1:10000";
const EMULATED_ACCOUNT: &str = "devstoreaccount1";

pub(super) fn connect(container: &str, settings: &Settings) -> Result<Store, StoreError> {
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
        .with_client_options(settings.options(allows_http)?)
        .with_retry(settings.retry())
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
    let requests = settings.requests(Bucket::Azure(Arc::clone(&azure), url))?;
    Ok(Store { objects: Arc::clone(&azure) as _, multipart: azure, requests })
}
