//! What a newcomer sees whose machine lacks something.

#![allow(clippy::unwrap_used)]

use std::{
    os::unix::fs::symlink,
    path::PathBuf,
    process::{Command, Output},
};

fn found(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file()).unwrap()
}

/// `cargo xtask install` on a machine that has these tools only.
fn install_with(tools: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for tool in tools {
        symlink(found(tool), folder.path().join(tool)).unwrap();
    }
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("install").env("PATH", folder.path()).output().unwrap()
}

fn assert_refused(tools: &[&str], message: &str) {
    let output = install_with(tools);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.trim().lines().collect::<Vec<_>>(), [message]);
}

#[test]
fn a_missing_node_is_one_line_that_says_what_to_install() {
    assert_refused(&[], "xtask: node was not found: install Node.js 20 or newer");
}

#[test]
fn a_missing_npm_is_one_line_that_says_what_to_install() {
    assert_refused(&["node"], "xtask: npm was not found: install it beside Node.js");
}

#[test]
fn a_missing_c_compiler_is_one_line_that_says_what_to_install() {
    // npm is a script that looks for env, then node.
    let missing = "a C compiler was not found: install one that answers to `cc` (on Debian: apt-get install gcc libc6-dev)";
    assert_refused(&["node", "npm", "env"], &format!("xtask: {missing}"));
}
