//! The shipped alerts: each is tested with its real durations and has a line for who is called. In a real Prometheus, with all times
//! scaled down, the causes of this file fire theirs; the other alerts have no cause here yet.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{road::Passage, roles::Roles};

const ALERTS: &str = include_str!("../../../../docs/alerts.yml");
const TESTS: &str = include_str!("../../../../tests/alerts/rules.yml");
const PLAYBOOK: &str = include_str!("../../../../docs/operations.md");
/// All times are this much shorter: half a minute is a second.
const SCALE: f64 = 30.0;
/// For a loaded machine; the alerts themselves need seconds.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(250);

/// What follows a word at the beginning of a line.
fn named(text: &str, word: &str) -> BTreeSet<String> {
    text.lines().filter_map(|line| line.trim().strip_prefix(word)).map(|name| name.trim().to_owned()).collect()
}

#[test]
fn every_alert_is_tested_and_has_a_line_for_who_is_called() {
    let alerts = named(ALERTS, "- alert:");
    assert!(alerts.len() > 30, "{alerts:?}");
    assert_eq!(named(TESTS, "- name:"), alerts);
    let lines = PLAYBOOK.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let playbook: BTreeSet<String> = lines.map(|(name, _)| name.to_owned()).filter(|name| alerts.contains(name)).collect();
    assert_eq!(playbook, alerts);
}

