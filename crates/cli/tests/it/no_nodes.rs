//! `linkpool fleet --no-nodes`: for a pool whose nodes others run, it serves the operator's calls and runs nothing.

use std::{
    fs,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use linkpool_db::{Connect, Database, fleet::Phase};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    fixture::{CliFixture, restrict},
    program::assert_refused,
    roles::{OPERATOR_TOKEN, get},
};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

struct Fleet {
    child: Child,
    log: std::path::PathBuf,
}

impl Fleet {
    fn start(fixture: &CliFixture) -> Self {
        let log = fixture.path("fleet.log");
        let child = fixture.command("fleet --no-nodes").stderr(Stdio::from(fs::File::create(&log).unwrap())).spawn().unwrap();
        Self { child, log }
    }

    async fn said(&self, phrase: &str) -> String {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let log = fs::read_to_string(&self.log).unwrap();
            if let Some(url) = log.split(phrase).nth(1).and_then(|rest| rest.split_whitespace().next()) {
                return url.trim_end_matches('/').to_owned();
            }
            assert!(Instant::now() < deadline, "`{phrase}` was not said: {log}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `linkpool jobs`: planned, applied, shown, taken away.
fn jobs(fixture: &CliFixture, command: impl Fn(&str) -> std::process::Output, node: &str) {
    let said = |line: &str, code: i32| {
        let output = command(line);
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        said
    };
    let folder = fixture.path("jobs");
    fs::create_dir(&folder).unwrap();
    let spec =
        "type = \"cron\"\nschemaVersion = 1\nschedule = \"@every 5m\"\nobservationSource = 'a [type=bridge name=prices]'\n";
    fs::write(folder.join("ask.job.toml"), spec).unwrap();
    assert!(said("jobs plan jobs", 2).contains("job ask: it names the bridge prices, which the set does not have"));
    fs::write(folder.join("prices.bridge.toml"), "url = \"http://adapter/\"\n").unwrap();
    assert!(said("jobs plan jobs", 0).contains(&format!("node {node}  gets bridge prices, job ask")));
    assert!(said("jobs status", 0).contains("version 0"), "a plan stores nothing");
    assert!(said("jobs apply jobs --reason demand", 0).contains("the set is version 1 now"));
    assert!(said("jobs apply jobs --reason demand", 0).contains("the set is version 1, as it was"));
    assert!(said("jobs status", 3).contains("1 nodes do not have all of version 1 yet"));
    assert!(said("jobs remove bridge prices --reason x", 2).contains("job ask: it names the bridge prices"));
    assert!(said("jobs remove job asl --reason x", 2).contains("the set has no job asl"));
    assert!(said("jobs remove job ask --reason x --dry-run", 0).contains("it would be version 2"));
    assert!(said("jobs remove job ask --reason x", 0).contains("remove  job ask"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_without_nodes_serves_the_operators_calls_and_starts_nothing() {
    let fixture = CliFixture::open().await;
    // Nothing of what running nodes needs is set: no directory, no program, no database of theirs, no key.
    fixture.configure(31337, "", "[operator]\nlisten = \"127.0.0.1:0\"\n");
    assert_refused(&fixture.run("fleet --no-nodes"), 2, &["operator.token_file", "nothing to do"]);
    fs::write(fixture.path("operator-token"), OPERATOR_TOKEN).unwrap();
    restrict(&fixture.path("operator-token"), 0o600);
    let operator =
        "[operator]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"operator-token\"\n[fleet]\nhealth_listen = \"127.0.0.1:0\"\n";
    fixture.configure(31337, "", operator);
    let mut fleet = Fleet::start(&fixture);
    let (calls, health) = (fleet.said("the operator's calls at ").await, fleet.said("health and metrics at ").await);
    let command = |line: &str| fixture.command(line).env("LINKPOOL__OPERATOR__URL", &calls).output().unwrap();
    let asked = command("scale up 1");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let deadline = Instant::now() + WAIT_TIMEOUT;
    loop {
        let (code, status) = get(&format!("{health}/ready"), None).await;
        if code == 200 {
            assert!(status.contains(r#""state":"ok","leads":false"#), "{status}");
            break;
        }
        assert!(Instant::now() < deadline, "{status}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let database = Database::connect(&Connect::new(fixture.database.url()).patient()).await.unwrap();
    let nodes = database.fleet_nodes().await.unwrap();
    assert_eq!(nodes.iter().map(|node| node.phase).collect::<Vec<_>>(), [Phase::Requested]);
    assert!(String::from_utf8(command("node list").stdout).unwrap().contains(&nodes[0].id));
    jobs(&fixture, command, &nodes[0].id);
    assert!(database.leases().await.unwrap().is_empty(), "it leads nothing");
    assert!(!fixture.path("nodes").exists(), "a place for nodes was made");
    kill_process(Pid::from_child(&fleet.child), Signal::TERM).unwrap();
    assert!(fleet.child.wait().unwrap().success());
}
