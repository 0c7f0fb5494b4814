//! A replica's log: a file that the replica writes by itself, so that it goes on when nobody looks.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

/// A log that has grown beyond this is set aside; one older log is kept.
const MAX_BYTES: u64 = 8 << 20;

/// Time between two looks at its size.
pub(super) const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Opens it for appending.
pub(super) fn open(path: &Path) -> io::Result<File> {
    if is_long(path) {
        fs::rename(path, older(path))?;
    }
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

/// Sets a long log aside while a replica writes it. The replica keeps its descriptor, so the text is copied and the file
/// emptied; a line that is written between the two is lost. It appends, so what follows begins at the beginning.
pub(super) fn shorten(path: &Path) -> io::Result<()> {
    if !is_long(path) {
        return Ok(());
    }
    fs::copy(path, older(path))?;
    OpenOptions::new().write(true).open(path)?.set_len(0)
}

fn is_long(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|log| log.len() > MAX_BYTES)
}

fn older(path: &Path) -> std::path::PathBuf {
    path.with_extension("log.1")
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    #[test]
    fn a_log_that_is_being_written_is_shortened_and_written_on() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("1-0.log");
        let mut writer = open(&path)?;
        writer.write_all(b"first line\n")?;
        shorten(&path)?;
        assert_eq!(fs::read(&path)?, b"first line\n", "a short log stays");
        writer.write_all(&vec![b'x'; MAX_BYTES as usize])?;
        shorten(&path)?;
        writer.write_all(b"last line\n")?;
        assert_eq!(fs::read(&path)?, b"last line\n");
        assert_eq!(fs::metadata(older(&path))?.len(), MAX_BYTES + 11);
        assert_eq!(writer.stream_position()?, 10, "no hole before it");
        Ok(())
    }
}
