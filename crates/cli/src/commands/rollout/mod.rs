//! `linkpool rollout`: every node of the fleet comes to run another release.

mod print;
mod watch;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use linkpool_api::operator::{
    rollout_types::{RolloutAnswer, RolloutPlan, RolloutView, StartRollout},
    types::Action,
};
use linkpool_db::fleet::RolloutAction;
use serde_json::json;

use super::operator::Operator;
use crate::{config::Config, failure::Failure, flags::Json, output::answer};

#[derive(Debug, Subcommand)]
pub enum RolloutCommand {
    /// Show what a roll-out would do, which way back each step has and how long it takes; nothing is changed
    Plan(Plan),
    /// Begin one: one node, then a tenth of them, then the rest. One that is under way is superseded
    Start(Start),
    /// Show the newest roll-out and how far each node is; exit 3 if it needs a person
    Status(Json),
    /// Hold the nodes that have not passed their switch; the others go on
    Pause(Act),
    /// Go on after a pause, a gate or a halt; a roll-out that runs goes on to all nodes at once
    Promote(Act),
    /// End it: a node that has not passed its door goes back, one that has goes on to its end
    Abort(Act),
}

#[derive(Debug, Args)]
pub struct Release {
    /// The node's program on the fleet's machine [default: fleet.node_program]
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// The version that the program must have [default: fleet.node_version where no program is named]
    #[arg(long, value_name = "VERSION")]
    node_version: Option<String>,
    /// A file here with the nodes' own TOML; it is sent, and every node keeps its own [default: fleet.node_config]
    #[arg(long, value_name = "FILE")]
    node_config: Option<PathBuf>,
    /// Nodes under way at once [default: rollout.parallel]
    #[arg(long, value_name = "N")]
    parallel: Option<u16>,
    /// How long each node is watched [default: rollout.bake_seconds]
    #[arg(long, value_name = "SECONDS")]
    bake_seconds: Option<u64>,
    /// Pause after the first node, and again after a tenth of them
    #[arg(long)]
    gated: bool,
}

#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    release: Release,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub struct Start {
    #[command(flatten)]
    release: Release,
    /// Why, for the audit
    #[arg(long)]
    reason: String,
    /// Show each step until it is over, halted or paused
    #[arg(long)]
    wait: bool,
    /// How long to wait, in seconds
    #[arg(long, default_value_t = 86_400, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    timeout: u64,
    /// The call's name: the same name asks only once [default: a new one]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, Args)]
pub struct Act {
    /// Why, for the audit
    #[arg(long)]
    reason: String,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, command: &RolloutCommand) -> Result<()> {
    match command {
        RolloutCommand::Plan(options) => plan(config, options).await,
        RolloutCommand::Start(options) => start(config, options).await,
        RolloutCommand::Status(options) => status(config, options).await,
        RolloutCommand::Pause(options) => act(config, RolloutAction::Pause, options).await,
        RolloutCommand::Promote(options) => act(config, RolloutAction::Promote, options).await,
        RolloutCommand::Abort(options) => act(config, RolloutAction::Abort, options).await,
    }
}

async fn plan(config: &Config, options: &Plan) -> Result<()> {
    let body = asked(&options.release, "a plan", true)?;
    let plan: RolloutPlan = Operator::new(config)?.post(&["rollouts"], &body).await?;
    if options.json.json {
        answer!("{}", json!(plan));
    } else {
        print::plan(&plan);
    }
    Ok(())
}

async fn start(config: &Config, options: &Start) -> Result<()> {
    let operator = Operator::new(config)?;
    let body = asked(&options.release, &options.reason, false)?;
    let key = options.idempotency_key.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let begun: RolloutView = operator.post_once(&["rollouts"], &key, &body).await?;
    let ended =
        if options.wait { Some(watch::until_over(&operator, &begun, options.timeout, options.json.json).await) } else { None };
    if options.json.json {
        let latest: RolloutView = if options.wait { operator.get(&["rollout"]).await? } else { begun };
        answer!("{}", json!(latest));
    } else if !options.wait {
        answer!(
            "roll-out {} begins with 1 of {} nodes; `linkpool rollout status` shows how far it is",
            begun.id,
            begun.nodes.len()
        );
    }
    ended.unwrap_or(Ok(()))
}

async fn status(config: &Config, options: &Json) -> Result<()> {
    let rollout: RolloutView = Operator::new(config)?.get(&["rollout"]).await?;
    if options.json {
        answer!("{}", json!(rollout));
    } else {
        print::status(&rollout);
    }
    watch::verdict(&rollout)
}

async fn act(config: &Config, action: RolloutAction, options: &Act) -> Result<()> {
    let body = Action { reason: options.reason.clone(), dry_run: options.dry_run };
    let answer: RolloutAnswer = Operator::new(config)?.post(&["rollout", action.as_str()], &body).await?;
    if options.json.json {
        answer!("{}", json!(answer));
    } else {
        print::action(&answer);
    }
    Ok(())
}

fn asked(release: &Release, reason: &str, dry_run: bool) -> Result<StartRollout> {
    let config = release.node_config.as_deref().map(read).transpose()?;
    Ok(StartRollout {
        program: release.program.as_ref().map(|path| path.display().to_string()),
        version: release.node_version.clone(),
        config,
        parallel: release.parallel,
        bake_seconds: release.bake_seconds,
        gated: release.gated,
        reason: reason.to_owned(),
        dry_run,
    })
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Failure::bad_input(format!("--node-config {}: {error}", path.display())))
}
