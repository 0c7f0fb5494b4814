//! Rows as a binary COPY takes them: for each tuple the count of its fields, for each field its length and its bytes.

use crate::{Result, pool::Connection};

/// Tuples of one table.
#[derive(Debug)]
pub(crate) struct Tuples {
    columns: i16,
    bytes: Vec<u8>,
}

impl Tuples {
    pub fn of(columns: usize) -> Self {
        // No table has more than 1,600 columns.
        Self { columns: columns as i16, bytes: Vec::new() }
    }

    /// Begins a tuple: whoever asks appends as many fields as there are columns.
    pub fn begin(&mut self) -> &mut Vec<u8> {
        self.bytes.extend(self.columns.to_be_bytes());
        &mut self.bytes
    }

    pub async fn copy_into(self, connection: &mut Connection, table: &str, columns: &str) -> Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let statement = format!("copy {table} ({columns}) from stdin (format binary)");
        connection.copy_in(&statement, std::iter::once(self.bytes.as_slice())).await?;
        Ok(())
    }
}

pub(crate) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend((bytes.len() as i32).to_be_bytes());
    out.extend(bytes);
}
