//! Running `linkpool` as its users do.

use std::process::{Command, Output};

/// The executable under test, without anything that the machine it runs on has configured.
pub fn linkpool() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linkpool"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LINKPOOL_") && name != "LINKPOOL_NODE_MODULES") {
        command.env_remove(name);
    }
    command
}

/// Checks that it refuses with this exit code and one line that holds each of these texts.
pub fn assert_refused(output: &Output, code: i32, texts: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    let line = stderr.lines().last().unwrap_or_default();
    assert!(line.starts_with("linkpool: "), "the last line is not the message: {stderr}");
    for text in texts {
        assert!(line.contains(text), "{text:?} is missing in {line:?}");
    }
    assert!(!stderr.contains("panicked") && !stderr.contains("backtrace"), "{stderr}");
}

/// The same of a command that was asked for JSON: its last line is an object.
pub fn assert_refused_json(output: &Output, code: i32, text: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    let line: serde_json::Value = serde_json::from_str(stderr.lines().last().unwrap_or_default()).expect(&stderr);
    assert_eq!(line["fields"]["exit_code"], code, "{stderr}");
    assert!(line["fields"]["message"].as_str().unwrap().contains(text), "{text:?} is missing in {stderr}");
}
