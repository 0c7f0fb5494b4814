//! Files that hold a secret: the one rule for all of them, and the one place that reads and makes them.
//!
//! A secret's file is readable by its owner alone (mode 0600 or less), and short.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Longest secret, in bytes: a keystore has less than a thousand.
pub const MAX_BYTES: u64 = 16_384;

/// Why a file is not taken for a secret's. None of these shows what is in it.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no such file, or we may not read it.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A folder, a device.
    #[error("is not a file")]
    NoFile,
    #[error("holds a secret but has mode {mode:04o}; run chmod 600 on it")]
    Open { mode: u32 },
    /// Somebody else's: they can change it.
    #[error("belongs to user {owner}, and this is user {user}; run as the user of the roles, or chown the file to it")]
    OtherOwner { owner: u32, user: u32 },
    #[error("is too long for a secret ({MAX_BYTES} bytes or more)")]
    TooLong,
    #[error("is not text")]
    NoText,
}

/// The whole text of a secret's file.
pub fn read(path: &Path) -> Result<String, Fault> {
    let file = File::open(path)?;
    // Of the opened file, not of the path: it may be another by now.
    judge(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == MAX_BYTES {
        return Err(Fault::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| Fault::NoText)
}

/// [`read`] without reading: for a program that only looks.
pub fn check(path: &Path) -> Result<(), Fault> {
    judge(&File::open(path)?.metadata()?)
}

/// Makes a secret's file. One that is there already stays as it is.
///
/// # Errors
/// If it exists or can't be written; nothing is left of it then.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

fn judge(metadata: &Metadata) -> Result<(), Fault> {
    if !metadata.is_file() {
        return Err(Fault::NoFile);
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Fault::Open { mode });
    }
    // Root's files are the machine's own.
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != user && user != 0 && owner != 0 {
        return Err(Fault::OtherOwner { owner, user });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_a_short_file_that_nobody_else_can_read_holds_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        assert!(matches!(read(&path), Err(Fault::Io(_))));
        assert!(matches!(check(folder.path()), Err(Fault::NoFile)));
        create(&path, "hunter2\n").unwrap();
        assert_eq!(read(&path).unwrap(), "hunter2\n");
        for mode in [0o640, 0o604, 0o610, 0o644, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            for fault in [read(&path).unwrap_err(), check(&path).unwrap_err()] {
                assert!(fault.to_string().contains("chmod 600") && !fault.to_string().contains("hunter2"), "{fault}");
            }
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(read(&path).is_ok());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, vec![b'a'; MAX_BYTES as usize]).unwrap();
        assert!(matches!(read(&path), Err(Fault::TooLong)));
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(read(&path), Err(Fault::NoText)));
    }

    #[test]
    fn a_secret_is_made_for_its_owner_alone_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        create(&path, "first").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(create(&path, "second").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path).unwrap(), "first");
    }
}
