//! `dateline schema`: the JSON Schemas of the records, on standard output.

use crate::publish::schema;
use std::io::{self, Write};

/// Writes the schema of that name (`article`, `article/1`), or all of them as one object by name. False when there is
/// none of that name; the message is for standard error.
pub fn write(name: Option<&str>, mut out: impl Write) -> io::Result<Result<(), String>> {
    let value = match name {
        Some(name) => match schema::find(name) {
            Some(found) => found.schema,
            None => {
                let names: Vec<&str> = schema::all().iter().map(|schema| schema.name).collect();
                return Ok(Err(format!("there is no schema {name:?}: the schemas are {}", names.join(", "))));
            }
        },
        None => schema::all().into_iter().map(|schema| (schema.name.to_owned(), schema.schema)).collect(),
    };
    serde_json::to_writer_pretty(&mut out, &value)?;
    writeln!(out)?;
    Ok(Ok(()))
}
