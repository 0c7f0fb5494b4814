//! The page is embedded from web/dist. A clone in which it has not been built yet gets an empty folder, so that a plain
//! `cargo build` works; the API then says how to build the page.

use std::{fs, path::Path};

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    if let Err(error) = fs::create_dir_all(&dist) {
        println!("cargo::error=cannot create {}: {error}", dist.display());
    }
    println!("cargo::rerun-if-changed=../../web/dist");
}
