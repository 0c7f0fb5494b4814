//! What has been proven so far: one file a part, and for parts that take hours one line for each step.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::sources;
use crate::shell::{self, root};

/// A part that holds.
pub struct Proof {
    pub result: String,
    pub commit: String,
    pub date: String,
}

/// The folder that remembers.
#[derive(Clone)]
pub struct Progress {
    folder: PathBuf,
}

impl Progress {
    pub fn open() -> Result<Self> {
        let folder = root().join("target/prove/contract");
        fs::create_dir_all(&folder).context("making target/prove/contract")?;
        Ok(Self { folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The proof of a part, if it was of these sources.
    pub fn proof(&self, part: &str, sources: &str) -> Result<Option<Proof>> {
        let Ok(text) = fs::read_to_string(self.folder.join(format!("{part}.json"))) else { return Ok(None) };
        let kept: Value = serde_json::from_str(&text).with_context(|| format!("the record of `{part}`: delete it"))?;
        let text = |key: &str| kept[key].as_str().unwrap_or_default().to_owned();
        let holds = text("sources") == sources;
        Ok(holds.then(|| Proof { result: text("result"), commit: text("commit"), date: text("date") }))
    }

    pub fn prove(&self, part: &str, sources: &str, result: String) -> Result<()> {
        let date = shell::output(shell::command("date").args(["-u", "+%Y-%m-%d"]))?;
        let record = json!({ "sources": sources, "result": result, "commit": sources::commit()?, "date": date.trim() });
        fs::write(self.folder.join(format!("{part}.json")), format!("{record}\n")).with_context(|| format!("noting `{part}`"))
    }

    /// The steps of a part that were made of these sources, in their order.
    pub fn steps(&self, part: &str, sources: &str) -> Result<Vec<Value>> {
        let Ok(text) = fs::read_to_string(self.steps_file(part)) else { return Ok(Vec::new()) };
        // A run that was killed may have left half a line.
        let steps = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(steps.filter(|step| step["sources"] == sources).collect())
    }

    /// The highest seed that any step of a part had, whatever it was made of.
    pub fn highest_seed(&self, part: &str) -> Option<u64> {
        let text = fs::read_to_string(self.steps_file(part)).ok()?;
        text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?["seed"].as_u64()).max()
    }

    pub fn add_step(&self, part: &str, step: &Value) -> Result<()> {
        let file = OpenOptions::new().append(true).create(true).open(self.steps_file(part));
        file.and_then(|mut file| file.write_all(format!("{step}\n").as_bytes()))
            .with_context(|| format!("noting a step of `{part}`"))
    }

    /// Starts a part again.
    pub fn forget(&self, part: &str) -> Result<()> {
        for file in [self.folder.join(format!("{part}.json")), self.steps_file(part)] {
            if file.exists() {
                fs::remove_file(&file).with_context(|| format!("deleting {}", file.display()))?;
            }
        }
        Ok(())
    }

    fn steps_file(&self, part: &str) -> PathBuf {
        self.folder.join(format!("{part}.jsonl"))
    }
}
