//! The paths of a run: no output may overwrite another, or an input.

use std::path::{Path, PathBuf};

use super::Contacts;
use crate::cli::server;
use crate::config::Output;
use crate::{DestinationError, RunPaths, check_apart};

/// All paths of a run, except its report and metrics.
#[derive(Debug)]
pub struct Places {
    output: Output,
    manifest: Option<PathBuf>,
    kit: Option<PathBuf>,
    /// Each with its description.
    inputs: Vec<(PathBuf, &'static str)>,
}

impl Contacts {
    /// The given paths.
    pub(super) fn places(&self) -> Places {
        let authorities = server::authorities();
        let inputs = [
            (self.token.file(), "the token file"),
            (self.hashing.hmac_key_file.as_deref(), "the HMAC key file"),
            (self.server.ca_cert(), "the file of --ca-cert"),
            (authorities.as_deref(), "the file of SSL_CERT_FILE"),
            // They are written, but nothing else belongs there.
            (self.destination.changes(), "the path of --changes"),
        ];
        Places {
            output: self.destination.output(),
            manifest: self.destination.manifest().map(Path::to_owned),
            kit: self.destination.kit().map(Path::to_owned),
            inputs: inputs.into_iter().filter_map(|(path, what)| Some((path?.to_owned(), what))).collect(),
        }
    }
}

impl Places {
    /// Refuses outputs that would overwrite each other, or an input.
    pub fn check(&self, records: &[&Path]) -> Result<(), DestinationError> {
        match self.apart(&[], self.kit.as_deref()) {
            // A refused kit conflicts with nothing else.
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
