//! The page is embedded from web/dist. A clone in which it has not been built yet gets an empty folder, so that a plain
//! `cargo build` works; the API then says how to build the page.

use std::{env, fs, path::Path};

fn main() {
    // As it is set when this runs: what was compiled into this program is the folder of another clone where both share a target.
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it for a build script");
    let dist = Path::new(&here).join("../../web/dist");
    if let Err(error) = fs::create_dir_all(&dist) {
        println!("cargo::error=cannot create {}: {error}", dist.display());
    }
    println!("cargo::rerun-if-changed=../../web/dist");
}
