//! The file that tells where an active replica listens.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::StandinError;

/// Removes its file when dropped.
#[derive(Debug)]
pub(super) struct PortFile(PathBuf);

impl PortFile {
    /// Writes `address` and a line end to `path`, whole or not at all: readers never see half of it.
    pub fn write(path: &Path, address: SocketAddr) -> Result<Self, StandinError> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = PathBuf::from(partial);
        let written = fs::write(&partial, format!("{address}\n")).and_then(|()| fs::rename(&partial, path));
        written.map_err(|error| failed(path, &error))?;
        Ok(Self(path.to_owned()))
    }

    /// Removes the file that a killed predecessor left, so that its address is not taken for ours.
    pub fn remove_stale(path: &Path) -> Result<(), StandinError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, &error)),
            _ => Ok(()),
        }
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "the port file could not be removed");
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> StandinError {
    StandinError::File { path: path.to_owned(), reason: format!("the port file cannot be changed: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_file_exists_exactly_as_long_as_it_is_held() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("port");
        fs::write(&path, "stale")?;
        PortFile::remove_stale(&path)?;
        PortFile::remove_stale(&path)?;
        let held = PortFile::write(&path, SocketAddr::from(([127, 0, 0, 1], 6688)))?;
        assert_eq!(fs::read_to_string(&path)?, "127.0.0.1:6688\n");
        assert_eq!(fs::read_dir(directory.path())?.count(), 1, "the partial file is gone");
        drop(held);
        assert!(!path.exists());
        Ok(())
    }
}
