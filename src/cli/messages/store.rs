//! Hints for errors of object stores, by the store's own code.

use std::io::ErrorKind;

use crate::storage::StoreError;

/// What to do about an error.
pub fn hint(error: &StoreError) -> &'static str {
    match error.code.as_deref().unwrap_or_default() {
        "NoSuchBucket" | "ContainerNotFound" | "InvalidBucketName" => {
            "create the bucket or container first, or correct its name in the URL"
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            "get new credentials, for example with eval \"$(aws configure export-credentials --format env)\""
        }
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "AuthenticationFailed" | "InvalidToken" => {
            "check the keys in the variables of the cloud, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        }
        "AccessDenied" | "AuthorizationPermissionMismatch" | "AuthorizationFailure" | "AllAccessDisabled" => {
            "give the key the rights that docs/object-stores.md lists"
        }
        "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
            "set AWS_REGION to the region of the bucket"
        }
        "RequestTimeTooSkewed" => "set the clock of this machine: signatures contain the time",
        _ => match error.kind {
            ErrorKind::InvalidInput if error.to_string().contains("certificate") => {
                "if you trust the store, add its CA certificate: --ca-cert for an export, otherwise the variable SSL_CERT_FILE"
            }
            ErrorKind::InvalidData => "set AWS_REGION to the region of the bucket",
            ErrorKind::PermissionDenied if error.to_string().starts_with("no credentials: AWS_") => {
                "set the variables of the cloud: docs/object-stores.md lists them. With the AWS CLI: eval \"$(aws configure \
                 export-credentials --format env)\""
            }
            ErrorKind::PermissionDenied if error.to_string().starts_with("no credentials") => {
                "set the variables of the cloud: docs/object-stores.md lists them"
            }
            ErrorKind::PermissionDenied => "check the keys, and give them the rights that docs/object-stores.md lists",
            ErrorKind::NotConnected | ErrorKind::TimedOut => {
                "check the network, and the endpoint if one is set (AWS_ENDPOINT_URL); otherwise retry later"
            }
            _ if error.may_pass() => "retry later; an earlier object of that name is untouched",
            _ => "docs/object-stores.md lists the variables and the rights that are needed",
        },
    }
}
