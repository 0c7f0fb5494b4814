//! The sources that one file imports.

use anyhow::{Context, Result};
use foundry_compilers::{
    Graph, ProjectPathsConfig,
    artifacts::{Source, remappings::Remapping},
    compilers::solc::SolcLanguage,
    resolver::parse::SolParser,
};
use std::path::Path;

/// Where imports of a kind of sources are found.
pub struct Imports<'a> {
    root: &'a Path,
    paths: ProjectPathsConfig<SolcLanguage>,
}

impl<'a> Imports<'a> {
    /// `folder` has the sources, below the root; `remappings` are written as in foundry.toml.
    pub fn new(root: &'a Path, folder: &str, remappings: &[String]) -> Result<Self> {
        let remappings: Result<Vec<Remapping>> = remappings.iter().map(|text| remapping(root, text)).collect();
        let paths = ProjectPathsConfig::builder().root(root).sources(root.join(folder)).lib(root.join("node_modules"));
        Ok(Self { root, paths: paths.remappings(remappings?).build_with_root::<SolcLanguage>(root) })
    }

    /// The file and everything it imports, by path below the root.
    pub fn sources(&self, file: &str) -> Result<Vec<(String, String)>> {
        let first = Source::read_all([self.root.join(file)]).with_context(|| format!("reading {file}"))?;
        let graph =
            Graph::<SolParser>::resolve_sources(&self.paths, first).with_context(|| format!("finding what {file} imports"))?;
        let (all, _) = graph.into_sources();
        let named = all.into_iter().map(|(path, source)| {
            let below = path.strip_prefix(self.root).with_context(|| format!("{} is not in the repository", path.display()))?;
            Ok((below.display().to_string(), source.content.to_string()))
        });
        named.collect()
    }
}

fn remapping(root: &Path, text: &str) -> Result<Remapping> {
    let mut remapping: Remapping = text.parse().with_context(|| format!("`{text}` is not a remapping"))?;
    remapping.path = root.join(&remapping.path).display().to_string();
    Ok(remapping)
}
