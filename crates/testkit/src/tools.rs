//! Finds the programs that npm installed.
//!
//! The wrapper scripts in `node_modules/.bin` swallow exit codes, so the native programs are used directly.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{Error, Result};

/// Names the folder of the npm packages when it is not above the working directory.
pub const NODE_MODULES_VARIABLE: &str = "LINKPOOL_NODE_MODULES";

/// The npm packages of one `node_modules` folder.
#[derive(Debug, Clone)]
pub struct Tools {
    node_modules: PathBuf,
}

impl Tools {
    /// The folder named by `LINKPOOL_NODE_MODULES`, else the nearest `node_modules` above the working directory, else above
    /// the executable.
    pub fn find() -> Result<Self> {
        if let Some(folder) = env::var_os(NODE_MODULES_VARIABLE) {
            return Ok(Self::at(folder));
        }
        let starts = [env::current_dir().ok(), env::current_exe().ok()];
        starts.iter().flatten().find_map(|start| Self::above(start)).ok_or_else(|| Error::ToolMissing {
            what: "node_modules",
            searched: "any folder above the working directory".to_owned(),
        })
    }

    /// The packages in a given `node_modules` folder; what is missing in it shows when it is asked for.
    pub fn at(node_modules: impl Into<PathBuf>) -> Self {
        Self { node_modules: node_modules.into() }
    }

    pub fn node_modules(&self) -> &Path {
        &self.node_modules
    }

    /// anvil's native program.
    pub fn anvil(&self) -> Result<PathBuf> {
        let (os, arch) = (env::consts::OS, env::consts::ARCH);
        let platform = match (os, arch) {
            ("linux", "x86_64") => "linux-amd64",
            ("linux", "aarch64") => "linux-arm64",
            ("macos", "x86_64") => "darwin-amd64",
            ("macos", "aarch64") => "darwin-arm64",
            _ => return Err(Error::Platform { what: "anvil", os, arch }),
        };
        self.existing("anvil", format!("@foundry-rs/anvil-{platform}/bin/anvil"))
    }

    /// The folder of Postgres that holds `bin`, `lib` and `share`, with the library links in place.
    pub fn postgres(&self) -> Result<PathBuf> {
        let (os, arch) = (env::consts::OS, env::consts::ARCH);
        let platform = match (os, arch) {
            ("linux", "x86_64") => "linux-x64",
            ("linux", "aarch64") => "linux-arm64",
            ("macos", "x86_64") => "darwin-x64",
            ("macos", "aarch64") => "darwin-arm64",
            _ => return Err(Error::Platform { what: "Postgres", os, arch }),
        };
        let package = format!("@embedded-postgres/{platform}");
        self.existing("Postgres", format!("{package}/native/bin/postgres"))?;
        let package = self.node_modules.join(package);
        link_libraries(&package)?;
        Ok(package.join("native"))
    }

    fn above(start: &Path) -> Option<Self> {
        start.ancestors().map(|folder| folder.join("node_modules")).find(|folder| folder.is_dir()).map(Self::at)
    }

    fn existing(&self, what: &'static str, relative: String) -> Result<PathBuf> {
        let path = self.node_modules.join(relative);
        if path.is_file() {
            return Ok(path);
        }
        Err(Error::ToolMissing { what, searched: self.node_modules.display().to_string() })
    }
}

/// npm packages cannot carry symbolic links; the package's own install script makes them, but npm may be told not to run it.
fn link_libraries(package: &Path) -> Result<()> {
    let list = package.join("native/pg-symlinks.json");
    let broken = |why: String| Error::Data { message: format!("{} cannot be used: {why}; run `npm ci` again", list.display()) };
    let text = match fs::read(&list) {
        Ok(text) => text,
        Err(error) => return Err(broken(error.to_string())),
    };
    let links: Vec<serde_json::Value> = serde_json::from_slice(&text).map_err(|error| broken(error.to_string()))?;
    for link in links {
        let (Some(source), Some(target)) = (link["source"].as_str(), link["target"].as_str()) else {
            return Err(broken("an entry has no source or no target".to_owned()));
        };
        let target = package.join(target);
        // The links lie beside their files, so that the package can be copied elsewhere as a whole.
        let Some(file) = Path::new(source).file_name() else { return Err(broken(format!("{source} is not a file"))) };
        match std::os::unix::fs::symlink(file, &target) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists && !target.exists() => {
                return Err(Error::io(format!("link {}", target.display()))(error));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_packages_say_which_command_installs_them() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let message = Tools::at(folder.path()).anvil().expect_err("an empty folder has no anvil").to_string();
        assert!(message.starts_with("anvil was not found in"), "{message}");
        assert!(message.ends_with("run `cargo xtask install`"), "{message}");
    }

    #[test]
    fn library_links_are_made_when_npm_ran_no_install_script() {
        let package = tempfile::tempdir().expect("a temporary folder");
        let native = package.path().join("native");
        fs::create_dir_all(native.join("lib")).expect("a folder");
        fs::write(native.join("lib/libx.so.1.2"), "code").expect("a file");
        let list = r#"[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so.1"}]"#;
        fs::write(native.join("pg-symlinks.json"), list).expect("a file");
        for _ in 0..2 {
            link_libraries(package.path()).expect("links");
            assert_eq!(fs::read_to_string(native.join("lib/libx.so.1")).expect("the link leads to the file"), "code");
        }
    }
}
