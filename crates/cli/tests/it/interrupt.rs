//! Ctrl-C during `linkpool dev --check`.

use std::{
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::program::linkpool;

#[test]
fn a_check_that_is_interrupted_while_it_starts_has_not_passed() {
    let mut process = linkpool().args(["dev", "--check"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(process.stderr.take().unwrap());
    let mut said = String::new();
    // The first part is there, so signals are heard.
    stderr.read_line(&mut said).unwrap();
    kill_process(Pid::from_child(&process), Signal::INT).unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(3), "{said}");
    assert!(said.trim_end().ends_with("linkpool: the check was interrupted: nothing is proven, run it again"), "{said}");
}

#[test]
fn a_stack_whose_answer_nobody_reads_ends_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = linkpool()
        .args(["dev", "--ephemeral", "--listen", "127.0.0.1:0"])
        .env("TMPDIR", folder.path())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert_eq!(output.status.code(), Some(141), "{}", String::from_utf8_lossy(&output.stderr));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}
