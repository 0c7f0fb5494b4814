//! One call makes a node: from the call to the first stake, and what happens when its replicas are killed.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use linkpool_chainlink::client::{Limits, NodeClient, NodeConfig, Transport};
use linkpool_db::fleet::{FleetEvent, Replica, ReplicaState};
use linkpool_primitives::checksum;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    journey::{Journey, block, juels, link_amount},
    step::Step,
    work,
};

pub const STEPS: [Step; 11] = [
    Step("one scale call asks for a node", |journey| Box::pin(ask(journey))),
    Step("its two replicas are up", |journey| Box::pin(phase(journey, "healthy", |event| event.kind == "healthy"))),
    Step("its brand-new wallet is known", |journey| Box::pin(wallet_known(journey))),
    Step("its registration is sent", |journey| Box::pin(phase(journey, "sent", |event| is_registration("signed", event)))),
    Step("its registration is mined", |journey| Box::pin(phase(journey, "mined", |event| is_registration("mined", event)))),
    Step("it is open on the API", |journey| Box::pin(open(journey))),
    Step("the first stake is on it", |journey| Box::pin(first_stake(journey))),
    Step("a consumer pays for a number, and its wallet answers", |journey| Box::pin(work::answered(journey))),
    Step("its waiting replica is killed: it answers on, another returns", |journey| Box::pin(kill_waiting(journey))),
    Step("its serving replica is killed: the other serves, same wallet", |journey| Box::pin(kill_serving(journey))),
    Step("what was asked meanwhile is answered, once", |journey| Box::pin(work::answered_once(journey))),
];

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

fn is_registration(kind: &str, event: &FleetEvent) -> bool {
    event.kind == kind && event.detail["transaction_kind"] == "register"
}

async fn ask(journey: &mut Journey) -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let made = journey.scale_up(&format!("check {now}")).await?;
    journey.scaled.id =
        made["data"]["nodes"][0]["id"].as_str().with_context(|| format!("the call made no node: {made}"))?.to_owned();
    Ok(format!("node {}", journey.scaled.id))
}

/// Makes `calls` nodes, one after the other, and returns the seconds from each call until the API shows its node as open, sorted.
pub async fn time_calls(journey: &mut Journey, calls: u32) -> Result<Vec<f64>> {
    let mut seconds = Vec::new();
    for _ in 0..calls {
        let start = tokio::time::Instant::now();
        ask(journey).await?;
        wallet_known(journey).await?;
        open(journey).await?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds)
}

/// Waits for an event of the node's history and says how long after the call it came, by the database's clock.
async fn phase(journey: &Journey, what: &str, is: impl Fn(&FleetEvent) -> bool) -> Result<String> {
    let event = event(journey, what, is).await?;
    let seconds = since_call(journey, &event).await?;
    Ok(format!("{what} {seconds:.2} s after the call"))
}

async fn since_call(journey: &Journey, event: &FleetEvent) -> Result<f64> {
    let events = journey.database.fleet_events(&[(journey.scaled.id.clone(), 0)]).await?;
    let asked = events.first().context("the node has no history")?;
    Ok((event.happened_at - asked.happened_at).to_std().unwrap_or_default().as_secs_f64())
}

