//! A path in the settings. A relative one follows the file that names it, not the folder that somebody happens to stand in: a
//! service and the person who looks after it mean the same file.

use std::path::{Path, PathBuf, absolute};

use figment::value::magic::RelativePathBuf;
use serde::Deserialize;

/// Absolute. Every setting that is a path has this type; a test looks for others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, derive_more::AsRef, derive_more::Deref)]
#[serde(from = "RelativePathBuf")]
#[as_ref(Path)]
#[deref(forward)]
pub struct FilePath(PathBuf);

impl FilePath {
    /// `name` in the folder of the settings file; where there is none, in the present folder.
    pub fn beside(settings: Option<&Path>, name: &str) -> Self {
        Self::of(settings.and_then(Path::parent).unwrap_or(Path::new("")).join(name))
    }

    fn of(path: PathBuf) -> Self {
        // Fails where the path is empty, or nobody knows the present folder; whoever opens it says so.
        Self(absolute(&path).unwrap_or(path))
    }
}

impl From<RelativePathBuf> for FilePath {
    /// One from a variable has no file, and follows the present folder as a flag does.
    fn from(path: RelativePathBuf) -> Self {
        Self::of(path.relative())
    }
}

impl From<&str> for FilePath {
    fn from(path: &str) -> Self {
        Self::of(path.into())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use clap::Parser as _;

    use crate::{arguments::Arguments, config::Config};

    /// Every path of the settings, each another file.
    const ALL: &str = r#"
        [chain]
        deployment = "files/deployment"
        [[chain.endpoints]]
        name = "main"
        url_file = "files/url_file"
        ws_url_file = "files/ws_url_file"
        [database]
        url_file = "files/database_url_file"
        [operator]
        token_file = "files/token_file"
        [fleet]
        directory = "files/directory"
        node_program = "files/node_program"
        node_config = "files/node_config"
        node_database_url_file = "files/node_database_url_file"
        seal_key_file = "files/seal_key_file"
        pg_dump = "files/pg_dump"
        dump_directory = "files/dump_directory"
        age = "files/age"
        retire_hook = "files/retire_hook"
        [keys.deployer]
        keystore = "files/keystore"
        password_file = "files/password_file"
        [registrar]
        keystore = "files/registrar_keystore"
        password_file = "files/registrar_password_file"
        nodes_directory = "files/nodes_directory"
        [[registrar.nodes]]
        name = "a"
        url = "http://127.0.0.1:1"
        credentials_file = "files/credentials_file"
        admin_credentials_file = "files/admin_credentials_file"
        [reporter]
        source_file = "files/source_file"
    "#;

    fn load(settings: &Path) -> Config {
        let line = ["linkpool", "--config", settings.to_str().unwrap(), "migrate"];
        Config::load(&Arguments::try_parse_from(line).unwrap().global).unwrap()
    }

    fn fields(holds: &str) -> BTreeSet<String> {
        crate::config::sources::fields().into_iter().filter(|field| field.holds(holds)).map(|field| field.name).collect()
    }

    #[test]
    fn every_path_of_the_settings_follows_the_settings_file() {
        assert_eq!(fields("PathBuf"), BTreeSet::new(), "a setting that is a path has the type FilePath");
        let mut named = fields("FilePath");
        for key in ALL.lines().filter_map(|line| line.split_once(" = \"files/")).map(|(key, _)| key.trim()) {
            named.remove(key);
        }
        assert_eq!(named, BTreeSet::new(), "these paths are not in the test's settings");
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("linkpool.toml");
        // What is read at once comes from a file that is there.
        fs::create_dir(folder.path().join("files")).unwrap();
        fs::write(&settings, ALL.replace("deployment = \"files/deployment\"", "")).unwrap();
        let shown = format!("{:?}", load(&settings));
        for path in ALL.split('"').filter(|text| text.starts_with("files/")) {
            let follows = shown.contains(&format!("FilePath({:?})", folder.path().join(path)));
            // Endpoints show their names only, and the deployment file is read while the settings are.
            assert!(
                follows || path.ends_with("/url_file") || path.ends_with("ws_url_file") || path.ends_with("deployment"),
                "{path}: {shown}"
            );
        }
        fs::write(&settings, "[chain]\ndeployment = \"files/deployment\"").unwrap();
        let line = ["linkpool", "--config", settings.to_str().unwrap(), "migrate"];
        let error = Config::load(&Arguments::try_parse_from(line).unwrap().global).unwrap_err().to_string();
        assert!(error.contains(folder.path().join("files/deployment").to_str().unwrap()), "{error}");
    }

    #[test]
    fn an_endpoints_files_follow_too_and_an_absolute_path_stays() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("linkpool.toml");
        fs::write(&settings, "[[chain.endpoints]]\nname = \"a\"\nurl_file = \"u\"\nws_url_file = \"/run/w\"").unwrap();
        let files: Vec<PathBuf> = load(&settings).secret_files().into_iter().map(|(_, path)| path).collect();
        assert_eq!(files, [folder.path().join("u"), "/run/w".into()]);
    }

    #[test]
    fn what_is_not_set_lies_beside_the_settings_too() {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("linkpool.toml");
        fs::write(&settings, "").unwrap();
        assert_eq!(*load(&settings).fleet.directory.unwrap(), *folder.path().join("nodes"));
    }
}
