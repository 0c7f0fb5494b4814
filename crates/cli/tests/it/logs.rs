//! What is logged, how, and what an operator is told who asked for something else.

use std::{
    io::Read,
    os::unix::{ffi::OsStrExt, process::ExitStatusExt},
    process::Stdio,
    sync::mpsc,
    time::{Duration, Instant},
};

use linkpool_testkit::TestDatabase;
use serde_json::Value;

use crate::program::{assert_refused, linkpool};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn a_log_level_that_means_nothing_is_refused() {
    for (text, expect) in [
        ("inof", "LINKPOOL_LOG: `inof` is neither a level (off, error, warn, info, debug, trace) nor a part of the program"),
        ("linkpool_indxer=debug", "`linkpool_indxer` is neither a level"),
        ("linkpool_indexer=debgu", "`debgu` is no level"),
    ] {
        assert_refused(&linkpool().env("LINKPOOL_LOG", text).arg("openapi").output().unwrap(), 2, &[expect]);
    }
    let output = linkpool().env("LINKPOOL_LOG", std::ffi::OsStr::from_bytes(&[0xff])).arg("openapi").output().unwrap();
    assert_refused(&output, 2, &["LINKPOOL_LOG: it is not UTF-8 text"]);
    for text in ["", "debug", "warn,linkpool_indexer=trace"] {
        assert!(linkpool().env("LINKPOOL_LOG", text).arg("openapi").output().unwrap().status.success(), "{text}");
    }
}

#[test]
fn a_fatal_error_is_a_log_line_where_log_lines_are_json() {
    let folder = tempfile::tempdir().unwrap();
    for (line, environment, code, text) in [
        ("migrate --log-json", None, 2, "no database is given"),
        ("migrate --log-json --database-url postgres://nobody@127.0.0.1:1/none", None, 5, "127.0.0.1:1"),
        ("--log-json nonsense", None, 2, "unrecognized subcommand"),
        ("openapi --log-json", Some(("LINKPOOL_LOG", "inof")), 2, "LINKPOOL_LOG"),
    ] {
        let mut command = linkpool();
        let output = command.current_dir(folder.path()).args(line.split_whitespace()).envs(environment).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<Value> = stderr.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let last = lines.last().unwrap();
        assert_eq!((&last["level"], &last["fields"]["exit_code"]), (&"ERROR".into(), &code.into()), "{line}");
        assert!(last["fields"]["message"].as_str().unwrap().contains(text), "{stderr}");
        assert!(last["timestamp"].is_string() && last["target"] == "linkpool", "{stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_goes_on_after_sighup_and_says_so() {
    let database = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let migrated = linkpool().current_dir(folder.path()).args(["migrate", "--database-url", database.url()]).output().unwrap();
    assert!(migrated.status.success());
    let mut child = linkpool()
        .current_dir(folder.path())
        .args(["api", "--listen", "127.0.0.1:0", "--database-url", database.url()])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut read = String::new();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut bytes) {
            let _ = tell.send(String::from_utf8_lossy(&bytes[..count]).into_owned());
        }
    });
    let until = |text: &str, read: &mut String| {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while !read.contains(text) {
            let more = told.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            read.push_str(&more.unwrap_or_else(|_| panic!("it ended, or did not say {text:?}: {read}")));
        }
    };
    until("serving the page and the API", &mut read);
    let pid = rustix::process::Pid::from_child(&child);
    for _ in 0..2 {
        read.clear();
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
        until("SIGHUP changes nothing", &mut read);
    }
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{:?} {:?}", status.code(), status.signal());
}
