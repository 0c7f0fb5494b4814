//! `linkpool openapi`

use anyhow::Result;

pub fn run() -> Result<()> {
    println!("{}", linkpool_api::openapi_json());
    Ok(())
}
