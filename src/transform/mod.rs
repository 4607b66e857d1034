//! Transforms batches of the whole table into batches of the output's columns.
//!
//! It selects, hashes and nests columns, and collects owners into a table of their own. Nothing is lost by changing the
//! form: a value without a column goes into `extra`, as in the table.

mod batch;
mod extra;
mod hash;
mod owners;
mod phone;
mod select;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::config::{ConfigError, Content, Layout, Owners};
use crate::resource;
use batch::{column, nested, replaced};
use extra::Extra;
use hash::HashedColumns;
pub(crate) use hash::{key_id, normal_form};
pub(crate) use owners::OwnersTable;
use owners::OwnersTally;
use select::Columns;
pub(crate) use select::{check_partition, check_partition_of_changes};

/// The columns of an output.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Schemas {
    /// The columns of the contacts.
    pub contacts: SchemaRef,
    /// The columns of the owners, if they have their own table.
    pub owners: Option<SchemaRef>,
}

/// The columns that an export with this layout would have.
///
/// # Errors
/// If a column is unknown, or cannot be selected or hashed as requested.
pub fn schemas(layout: &Layout) -> Result<Schemas, ConfigError> {
    let arrange = Arrange::new(&Content::Table(layout.clone()))?;
    let owners = match &arrange.form {
        Form::Table(table) => table.owners.as_ref().map(OwnersTally::schema),
        Form::Raw => None,
    };
    Ok(Schemas { contacts: arrange.schema(), owners })
}

/// Transforms batches for an output.
#[derive(Debug)]
pub(crate) struct Arrange {
    form: Form,
    schema: SchemaRef,
}

#[derive(Debug)]
enum Form {
    Raw,
    Table(Box<Table>),
}

#[derive(Debug)]
struct Table {
    hashed: Option<HashedColumns>,
    extra: Extra,
    owners: Option<OwnersTally>,
}

impl Arrange {
    /// A transformation to the requested content.
    ///
    /// # Errors
    /// If a column is unknown, or cannot be selected or hashed as requested.
    pub fn new(content: &Content) -> Result<Self, ConfigError> {
        let layout = match content {
            Content::Raw => return Ok(Self { form: Form::Raw, schema: resource::raw_schema() }),
            Content::Table(layout) => layout,
        };
        let columns = Columns::of(layout)?;
        let hashed = layout.hashed.as_ref().map(|hashed| HashedColumns::new(hashed, &columns)).transpose()?;
        let extra = Extra::new(&columns, hashed.as_ref());
        let owners = (layout.owners == Owners::Table).then(|| OwnersTally::new(&columns)).transpose()?;
        let schema = Arc::new(Schema::new(columns.fields()));
        Ok(Self { form: Form::Table(Box::new(Table { hashed, extra, owners })), schema })
    }

    /// The columns of the contacts.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Transforms a batch of the whole table.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        match &mut self.form {
            Form::Raw => batch.project(&[batch.schema().index_of(resource::RAW)?]),
            Form::Table(table) => table.take(batch, &self.schema),
        }
    }

    /// The owners of all contacts so far, if they have their own table.
    pub fn finish(self) -> Option<OwnersTable> {
        match self.form {
            Form::Table(table) => table.owners.map(OwnersTally::finish),
            Form::Raw => None,
        }
    }
}

impl Table {
    fn take(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        let mut batch = batch.clone();
        if let Some(hashed) = &self.hashed {
            batch = replaced(&batch, |name, column| hashed.column(name, column))?;
        }
        if self.extra.changes() {
            let extra = self.extra.column(&batch, self.hashed.as_ref())?;
            batch = replaced(&batch, |name, _| (name == resource::EXTRA).then(|| Arc::clone(&extra)))?;
        }
        if let Some(owners) = &mut self.owners {
            owners.take(&batch)?;
        }
        let columns: Result<Vec<ArrayRef>, ArrowError> = schema
            .fields()
            .iter()
            .map(|field| match field.data_type() {
                DataType::Struct(fields) => nested(&batch, fields),
                _ => column(&batch, field.name()).map(Arc::clone),
            })
            .collect();
        RecordBatch::try_new(Arc::clone(schema), columns?)
    }
}
