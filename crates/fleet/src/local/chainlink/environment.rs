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

/// `None` for those that no program of the nodes' must see.
pub(super) fn hidden() -> impl Iterator<Item = (OsString, Option<OsString>)> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| !PASSED.iter().any(|passed| name == passed)).map(|name| (name, None))
}

/// What a node is told, and `None` for what it must not see.
pub(super) fn of(memory_mib: u32) -> Vec<(OsString, Option<OsString>)> {
    // Without it a node that has made its keys keeps the 900 MB that this took for minutes.
    let limit = ("GOMEMLIMIT".into(), Some(format!("{memory_mib}MiB").into()));
    hidden().chain([limit]).collect()
}
