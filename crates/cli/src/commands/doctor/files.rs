//! Files that hold secrets: there, ours, and for nobody else's eyes.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use super::report::Report;
use crate::config::Config;

pub fn check(config: &Config, report: &mut Report) {
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

/// What is wrong with a file, and what to do.
fn fault(path: &Path) -> Option<(String, String)> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return Some((format!("can't be looked at: {error}"), "make the file, or correct the setting".into())),
    };
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Some((format!("holds a secret but has mode {mode:04o}"), format!("run chmod 600 {}", path.display())));
    }
    // This process's own entry belongs to the user it runs as.
    let user = fs::metadata("/proc/self").map(|own| own.uid()).unwrap_or(metadata.uid());
    if user != 0 && metadata.uid() != user {
        return Some((
            format!("belongs to user {}, and this is user {user}", metadata.uid()),
            "run as the user of the roles, or chown the file to it".into(),
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

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
