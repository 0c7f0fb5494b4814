//! What a proof has done so far, so that a run that was ended goes on where it was: `target/prove/NAME.json`, `{ part: { sources, at, done } }`.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::shell::{self, root};

/// Characters of a tree's hash.
const HASH: usize = 10;

pub struct Ledger {
    file: PathBuf,
    parts: Map<String, Value>,
}

impl Ledger {
    /// Opens that of the last run, as far as what is committed at each part's sources is the same. All parts are named, with their sources.
    pub fn open<'a>(proof: &str, parts: impl IntoIterator<Item = (&'a str, &'a [&'a str])>, fresh: bool) -> Result<Self> {
        let file = root().join(format!("target/prove/{proof}.json"));
        let parts = parts.into_iter().map(|(part, sources)| Ok((part, trees(sources)?))).collect::<Result<Vec<_>>>()?;
        let kept = if fresh { None } else { fs::read_to_string(&file).ok() };
        Ok(Self { file, parts: continued(kept.as_deref(), parts) })
    }

    /// What came out so far; null before the first piece.
    pub fn done(&self, part: &str) -> &Value {
        self.text_or_null(part, "done")
    }

    /// The trees that a part is of.
    pub fn sources(&self, part: &str) -> &str {
        self.text_or_null(part, "sources").as_str().unwrap_or_default()
    }

    /// The commit and the time of a part's newest piece.
    pub fn at(&self, part: &str) -> &str {
        self.text_or_null(part, "at").as_str().unwrap_or_default()
    }

    fn text_or_null(&self, part: &str, what: &str) -> &Value {
        self.parts.get(part).map_or(&Value::Null, |kept| &kept[what])
    }

    /// Does what is left of a part. `next` does a piece, from what came out so far, and says what has come out with it; nothing when all is
    /// done. Each piece is kept, and told by `report`, before the next one begins.
    pub fn carry_out(
        &mut self,
        part: &str,
        mut next: impl FnMut(&Value) -> Result<Option<Value>>,
        report: impl Fn(&Self) -> Result<()>,
    ) -> Result<()> {
        while let Some(done) = next(self.done(part))? {
            let kept = self.parts.get_mut(part).context("a part of the proof")?;
            (kept["done"], kept["at"]) = (done, json!(now()?));
            let folder = self.file.parent().unwrap_or(root());
            fs::create_dir_all(folder).context("making target/prove")?;
            fs::write(&self.file, Value::from(self.parts.clone()).to_string()).context("writing the proof's progress")?;
            report(self)?;
        }
        report(self)
    }

    /// Does a part that has one piece, if it is not done for these sources.
    pub fn once(&mut self, part: &str, run: impl Fn() -> Result<Value>, report: impl Fn(&Self) -> Result<()>) -> Result<()> {
        if !self.done(part).is_null() {
            println!("{part}: done for these sources; --fresh does it again");
        }
        self.carry_out(part, |done| if done.is_null() { run().map(Some) } else { Ok(None) }, report)
    }
}

/// The commit that is checked out, and the time.
pub fn now() -> Result<String> {
    let commit = shell::output(shell::command("git").args(["rev-parse", "--short", "HEAD"]))?;
    let date = shell::output(shell::command("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    Ok(format!("{}, {}", commit.trim(), date.trim()))
}

/// What is kept, for the parts whose sources are what they were.
fn continued(kept: Option<&str>, parts: Vec<(&str, String)>) -> Map<String, Value> {
    let mut kept: Map<String, Value> = kept.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let part = |(part, sources): (&str, String)| {
        let same = kept.remove(part).filter(|kept| kept["sources"] == sources.as_str());
        (part.to_owned(), same.unwrap_or_else(|| json!({ "sources": sources, "at": "", "done": null })))
    };
    parts.into_iter().map(part).collect()
}

/// The hashes of what is committed there.
fn trees(sources: &[&str]) -> Result<String> {
    let mut git = shell::command("git");
    git.arg("rev-parse").args(sources.iter().map(|path| format!("HEAD:{path}")));
    let hashes = shell::output(&mut git)?;
    Ok(hashes.split_whitespace().map(|hash| &hash[..hash.len().min(HASH)]).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(kept: Option<&str>, file: PathBuf) -> Ledger {
        Ledger { file, parts: continued(kept, vec![("long", "a1 b2".to_owned()), ("short", "c3".to_owned())]) }
    }

    #[test]
    fn a_part_goes_on_where_it_was_ended_and_begins_again_when_its_sources_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prove/x.json");
        let pieces = |ledger: &mut Ledger, most: u64| {
            let next = |done: &Value| Ok(Some(json!(done.as_u64().unwrap_or(0) + 1)).filter(|done| done.as_u64() <= Some(most)));
            ledger.carry_out("long", next, |_| Ok(())).unwrap();
        };
        let mut first = ledger(None, file.clone());
        assert_eq!((first.done("long"), first.at("long")), (&Value::Null, ""));
        pieces(&mut first, 2);
        let text = fs::read_to_string(&file).unwrap();
        let mut second = ledger(Some(&text), file.clone());
        assert_eq!(second.done("long"), 2);
        assert!(second.at("long").ends_with(" UTC"), "{}", second.at("long"));
        pieces(&mut second, 3);
        assert_eq!((second.done("long"), second.done("short")), (&json!(3), &Value::Null));
        let others = continued(Some(&text), vec![("long", "a1 b3".to_owned())]);
        assert_eq!(others["long"]["done"], Value::Null, "its sources are others");
    }

    #[test]
    fn what_failed_is_not_kept_and_what_cannot_be_read_is_as_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        let mut ended = ledger(Some("{ half"), file.clone());
        assert!(ended.carry_out("short", |_| anyhow::bail!("no"), |_| Ok(())).is_err());
        assert!(!file.exists() && ended.done("short").is_null());
    }
}
