//! The rules of the house that no compiler knows.

mod circles;
mod durations;
mod examples;
mod graph;
mod licence;
mod metadata;
mod migrations;
mod rust;
mod sleeps;
mod sources;
mod vocabulary;

use anyhow::Result;

use metadata::Metadata;

pub fn run(_: &[String]) -> Result<()> {
    let metadata = Metadata::read()?;
    let sources = sources::Source::all()?;
    let mut broken = graph::check(&metadata, &sources);
    broken.extend(licence::check(&metadata));
    broken.extend(sources::check(&sources));
    broken.extend(migrations::check(&sources));
    broken.extend(circles::check(&sources));
    broken.extend(sleeps::check(&sources));
    broken.extend(durations::check(&sources));
    broken.extend(examples::check(&sources));
    broken.extend(vocabulary::check(&sources));
    for rule in &broken {
        println!("{rule}");
    }
    if broken.is_empty() {
        return Ok(());
    }
    anyhow::bail!("{} rules of the house are broken", broken.len());
}
