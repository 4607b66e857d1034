//! The form that was asked for: batches of the whole table come in, batches of the output's columns go out.
//!
//! Columns are chosen, hashed and nested here, and owners gathered into a table of their own. No value is lost by a
//! change of form: what a form has no column for goes into `extra`, as in the table.

mod extra;
mod hash;
mod owners;
mod phone;
mod select;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::config::{ConfigError, Content, Layout, Owners};
use crate::resource;
use extra::Extra;
use hash::Keyed;
pub(crate) use hash::key_id;
pub(crate) use owners::OwnersTable;
use owners::OwnersTally;
use select::Columns;
pub(crate) use select::check_partition;

/// The columns that a layout gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Schemas {
    /// Those of the contacts.
    pub contacts: SchemaRef,
    /// Those of the owners, where they have a table.
    pub owners: Option<SchemaRef>,
}

/// The columns that a layout gives, without an export.
///
/// # Errors
/// If a column is none of the table, or cannot be treated as was asked.
pub fn schemas(layout: &Layout) -> Result<Schemas, ConfigError> {
    let arrange = Arrange::new(&Content::Table(layout.clone()))?;
    let owners = match &arrange.form {
        Form::Table(table) => table.owners.as_ref().map(OwnersTally::schema),
        Form::Raw => None,
    };
    Ok(Schemas { contacts: arrange.schema(), owners })
}

/// Brings batches into the form of an output.
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
    keyed: Option<Keyed>,
    extra: Extra,
    owners: Option<OwnersTally>,
}

impl Arrange {
    /// Arranges as was asked for.
    ///
    /// # Errors
    /// If a column is none of the table, or cannot be treated as was asked.
    pub fn new(content: &Content) -> Result<Self, ConfigError> {
        let layout = match content {
            Content::Raw => return Ok(Self { form: Form::Raw, schema: resource::raw_schema() }),
            Content::Table(layout) => layout,
        };
        let columns = Columns::of(layout)?;
        let keyed = layout.hashed.as_ref().map(|hashed| Keyed::new(hashed, &columns)).transpose()?;
        let extra = Extra::new(&columns, keyed.as_ref());
        let owners = (layout.owners == Owners::Table).then(|| OwnersTally::new(&columns)).transpose()?;
        let schema = Arc::new(Schema::new(columns.fields()));
        Ok(Self { form: Form::Table(Box::new(Table { keyed, extra, owners })), schema })
    }

    /// The columns of the contacts.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Takes a batch of the whole table; returns it in the form that was asked for.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        match &mut self.form {
            Form::Raw => batch.project(&[batch.schema().index_of(resource::RAW)?]),
            Form::Table(table) => table.take(batch, &self.schema),
        }
    }

    /// The owners of all contacts taken, where they have a table.
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
        if let Some(keyed) = &self.keyed {
            batch = replaced(&batch, |name, column| keyed.column(name, column))?;
        }
        if self.extra.changes() {
            let extra = self.extra.column(&batch, self.keyed.as_ref())?;
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

/// The batch, with other columns where `replace` gives some.
fn replaced(
    batch: &RecordBatch,
    replace: impl Fn(&str, &ArrayRef) -> Option<ArrayRef>,
) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| replace(field.name(), column).unwrap_or_else(|| Arc::clone(column)));
    RecordBatch::try_new(Arc::clone(&schema), columns.collect())
}

/// The owner as a struct: null where all of its fields are.
fn nested(batch: &RecordBatch, fields: &Fields) -> Result<ArrayRef, ArrowError> {
    let columns: Result<Vec<_>, _> =
        fields.iter().map(|field| column(batch, &resource::owner_column(field.name())).map(Arc::clone)).collect();
    let columns = columns?;
    let is_there = |row| columns.iter().any(|column: &ArrayRef| column.is_valid(row));
    let there: NullBuffer = (0..batch.num_rows()).map(is_there).collect();
    Ok(Arc::new(StructArray::try_new(fields.clone(), columns, Some(there))?))
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")))
}

fn text<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, ArrowError> {
    column(batch, name).map(AsArray::as_string)
}
