//! Where replicas run: a machine and a directory on it, as the database keeps it.

use std::path::Path;

use super::files::Directory;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location<'a> {
    machine: &'a str,
    directory: &'a Path,
}

impl<'a> Location<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let (machine, directory) = text.split_once(": ")?;
        Some(Self { machine, directory: Path::new(directory) })
    }

    /// Whether it is on another machine.
    pub fn is_elsewhere(self) -> bool {
        linkpool_process::machine().is_ok_and(|machine| machine != self.machine)
    }

    /// Its directory, where it is one of this machine.
    pub fn here(self) -> Option<Directory> {
        if linkpool_process::machine().is_ok_and(|machine| machine == self.machine) {
            Directory::existing(self.directory)
        } else {
            None
        }
    }
}

/// A directory of this machine.
pub(super) fn text_of(directory: &Directory) -> std::io::Result<String> {
    Ok(format!("{}: {}", linkpool_process::machine()?, directory.path().display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again_on_its_own_machine_only() -> Result<(), Box<dyn std::error::Error>> {
        let temporary = tempfile::tempdir()?;
        let directory = Directory::make(temporary.path())?;
        let text = text_of(&directory)?;
        assert_eq!(Location::parse(&text).and_then(Location::here), Some(directory));
        assert_eq!(Location::parse(&format!("x{text}")).and_then(Location::here), None);
        assert_eq!(Location::parse(&format!("x{text}")).map(Location::is_elsewhere), Some(true));
        assert_eq!(Location::parse(&text).map(Location::is_elsewhere), Some(false));
        assert_eq!(Location::parse(&format!("{text}/gone")).and_then(Location::here), None);
        assert_eq!(Location::parse(""), None);
        Ok(())
    }
}
