//! The variables that a node sees. A node takes many for settings, and refuses to start for some: it gets those that every program
//! needs, and no other of ours.

use std::ffi::OsString;

const PASSED: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "https_proxy",
    "no_proxy",
];

/// `None` for those that it must not see.
pub(super) fn of(memory_mib: u32) -> Vec<(OsString, Option<OsString>)> {
    let hidden = std::env::vars_os().map(|(name, _)| name).filter(|name| !PASSED.iter().any(|passed| name == passed));
    // Without it a node that has made its keys keeps the 900 MB that this took for minutes.
    let limit = ("GOMEMLIMIT".into(), Some(format!("{memory_mib}MiB").into()));
    hidden.map(|name| (name, None)).chain([limit]).collect()
}
