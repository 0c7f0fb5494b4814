//! Whoever reads what a command prints may go away at any moment, and a disk may be full.

use std::{
    fs::{self, File},
    io::{self, Read},
    process::{Command, Output, Stdio},
};

use crate::{fixture::restrict, program::linkpool};

const KEYSTORE: &str = include_str!("../../../tx-manager/tests/keystore.json");

/// Commands that print something here without chain or database, and the code with which they end.
const PRINTING: [(&str, i32); 5] = [("openapi", 0), ("doctor", 3), ("doctor --json", 3), ("keys list", 0), ("signer address", 0)];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("keystore.json", KEYSTORE), ("password", "a test password\n")] {
        fs::write(folder.path().join(name), text).unwrap();
        restrict(&folder.path().join(name), 0o600);
    }
    let settings = "[registrar]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n";
    fs::write(folder.path().join("linkpool.toml"), settings).unwrap();
    folder
}

fn command(folder: &tempfile::TempDir, line: &str) -> Command {
    let mut command = linkpool();
    command.current_dir(folder.path()).args(line.split_whitespace());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_reader_that_wants_no_more_ends_a_command_quietly() {
    let folder = folder();
    for (line, _) in PRINTING {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = command(&folder, line).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!((output.status.code(), said(&output)), (Some(141), String::new()), "{line}");
    }
}

#[test]
fn the_beginning_of_an_answer_can_be_had() {
    let folder = folder();
    let (mut reader, writer) = io::pipe().unwrap();
    let mut child = command(&folder, "openapi").stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    let mut begin = [0];
    reader.read_exact(&mut begin).unwrap();
    drop(reader);
    assert_eq!(begin, *b"{");
    // It may have been done before the pipe was closed.
    assert!([Some(0), Some(141)].contains(&child.wait().unwrap().code()));
}

#[test]
fn half_an_answer_on_a_full_disk_is_a_failure() {
    let folder = folder();
    for (line, _) in PRINTING {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = command(&folder, line).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {}", said(&output));
        assert_eq!(said(&output), "linkpool: cannot write the answer: No space left on device (os error 28)\n", "{line}");
    }
}

#[test]
fn a_command_whose_remarks_nobody_reads_ends_as_it_would_have() {
    let folder = folder();
    for (line, code) in PRINTING.into_iter().chain([("migrate", 2), ("index", 2), ("nonsense", 2), ("--help", 0)]) {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let status = command(&folder, line).stdout(Stdio::null()).stderr(writer).status().unwrap();
        assert_eq!(status.code(), Some(code), "{line}");
        // Closed altogether: then the first file that is opened would be stderr.
        let status = Command::new("sh")
            .current_dir(folder.path())
            .args(["-c", &format!("exec \"$0\" {line} >&- 2>&-"), env!("CARGO_BIN_EXE_linkpool")])
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{line} with everything closed");
    }
}
