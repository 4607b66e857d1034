//! The keys of the objects that belong to an output.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::OutFile;
use crate::destination::plan::Plan;
use crate::manifest::Listing;
use crate::naming::{self, DirectoryNames, FileNames};
use crate::storage::ObjectUrl;

/// The keys of an output's objects.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    /// The object or directory.
    target: String,
    pub manifest: String,
    pub lock: String,
    pub pending: String,
    /// The empty object that marks a directory as complete.
    pub success: Option<String>,
    /// The key of an object's owners.
    owners: Option<String>,
    /// The keys that the owners of an earlier export may have, whose format may have been another one.
    former_owners: Vec<String>,
}

/// The key of a URL.
pub(super) fn key_of(url: &Path) -> String {
    let url = url.to_str().and_then(|text| ObjectUrl::parse(text).ok());
    url.map(|url| url.key().to_owned()).unwrap_or_default()
}

/// The URL of a key that is beside `target`.
pub(super) fn url_beside(target: &Path, key: &str) -> PathBuf {
    target.with_file_name(key.rsplit('/').next().unwrap_or(key))
}

impl Keys {
    pub fn of(target: &Path, plan: Plan<'_>) -> io::Result<Self> {
        let keys = |[target, manifest, lock, pending]: [&PathBuf; 4]| Self {
            target: key_of(target),
            manifest: key_of(manifest),
            lock: key_of(lock),
            pending: key_of(pending),
            success: None,
            owners: None,
            former_owners: Vec::new(),
        };
        if plan.output.is_directory() {
            let DirectoryNames { target, manifest, lock, pending } = DirectoryNames::of(target)?;
            let success = key_of(&target.join(DirectoryNames::SUCCESS));
            return Ok(Self { success: Some(success), ..keys([&target, &manifest, &lock, &pending]) });
        }
        let FileNames { target, manifest, lock, pending, .. } = FileNames::of(target)?;
        let former_owners = OutFile::owners_of(&target).map(|owners| key_of(&owners)).collect();
        let owners = plan.output.owners_path(plan.encoding).map(|owners| key_of(&owners));
        Ok(Self { owners, former_owners, ..keys([&target, &manifest, &lock, &pending]) })
    }

    /// The keys of the part files and of the owners that a manifest lists. Names that lead elsewhere are ignored.
    pub fn files_of(&self, listing: &Listing) -> Vec<String> {
        let names = listing.parts.iter().chain(listing.owners_file()).filter_map(|file| file.name.as_deref());
        names.map(|name| self.key_of_name(name)).filter(|key| self.may_be_former(key)).collect()
    }

    /// The key of a file that a manifest lists under this name.
    pub fn key_of_name(&self, name: &str) -> String {
        match (&self.success, self.target.rsplit_once('/')) {
            (Some(_), _) => format!("{}/{name}", self.target),
            (None, Some((before, _))) => format!("{before}/{name}"),
            (None, None) => name.to_owned(),
        }
    }

    /// What the keys of all uploads to the output begin with.
    pub fn prefixes(&self) -> Vec<String> {
        if self.success.is_some() {
            return vec![format!("{}/", self.target)];
        }
        std::iter::once(&self.target).chain(&self.owners).cloned().collect()
    }

    /// Whether a key may be that of a file of the export that is replaced.
    pub fn may_be_former(&self, key: &str) -> bool {
        if self.success.is_some() {
            self.is_of_output(key)
        } else {
            self.former_owners.iter().any(|owners| owners == key)
        }
    }

    /// Whether a key is that of contacts or owners of this output, in any run.
    pub fn is_of_output(&self, key: &str) -> bool {
        if self.success.is_none() {
            return key == self.target || self.owners.as_deref() == Some(key);
        }
        let within = key.strip_prefix(&self.target).and_then(|rest| rest.strip_prefix('/'));
        within.is_some_and(|name| match name.split_once('/') {
            None => naming::is_part(name),
            Some((directory, name)) => naming::is_owners_directory(Path::new(directory)) && !name.contains('/'),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BaseUrl, ContactsConfig, ExportConfig, Format, Output, PlainHttp, Token};

    fn keys(url: &str) -> Keys {
        let base_url = BaseUrl::parse(BaseUrl::PRODUCTION, PlainHttp::Loopback).unwrap();
        let contacts = ContactsConfig::new(base_url, Token::new("t").unwrap());
        let config = ExportConfig::new(contacts, Output::named(url.into(), None), Format::Parquet);
        Keys::of(&config.output.target().unwrap(), Plan::from(&config)).unwrap()
    }

    #[test]
    fn an_object_has_owners_beside_it() {
        let keys = keys("s3://b/a/c.parquet");
        assert_eq!((&*keys.manifest, &*keys.lock), ("a/c.parquet.manifest.json", "a/.c.parquet.lock"));
        assert_eq!(keys.prefixes(), ["a/c.parquet", "a/c.owners.parquet"]);
        assert!(keys.may_be_former("a/c.owners.csv") && !keys.may_be_former("a/c.parquet"));
        for (key, is) in [
            ("a/c.parquet", true),
            ("a/c.owners.parquet", true),
            ("a/c.owners.csv", false),
            ("a/c.parquet2", false),
            ("c.parquet", false),
        ] {
            assert_eq!(keys.is_of_output(key), is, "{key}");
        }
        assert_eq!(keys.key_of_name("c.owners.csv"), "a/c.owners.csv");
        assert_eq!(self::keys("s3://b/c.parquet").key_of_name("x"), "x");
    }

    #[test]
    fn a_directory_has_parts_and_owners_in_it() {
        let keys = keys("s3://b/a/out/");
        assert_eq!((&*keys.manifest, &*keys.pending), ("a/out/_manifest.json", "a/.out.pending"));
        assert_eq!(keys.prefixes(), ["a/out/"]);
        for (key, is) in [
            ("a/out/part-00000-1.parquet", true),
            ("a/out/_owners/owners-1.parquet", true),
            ("a/out/_manifest.json", false),
            ("a/out/day=1/part-00000-1.parquet", false),
            ("a/out2/part-00000-1.parquet", false),
        ] {
            assert_eq!(keys.is_of_output(key), is, "{key}");
        }
    }
}
