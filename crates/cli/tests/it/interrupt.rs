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
