//! Postgres refuses to run as root. A normal user just runs it; root has two ways around.

use std::{
    os::unix::{fs::MetadataExt, fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, Result};

/// The user "nobody" on every Linux.
const NOBODY: u32 = 65534;
/// Holds copies for the user "nobody" of what lies in folders closed to it.
const OPEN_FOLDER: &str = "/var/lib/linkpool";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunAs {
    /// As this process's user, which is not root.
    Caller,
    /// As this process's user outside, but as "nobody" inside a user namespace: nothing has to be copied or given away.
    /// For root, and for a user without an account, whom `initdb` refuses.
    Namespace,
    /// As the user "nobody", where user namespaces are forbidden (some containers).
    Nobody,
}

impl RunAs {
    /// The best way that works for this process.
    pub fn detect() -> Self {
        let user = rustix::process::geteuid();
        if !user.is_root() && has_account(user.as_raw()) {
            return Self::Caller;
        }
        match (succeeds(in_namespace("true".as_ref())), user.is_root()) {
            (true, _) => Self::Namespace,
            (false, true) => Self::Nobody,
            (false, false) => Self::Caller,
        }
    }

    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = match self {
            Self::Caller => Command::new(program),
            Self::Namespace => in_namespace(program.as_os_str()),
            Self::Nobody => {
                let mut command = Command::new(program);
                command.uid(NOBODY).gid(NOBODY);
                command
            }
        };
        // The working directory may be closed to the other user.
        command.current_dir("/").env("LC_ALL", "C");
        command
    }

    /// The programs at a place where they can be run.
    pub(super) fn reachable_programs(self, native: &Path) -> Result<PathBuf> {
        if self != Self::Nobody || is_open(native) {
            return Ok(native.to_owned());
        }
        let copy = Path::new(OPEN_FOLDER).join(format!("postgres-{}", fingerprint(native)));
        if !copy.exists() {
            let partial = copy.with_extension(format!("partial-{}", std::process::id()));
            copy_tree(native, &partial)?;
            std::fs::rename(&partial, &copy).map_err(Error::io(format!("make {}", copy.display())))?;
        }
        Ok(copy)
    }

    /// Where the cluster of a data directory lies: in it, unless the other user could not get there.
    pub(super) fn reachable_home(self, data_dir: &Path) -> Result<PathBuf> {
        if self != Self::Nobody || is_open(data_dir) {
            return Ok(data_dir.to_owned());
        }
        let home = Path::new(OPEN_FOLDER).join(format!("data-{}", fingerprint(data_dir)));
        std::fs::create_dir_all(&home).map_err(Error::io(format!("make {}", home.display())))?;
        tracing::info!(dir = %home.display(), "the database lies here, because its user may not enter the data directory");
        Ok(home)
    }

    /// Gives a fresh folder or file to the user that Postgres runs as.
    pub(super) fn own(self, path: &Path) -> Result<()> {
        if self != Self::Nobody {
            return Ok(());
        }
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).map_err(Error::io(format!("hand over {}", path.display())))
    }
}

fn in_namespace(program: &std::ffi::OsStr) -> Command {
    let mut command = Command::new("unshare");
    // Mapped to a user that has an account on every machine.
    command.args(["--user", &format!("--map-user={NOBODY}"), &format!("--map-group={NOBODY}")]).arg(program);
    command
}

/// A machine without `getent` has to be trusted.
fn has_account(user: u32) -> bool {
    let mut lookup = Command::new("getent");
    lookup.arg("passwd").arg(user.to_string());
    lookup.stdin(Stdio::null()).stdout(Stdio::null()).status().map_or(true, |status| status.success())
}

fn succeeds(mut command: Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Whether everybody may pass through all folders down to this one.
fn is_open(folder: &Path) -> bool {
    folder.ancestors().all(|part| part.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0))
}

/// Tells copies of different originals, and of different versions of one, apart. Not a secret.
fn fingerprint(path: &Path) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    if let Ok(metadata) = path.join("bin/postgres").metadata() {
        (metadata.len(), metadata.mtime()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Copies a file, a link or a folder with all below, with modes.
pub(super) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> std::io::Result<Vec<std::fs::DirEntry>> {
        let metadata = from.symlink_metadata()?;
        if metadata.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(from)?, to)?;
        } else if metadata.is_dir() {
            std::fs::create_dir_all(to)?;
            std::fs::set_permissions(to, std::fs::Permissions::from_mode(metadata.permissions().mode()))?;
            return std::fs::read_dir(from)?.collect();
        } else {
            std::fs::copy(from, to)?;
        }
        Ok(Vec::new())
    };
    let entries = copy().map_err(Error::io(format!("copy {}", from.display())))?;
    entries.iter().try_for_each(|entry| copy_tree(&entry.path(), &to.join(entry.file_name())))
}
