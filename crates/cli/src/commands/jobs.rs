//! `linkpool jobs`: the bridges and jobs that the fleet makes equal on its nodes.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use linkpool_api::operator::types::{ApplyJobs, JobsAnswer, JobsOutcome, JobsView, NodeJobsView};
use linkpool_jobs::{JobSet, read_directory};
use serde_json::json;

use super::operator::Operator;
use crate::{config::Config, failure::Failure, flags::Json, output::answer};

#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Show what the set in a folder would change at each node, and change nothing
    Plan(Plan),
    /// Have every node get exactly what the set in a folder says
    Apply(Apply),
    /// Show the set and how far each node is; exit 3 while one is not
    Status(Json),
    /// Take one bridge or job away from every node
    Remove(Remove),
}

#[derive(Debug, Args)]
pub struct Plan {
    /// A folder with NAME.bridge.toml and NAME.job.toml
    folder: PathBuf,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub struct Apply {
    /// A folder with NAME.bridge.toml and NAME.job.toml
    folder: PathBuf,
    /// Why, for the audit
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub struct Remove {
    #[arg(value_parser = ["bridge", "job"])]
    kind: String,
    name: String,
    /// Why, for the audit
    #[arg(long)]
    reason: String,
    /// Change nothing, and show what would be
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, command: &Jobs) -> Result<()> {
    match command {
        Jobs::Plan(options) => {
            let set = read(&options.folder)?;
            post(config, ApplyJobs { set, reason: "a plan".into(), dry_run: true, version: None }, options.json.json).await
        }
        Jobs::Apply(options) => {
            let set = read(&options.folder)?;
            post(config, ApplyJobs { set, reason: options.reason.clone(), dry_run: false, version: None }, options.json.json)
                .await
        }
        Jobs::Status(options) => status(config, options).await,
        Jobs::Remove(options) => remove(config, options).await,
    }
}

/// The set of a folder, without a mistake.
fn read(folder: &Path) -> Result<JobSet> {
    let set = read_directory(folder).map_err(Failure::bad_input)?;
    refuse_mistakes(&set)?;
    Ok(set)
}

fn refuse_mistakes(set: &JobSet) -> Result<()> {
    let mistakes: Vec<String> = set.mistakes().iter().map(ToString::to_string).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(Failure::bad_input(mistakes.join("; "))) }
}

async fn post(config: &Config, asked: ApplyJobs, is_json: bool) -> Result<()> {
    let answer: JobsAnswer = Operator::new(config)?.post(&["jobs"], &asked).await?;
    if is_json {
        answer!("{}", json!(answer));
    } else {
        print(&answer);
    }
    Ok(())
}

fn print(answer: &JobsAnswer) {
    let JobsAnswer { version, outcome, dry_run, changes, nodes } = answer;
    match (outcome.0, dry_run) {
        (JobsOutcome::Unchanged, _) => answer!("the set is version {version}, as it was"),
        (JobsOutcome::Stored, true) => answer!("it would be version {version}:"),
        (JobsOutcome::Stored, false) => answer!("the set is version {version} now:"),
    }
    for change in changes {
        answer!("  {:<6}  {} {}", change.change.0, change.kind.0, change.name);
    }
    for node in nodes {
        let groups = [("gets", &node.add), ("changes", &node.change), ("loses", &node.remove), ("waits for", &node.waiting)];
        let words: Vec<String> = groups
            .iter()
            .filter(|(_, items)| !items.is_empty())
            .map(|(verb, items)| format!("{verb} {}", items.join(", ")))
            .collect();
        answer!("node {}  {}", node.node_id, words.join("; "));
    }
}

async fn status(config: &Config, options: &Json) -> Result<()> {
    let view: JobsView = Operator::new(config)?.get(&["jobs"]).await?;
    let behind = view.nodes.iter().filter(|node| !is_done(node, view.version)).count();
    if options.json {
        answer!("{}", json!(view));
    } else {
        let (bridges, jobs) = (view.set.bridges.len(), view.set.jobs.len());
        let reason = view.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        answer!("version {}, {bridges} bridges, {jobs} jobs{reason}", view.version);
        view.nodes.iter().for_each(|node| print_node(node, view.version));
    }
    if behind == 0 {
        Ok(())
    } else {
        Err(Failure::refused(format!("{behind} nodes do not have all of version {} yet", view.version)))
    }
}

fn is_done(node: &NodeJobsView, version: u32) -> bool {
    version == 0 || (node.version == version && node.is_complete)
}

fn print_node(node: &NodeJobsView, version: u32) {
    let NodeJobsView { node_id, given, progress, .. } = node;
    let state = if is_done(node, version) { "done" } else { "behind" };
    answer!("node {node_id}  {state:<6}  version {}, has {given}", node.version);
    if let Some(error) = &node.error {
        answer!("  {error}");
    }
    for it in &progress.waiting {
        answer!("  waits    {} {}, until it has {}", it.kind, it.name, it.variables.join(", "));
    }
    for it in &progress.refused {
        answer!("  refused  {it}");
    }
    for it in &progress.kept {
        answer!("  kept     bridge {}, used by {}", it.name, it.jobs.join(", "));
    }
    for it in &progress.by_others {
        answer!("  others'  {} {}, which the set does not have", it.kind, it.name);
    }
}

async fn remove(config: &Config, options: &Remove) -> Result<()> {
    let operator = Operator::new(config)?;
    let JobsView { version, mut set, .. } = operator.get(&["jobs"]).await?;
    let there = match options.kind.as_str() {
        "bridge" => set.bridges.remove(&options.name).is_some(),
        _ => set.jobs.remove(&options.name).is_some(),
    };
    if !there {
        return Err(Failure::bad_input(format!(
            "the set has no {} {}; `linkpool jobs status` lists it",
            options.kind, options.name
        )));
    }
    refuse_mistakes(&set)?;
    let asked = ApplyJobs { set, reason: options.reason.clone(), dry_run: options.dry_run, version: Some(version) };
    post(config, asked, options.json.json).await
}
