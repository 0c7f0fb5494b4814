//! Programs from PyPI, each set in an environment of its own below target/.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result};

use crate::{
    failure::{bad_input, unreachable},
    shell::{self, root},
};

/// Where the programs are of exactly the packages of `requirements`, each checked against its hash. `programs` names them for
/// people.
pub fn environment(folder: &Path, requirements: &str, programs: &str) -> Result<PathBuf> {
    let (environment, stamp) = (folder.join("python"), folder.join("python.stamp"));
    let wanted = fs::read_to_string(root().join(requirements)).with_context(|| format!("reading {requirements}"))?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(environment.join("bin"));
    }
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let missing = format!("{programs} need Python 3.11 or newer with its venv module (on Debian: apt-get install python3-venv)");
    shell::timed(&format!("installing {programs}"), || {
        let mut python = shell::command("python3");
        python.args(["-m", "venv", "--clear"]).arg(&environment).stdin(Stdio::null());
        shell::run(&mut python).map_err(|_| bad_input(missing))?;
        let mut pip = shell::command(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--only-binary", ":all:"]);
        pip.args(["--require-hashes", "--requirement", requirements]).stdin(Stdio::null());
        shell::run(&mut pip).map_err(|_| unreachable("pip failed with the message above; it needs pypi.org once"))
    })?;
    fs::write(stamp, wanted).context("noting what is installed")?;
    Ok(environment.join("bin"))
}
