//! `linkpool openapi`

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

pub fn run() -> Result<()> {
    match writeln!(std::io::stdout(), "{}", linkpool_api::openapi_json()) {
        // Whoever reads only the beginning has what they want.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("printing the document"),
    }
}