async fn event(journey: &Journey, what: &str, is: impl Fn(&FleetEvent) -> bool) -> Result<FleetEvent> {
    let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
    loop {
        let events = journey.database.fleet_events(&[(journey.scaled.id.clone(), 0)]).await?;
        if let Some(event) = events.iter().find(|event| is(event)) {
            return Ok(event.clone());
        }
        let last = events.last().map(|event| format!("{} {}", event.kind, event.detail)).unwrap_or_default();
        ensure!(
            tokio::time::Instant::now() < deadline,
            "`{what}` did not come in {} s; the last event is {last}",
            WAIT_TIMEOUT.as_secs()
        );
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

async fn wallet_known(journey: &mut Journey) -> Result<String> {
    let event = event(journey, "wallet_known", |event| event.kind == "wallet_known").await?;
    let wallet = event.detail["wallet"].as_str().context("an event without a wallet")?;
    journey.scaled.wallet = linkpool_primitives::parse_address(wallet)?;
    Ok(format!("{wallet} {:.2} s after the call", since_call(journey, &event).await?))
}

async fn open(journey: &mut Journey) -> Result<String> {
    let path = format!("nodes?q={}", checksum(&journey.scaled.wallet));
    journey.get_when(&path, |answer| answer["data"][0]["status"] == "active").await?;
    phase(journey, "open", |event| event.kind == "open").await
}

async fn first_stake(journey: &mut Journey) -> Result<String> {
    let (holder, wallet) = (journey.accounts.holders[3], journey.scaled.wallet);
    let mined = block(&journey.stake_on(wallet, holder, link_amount(1_000)).await?);
    let answer = journey.get_from_block(&format!("nodes/{}", checksum(&wallet)), mined).await?;
    ensure!(juels(&answer["data"]["stake_juels"])? == link_amount(1_000), "the API does not show the stake: {}", answer["data"]);
    Ok(format!("1000 LINK in block {mined}"))
}

async fn kill_waiting(journey: &mut Journey) -> Result<String> {
    let (waiting, serving) = (replica(journey, ReplicaState::Waiting).await?, replica(journey, ReplicaState::Serving).await?);
    let node = client(journey, &serving).await?;
    let start = tokio::time::Instant::now();
    kill(journey, &waiting)?;
    let mut answers = 0;
    loop {
        ensure!(node.ready().await.unwrap_or(false), "the node stopped answering while its standby was down");
        answers += 1;
        let replicas = journey.database.replicas_of(&journey.scaled.id).await?;
        // On ECS it is another task.
        let is_another = |replica: &Replica| match journey.aws {
            None => replica.replica_id == waiting.replica_id && replica.starts > waiting.starts,
            Some(_) => replica.replica_id != waiting.replica_id,
        };
        let returned = replicas.iter().any(|replica| replica.state == ReplicaState::Waiting && is_another(replica));
        if returned {
            return Ok(format!("returned in {:.2} s, {answers} of {answers} probes answered", start.elapsed().as_secs_f64()));
        }
        ensure!(start.elapsed() < WAIT_TIMEOUT, "the killed replica did not return in {} s", WAIT_TIMEOUT.as_secs());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

async fn kill_serving(journey: &mut Journey) -> Result<String> {
    let serving = replica(journey, ReplicaState::Serving).await?;
    let start = tokio::time::Instant::now();
    kill(journey, &serving)?;
    work::ask_nobody(journey).await?;
    loop {
        let replicas = journey.database.replicas_of(&journey.scaled.id).await?;
        let other =
            replicas.iter().find(|replica| replica.replica_id != serving.replica_id && replica.state == ReplicaState::Serving);
        if let Some(other) = other {
            let wallet = client(journey, other).await?.wallet(journey.chain.chain_id()).await?;
            ensure!(wallet == journey.scaled.wallet, "the standby serves another wallet, {}", checksum(&wallet));
            return Ok(format!("took over in {:.2} s", start.elapsed().as_secs_f64()));
        }
        ensure!(start.elapsed() < WAIT_TIMEOUT, "the standby did not take over in {} s", WAIT_TIMEOUT.as_secs());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The replica of the node in this state, once there is one.
async fn replica(journey: &Journey, state: ReplicaState) -> Result<Replica> {
    let deadline = tokio::time::Instant::now() + WAIT_TIMEOUT;
    loop {
        let replicas = journey.database.replicas_of(&journey.scaled.id).await?;
        if let Some(replica) = replicas.into_iter().find(|replica| replica.state == state) {
            return Ok(replica);
        }
        ensure!(tokio::time::Instant::now() < deadline, "the node has no {} replica", state.as_str());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

async fn client(journey: &Journey, replica: &Replica) -> Result<NodeClient> {
    let credentials = linkpool_registrar::replica_credentials(&journey.database, Some(&journey.seal_key), replica).await?;
    let url = replica.base_url.as_ref().context("a serving replica without an address")?;
    let config = NodeConfig { base_url: url.parse()?, credentials };
    Ok(NodeClient::new(&Transport::new(Limits::default())?, config)?)
}

/// SIGKILL to the process whose command line names the replica's port file; on ECS, to the one that was told which task it is.
fn kill(journey: &Journey, replica: &Replica) -> Result<()> {
    let (file, mark) = match journey.aws {
        None => ("cmdline", format!("{}/{}.port", journey.scaled.id, replica.replica_id)),
        Some(_) => ("environ", replica.replica_id.clone()),
    };
    let names = |path: PathBuf| -> Option<Pid> {
        let pid = Pid::from_raw(path.file_name()?.to_str()?.parse().ok()?)?;
        let line = std::fs::read(path.join(file)).ok()?;
        String::from_utf8_lossy(&line).contains(&mark).then_some(pid)
    };
    let pid = std::fs::read_dir("/proc")?.flatten().find_map(|entry| names(entry.path()));
    Ok(kill_process(pid.context("the replica has no process")?, Signal::KILL)?)
}
