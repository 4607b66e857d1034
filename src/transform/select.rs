//! Selects the columns of an output.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};

use crate::config::{ConfigError, Layout, Output, Owners, Partition};
use crate::resource;

/// Refuses a partition key that is a column of contacts or owners in any form. Warehouses ignore case.
pub(crate) fn check_partition(output: &Output) -> Result<(), ConfigError> {
    let schema = resource::schema();
    let columns = schema.fields().iter().map(|field| field.name().as_str());
    check_key(output, columns.chain([resource::OWNER, resource::CONTACTS]))
}

/// Refuses a partition key that is a column of changes.
pub(crate) fn check_partition_of_changes(output: &Output) -> Result<(), ConfigError> {
    check_partition(output)?;
    check_key(output, resource::change_fields().iter().map(|field| field.name().as_str()))
}

fn check_key<'c>(output: &Output, mut columns: impl Iterator<Item = &'c str>) -> Result<(), ConfigError> {
    let Some(key) = output.partition().map(Partition::key) else { return Ok(()) };
    if columns.any(|column| column.eq_ignore_ascii_case(key)) {
        return Err(ConfigError::Usage(format!("--partition cannot use {key}, which is a column: choose another key")));
    }
    Ok(())
}

/// The columns of an output, by their names in the whole table.
#[derive(Debug)]
pub(super) struct Columns {
    kept: Vec<FieldRef>,
    dropped: Vec<String>,
    owners: Owners,
}

impl Columns {
    pub fn of(layout: &Layout) -> Result<Self, ConfigError> {
        let chosen = layout.columns.as_ref().map(|names| named(names, "--columns")).transpose()?;
        let dropped = named(&layout.dropped, "--drop")?;
        if dropped.contains(resource::ID) {
            return Err(ConfigError::Usage(
                "id cannot be dropped: without it, duplicate contacts could not be detected".to_owned(),
            ));
        }
        for name in layout.columns.iter().flatten() {
            if named(std::slice::from_ref(name), "--columns")?.is_subset(&dropped) {
                return Err(ConfigError::Usage(format!(
                    "{name} is in both --columns and --drop: remove it from one of them"
                )));
            }
        }
        let is_kept = |name: &str| {
            name == resource::ID
                || chosen.as_ref().is_none_or(|chosen| chosen.contains(name)) && !dropped.contains(name)
        };
        let schema = resource::schema();
        let has_owner = schema.fields().iter().any(|field| is_owners(field) && is_kept(field.name()));
        if layout.owners == Owners::Struct && !has_owner {
            return Err(ConfigError::Usage(
                "--owners struct requires at least one owner column: change --columns or --drop".to_owned(),
            ));
        }
        let (kept, dropped): (Vec<_>, Vec<_>) = schema.fields().iter().partition(|field| is_kept(field.name()));
        Ok(Self {
            kept: kept.into_iter().map(Arc::clone).collect(),
            dropped: dropped.into_iter().map(|field| field.name().clone()).collect(),
            owners: layout.owners,
        })
    }

    /// The field of a selected column.
    pub fn get(&self, name: &str) -> Option<&FieldRef> {
        self.kept.iter().find(|field| field.name() == name)
    }

    /// The names of the columns that are not selected.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// Whether owners have their own table.
    pub fn has_owners_table(&self) -> bool {
        self.owners == Owners::Table
    }

    /// The selected columns of the owner, except its id.
    pub fn of_owner(&self) -> impl Iterator<Item = &FieldRef> {
        self.kept.iter().filter(|field| is_owners(field) && field.name() != resource::OWNER_ID)
    }

    /// The fields of the contacts in the output.
    pub fn fields(&self) -> Vec<FieldRef> {
        let mut fields = Vec::new();
        let mut of_owner = Vec::new();
        for field in &self.kept {
            match self.owners {
                Owners::Struct if is_owners(field) => {
                    if of_owner.is_empty() {
                        fields.push(Arc::new(Field::new(resource::OWNER, DataType::Null, true)));
                    }
                    let key = field.name().trim_start_matches(resource::OWNER_COLUMNS);
                    of_owner.push(field.as_ref().clone().with_name(key));
                }
                Owners::Table if is_owners(field) && field.name() != resource::OWNER_ID => {}
                _ => fields.push(Arc::clone(field)),
            }
        }
        if let Some(owner) = fields.iter_mut().find(|field| field.name() == resource::OWNER) {
            *owner = Arc::new(Field::new(resource::OWNER, DataType::Struct(of_owner.into()), true));
        }
        fields
    }
}

fn is_owners(field: &Field) -> bool {
    field.name().starts_with(resource::OWNER_COLUMNS)
}

/// The columns named by an option.
fn named(names: &[String], option: &str) -> Result<BTreeSet<String>, ConfigError> {
    let schema = resource::schema();
    let all = || schema.fields().iter();
    let mut found = BTreeSet::new();
    for name in names {
        if name == resource::OWNER {
            found.extend(all().filter(|field| is_owners(field)).map(|field| field.name().clone()));
        } else if all().any(|field| field.name() == name) {
            found.insert(name.clone());
        } else {
            let names: Vec<_> = all().map(|field| field.name().as_str()).collect();
            return Err(ConfigError::Usage(format!(
                "unknown column {name:?} in {option}; available: {}, and {} for all columns of the owner",
                names.join(", "),
                resource::OWNER
            )));
        }
    }
    Ok(found)
}
