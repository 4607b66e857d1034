//! Connections to Amazon S3, and to stores that are compatible with it.

use std::sync::Arc;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey as S3Key};
use object_store::client::SpawnedReqwestConnector;

use super::error::StoreError;
use super::requests::Bucket;
use super::runtime;
use super::settings::{Settings, is_plain_loopback, unusable, variables, without_credentials};
use super::store::Store;

pub(super) fn connect(bucket: &str, settings: &Settings) -> Result<Store, StoreError> {
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
        .with_client_options(settings.options(allows_http)?)
        .with_retry(settings.retry())
        .with_http_connector(SpawnedReqwestConnector::new(runtime::handle()));
    let s3: Arc<AmazonS3> = Arc::new(builder.build().map_err(|error| unusable(&error))?);
    let requests = settings.requests(Bucket::S3(Arc::clone(&s3)))?;
    Ok(Store { objects: Arc::clone(&s3) as _, multipart: s3, requests })
}