#[test]
fn each_alert_is_quiet_before_its_time_and_fires_after_it() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/alerts/rules.yml");
    let output = Command::new(tool("promtool")).args(["test", "rules"]).arg(rules).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dies_is_missed_within_its_time() {
    let mut roles = Roles::start().await;
    let mut jobs = Vec::new();
    for role in ["index", "api", "registrar", "fleet"] {
        let place = roles.address(role, "health and metrics at http://").await;
        jobs.push((role, place));
    }
    let prometheus = Prometheus::start(&roles.office.path("prometheus"), &jobs);
    // Blocks come as on a real chain, until they shall not.
    let chain = roles.office.chain.clone();
    let blocks = tokio::spawn(async move {
        loop {
            let _ = chain.mine(1).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    prometheus
        .until("nothing but the reporter, which nobody asks for, is missed", |firing| {
            firing.iter().map(String::as_str).eq(["ReporterMissing"])
        })
        .await;

    roles.road_to_database.set(Passage::Closed);
    prometheus.fires(&["FiguresStale", "RoleStandsStill", "FleetReconcileOld"]).await;
    roles.road_to_database.set(Passage::Open);
    prometheus.ends(&["FiguresStale", "RoleStandsStill", "FleetReconcileOld"]).await;

    roles.road_to_chain.set(Passage::Closed);
    prometheus.fires(&["EndpointDown", "EndpointsDown", "IndexerStopped", "EndpointFails"]).await;
    roles.road_to_chain.set(Passage::Open);
    prometheus.ends(&["EndpointDown", "EndpointsDown", "IndexerStopped"]).await;

    let (chain, account) = (&roles.office.chain, roles.office.account);
    chain.set_balance(account, 100_000_000_000_000_000).await.unwrap();
    prometheus.fires(&["RegistrarBalanceLow", "RegistrarBalanceOut"]).await;

    blocks.abort();
    prometheus.fires(&["ChainStalled"]).await;

    for role in ["index", "api", "registrar", "fleet"] {
        roles.kill(role);
        prometheus.fires_for("RoleDown", &format!("linkpool-{role}")).await;
    }
}

/// A real Prometheus with the shipped rules, scaled.
struct Prometheus {
    process: Child,
    base: String,
}

impl Prometheus {
    fn start(folder: &Path, jobs: &[(&str, String)]) -> Self {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("rules.yml"), scaled(ALERTS)).unwrap();
        // A source that does not answer costs an answer two seconds.
        let mut settings = "global: { scrape_interval: 3s, scrape_timeout: 3s, evaluation_interval: 1s }\n\
                            rule_files: [rules.yml]\nscrape_configs:\n"
            .to_owned();
        for (role, place) in jobs {
            settings += &format!("  - job_name: linkpool-{role}\n    static_configs: [{{ targets: [\"{place}\"] }}]\n");
        }
        fs::write(folder.join("prometheus.yml"), settings).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(tool("prometheus"))
            .current_dir(folder)
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        Self { process, base: format!("http://127.0.0.1:{port}") }
    }

    /// Name and job of each alert that fires.
    async fn firing(&self) -> Vec<(String, String)> {
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let Ok(answer) = client.get(format!("{}/api/v1/alerts", self.base)).send().await else { return Vec::new() };
        let answer: Value = answer.json().await.unwrap_or_default();
        let text = |alert: &Value, label: &str| alert["labels"][label].as_str().unwrap_or_default().to_owned();
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing.map(|alert| (text(alert, "alertname"), text(alert, "job"))).collect()
    }

    async fn until(&self, what: &str, holds: impl Fn(&BTreeSet<String>) -> bool) {
        let begin = Instant::now();
        loop {
            let firing: BTreeSet<String> = self.firing().await.into_iter().map(|(name, _)| name).collect();
            if holds(&firing) {
                return println!("{:>5.1} s  {what}", begin.elapsed().as_secs_f64());
            }
            assert!(begin.elapsed() < PATIENCE, "{what}: {firing:?}");
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn fires(&self, names: &[&str]) {
        let holds = |firing: &BTreeSet<String>| names.iter().all(|name| firing.contains(*name));
        self.until(&format!("{names:?} fire"), holds).await;
    }

    async fn ends(&self, names: &[&str]) {
        let holds = |firing: &BTreeSet<String>| names.iter().all(|name| !firing.contains(*name));
        self.until(&format!("{names:?} end"), holds).await;
    }

    async fn fires_for(&self, name: &str, job: &str) {
        let begin = Instant::now();
        while !self.firing().await.iter().any(|alert| (alert.0.as_str(), alert.1.as_str()) == (name, job)) {
            assert!(begin.elapsed() < PATIENCE, "{name} does not fire for {job}");
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of Debian's package.
fn tool(name: &str) -> PathBuf {
    let places = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map(|folder| Path::new(folder).join(name));
    let found = places.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} was not found: run `sudo apt-get install prometheus` (`cargo xtask install` does, as root)")
    })
}

/// The rules with every waiting time, window and bound in seconds of the clock divided by [`SCALE`]. Days of the chain stay: its clock
/// can be turned.
fn scaled(rules: &str) -> String {
    let clock = ["silent_seconds", "since_pass", "pending_seconds", "timestamp_seconds", "audit_age"];
    let line = |line: &str| {
        let text = words(line);
        let is_clock = line.trim().starts_with("expr:") && clock.iter().any(|name| line.contains(name));
        let scale = |word: &String| match duration(word) {
            Some(seconds) => format!("{}ms", (seconds * 1_000.0 / SCALE).round()),
            None if is_clock => match word.parse::<f64>() {
                Ok(bound) if bound >= 60.0 => (bound / SCALE).to_string(),
                _ => word.clone(),
            },
            None => word.clone(),
        };
        text.iter().map(scale).collect::<String>()
    };
    rules.lines().map(|text| line(text) + "\n").collect()
}

/// A line in words and what is between them.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    for character in line.chars() {
        match words.last_mut() {
            Some(last) if is_word(character) && last.chars().all(is_word) => last.push(character),
            _ => words.push(character.into()),
        }
    }
    words
}

fn duration(word: &str) -> Option<f64> {
    let (number, unit) = word.split_at(word.len().checked_sub(1)?);
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * seconds)
}

#[test]
fn times_are_scaled_and_nothing_else_is() {
    let rules = "        expr: increase(linkpool_rpc_failures_total[10m]) > 20\n        for: 1m\n        expr: time() - max(a_timestamp_seconds) > 120\n        expr: linkpool_guard_report_age_seconds > 5 * 86400\n";
    let expect = "        expr: increase(linkpool_rpc_failures_total[20000ms]) > 20\n        for: 2000ms\n        expr: time() - max(a_timestamp_seconds) > 4\n        expr: linkpool_guard_report_age_seconds > 5 * 86400\n";
    assert_eq!(scaled(rules), expect);
}
