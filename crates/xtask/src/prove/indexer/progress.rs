//! How far each part is, kept so that a proof that was ended goes on: `{ part: { sources, commit, done, said } }`.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::parts::{PARTS, Part};
use crate::shell::{self, root};

pub struct Progress(Map<String, Value>);

impl Progress {
    fn path() -> PathBuf {
        root().join("target/prove-indexer.json")
    }

    /// That of the last run, as far as each part's sources are the same.
    pub fn open(fresh: bool) -> Result<Self> {
        let kept = fs::read_to_string(Self::path()).ok().and_then(|text| serde_json::from_str::<Map<String, Value>>(&text).ok());
        let mut kept = kept.filter(|_| !fresh).unwrap_or_default();
        for part in PARTS {
            let sources = sources(part)?;
            if kept.get(part.name).is_none_or(|kept| kept["sources"] != sources.as_str()) {
                kept.insert(part.name.to_owned(), json!({ "sources": sources, "commit": "", "done": 0, "said": "" }));
            }
        }
        Ok(Self(kept))
    }

    pub fn done(&self, part: &Part) -> u64 {
        self.0[part.name]["done"].as_u64().unwrap_or(0)
    }

    /// What is kept about a part: `said` is what its newest piece printed about itself, `commit` where that was.
    pub fn text(&self, part: &Part, what: &str) -> &str {
        self.0[part.name][what].as_str().unwrap_or("")
    }

    pub fn add(&mut self, part: &Part, said: &str) -> Result<()> {
        let done = self.done(part) + part.piece;
        let commit = shell::output(shell::command("git").args(["rev-parse", "--short", "HEAD"]))?;
        let date = shell::output(shell::command("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
        let kept = &mut self.0[part.name];
        (kept["done"], kept["said"]) = (json!(done), json!(said));
        kept["commit"] = json!(format!("{}, {}", commit.trim(), date.trim()));
        fs::create_dir_all(root().join("target")).context("making target/")?;
        fs::write(Self::path(), Value::from(self.0.clone()).to_string()).context("writing the proof's progress")
    }
}

/// What a part is about, as the hashes of what is committed.
fn sources(part: &Part) -> Result<String> {
    let mut git = shell::command("git");
    git.arg("rev-parse").args(part.sources.iter().map(|path| format!("HEAD:{path}")));
    let hashes = shell::output(&mut git)?;
    Ok(hashes.split_whitespace().map(|hash| &hash[..hash.len().min(8)]).collect::<Vec<_>>().join(" "))
}
