//! What needs neither chain nor database: files that hold secrets, and settings that a role would refuse at its start.

use std::path::Path;

use anyhow::Result;
use linkpool_primitives::Address;
use linkpool_secrets::Fault;

use super::report::Report;
use crate::config::Config;

/// Files that hold secrets: there, ours, and for nobody else's eyes.
pub fn files(config: &Config, report: &mut Report) {
    let files = config.secret_files();
    let mut good = 0;
    for (setting, path) in &files {
        match fault(path) {
            None => good += 1,
            Some((sentence, to_do)) => report.fail("secret-file", format!("{setting}: {} {sentence}", path.display()), to_do),
        }
    }
    if good == files.len() {
        report.ok("secret-file", format!("{good} files with secrets, which only their owner can read"));
    }
}

/// Told before a role is started.
pub fn settings(config: &Config, report: &mut Report) {
    let mut faults = 0;
    let mut look = |checked: Result<()>| {
        if let Err(error) = checked {
            faults += 1;
            report.fail(
                "settings",
                error.to_string(),
                "correct linkpool.toml or the variable: a role refuses to start like this",
            );
        }
    };
    let transactions = config.transactions.settings();
    look(transactions.as_ref().map(drop).map_err(|error| anyhow::anyhow!("{error}")));
    look(config.registrar.settings(Address::ZERO, transactions.unwrap_or_default()).map(drop));
    look(config.doctor.balance_eth.wei("doctor.balance_eth").map(drop));
    look(config.pool().map(drop));
    look(config.earnings_factory().map(drop));
    look(config.earnings.settings(Address::ZERO, Address::ZERO, config.transactions.settings().unwrap_or_default()).map(drop));
    if config.reporter.is_set() {
        look(config.reporter.settings(Address::ZERO).map(drop));
    }
    if faults == 0 {
        report.ok("settings", "every amount, address and interval is one that the roles take");
    }
}

/// What is wrong with a file, and what to do.
fn fault(path: &Path) -> Option<(String, String)> {
    let fault = linkpool_secrets::check(path).err()?;
    Some(match &fault {
        Fault::Io(error) => (format!("can't be looked at: {error}"), "make the file, or correct the setting".into()),
        Fault::Open { mode } => (format!("holds a secret but has mode {mode:04o}"), format!("run chmod 600 {}", path.display())),
        fault => (fault.to_string(), "correct the file or the setting".into()),
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_secret_that_others_can_read_is_a_fault_with_its_cure() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        assert!(fault(&path).is_some_and(|(sentence, _)| sentence.contains("can't be looked at")));
        fs::write(&path, "secret").unwrap();
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o640);
        let (sentence, to_do) = fault(&path).unwrap();
        assert!(sentence.contains("mode 0640") && to_do.contains("chmod 600"), "{sentence} {to_do}");
        mode(0o600);
        assert_eq!(fault(&path), None);
    }
}
