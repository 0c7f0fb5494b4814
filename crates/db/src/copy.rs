//! Rows as a binary COPY takes them: for each tuple the count of its fields, for each field its length and its bytes.

use crate::{Result, pool::Connection};

/// Rows are sent in parts about so long, however many they are.
const PART_BYTES: usize = 256 << 10;

/// Copies rows into a table. `write` appends as many fields as there are columns.
pub(crate) async fn copy_rows<T>(
    connection: &mut Connection,
    table: &str,
    columns: &[&str],
    rows: &[T],
    write: fn(&T, &mut Vec<u8>),
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // No table has more than 1,600 columns.
    let count = (columns.len() as i16).to_be_bytes();
    let statement = format!("copy {table} ({}) from stdin (format binary)", columns.join(", "));
    let mut copy = connection.copy(&statement).await?;
    let mut part = Vec::new();
    for row in rows {
        part.extend_from_slice(&count);
        write(row, &mut part);
        if part.len() >= PART_BYTES {
            copy.send(&part).await?;
            part.clear();
        }
    }
    copy.send(&part).await?;
    copy.finish().await?;
    Ok(())
}

pub(crate) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}
