//! The paths that a run names: none may be written over another, or over what is read.

use std::path::{Path, PathBuf};

use super::super::server;
use super::Contacts;
use crate::config::Output;
use crate::{DestinationError, RunPaths, check_apart};

/// All paths of a run but those of its records.
#[derive(Debug)]
pub struct Places {
    output: Output,
    manifest: Option<PathBuf>,
    kit: Option<PathBuf>,
    /// Each with what it is.
    inputs: Vec<(PathBuf, &'static str)>,
}

impl Contacts {
    /// The paths that were named.
    pub(super) fn places(&self) -> Places {
        let authorities = server::authorities();
        let inputs = [
            (self.token.file(), "the token file"),
            (self.values.hmac_key_file.as_deref(), "the key file of --hmac"),
            (self.server.ca_cert(), "the file of --ca-cert"),
            (authorities.as_deref(), "the file of SSL_CERT_FILE"),
        ];
        Places {
            output: self.destination.output(),
            manifest: self.destination.manifest().map(Path::to_owned),
            kit: self.values.kit.clone(),
            inputs: inputs.into_iter().filter_map(|(path, what)| Some((path?.to_owned(), what))).collect(),
        }
    }
}

impl Places {
    /// Refuses paths that would be written over each other, or over what is read.
    pub fn check(&self, records: &[&Path]) -> Result<(), DestinationError> {
        match self.apart(&[], self.kit.as_deref()) {
            // A kit that is refused takes no record's place.
            Err(kit @ DestinationError::KitNotApart { .. }) => self.apart(records, None).and(Err(kit)),
            _ => self.apart(records, self.kit.as_deref()),
        }
    }

    fn apart(&self, records: &[&Path], kit: Option<&Path>) -> Result<(), DestinationError> {
        let inputs: Vec<_> = self.inputs.iter().map(|(path, what)| (path.as_path(), *what)).collect();
        let manifest = self.manifest.as_deref();
        check_apart(&RunPaths { output: &self.output, manifest, kit, records, inputs: &inputs })
    }
}
