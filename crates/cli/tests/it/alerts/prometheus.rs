//! A real Prometheus with the shipped rules, scaled, that asks the roles it is told of.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{ALERTS, scaled::scaled};

/// For a loaded machine; most alerts need seconds, the slowest windows two minutes.
const WAIT_TIMEOUT: Duration = Duration::from_secs(420);
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// A source that does not answer costs a role's answer two seconds.
const SETTINGS: &str = "global: { scrape_interval: 3s, scrape_timeout: 3s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs:
  - job_name: linkpool
    file_sd_configs: [{ files: [targets.json], refresh_interval: 1s }]
";

/// Name and job of an alert that fires.
type Firing = BTreeSet<(String, String)>;

pub struct Prometheus {
    process: Child,
    base: String,
    folder: PathBuf,
    /// Where each role is asked.
    pub jobs: BTreeMap<&'static str, String>,
    client: reqwest::Client,
}

impl Prometheus {
    pub fn start(folder: &Path) -> Self {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("rules.yml"), scaled(ALERTS)).unwrap();
        fs::write(folder.join("prometheus.yml"), SETTINGS).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(tool("prometheus"))
            .current_dir(folder)
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--log.level=warn"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        let base = format!("http://127.0.0.1:{port}");
        Self { process, base, folder: folder.to_owned(), jobs: BTreeMap::new(), client }
    }

    /// Tells it of these jobs and no others. The file is there whole or not at all.
    pub fn ask(&self, jobs: &BTreeMap<&'static str, String>) {
        let target =
            |(role, place): (&&str, &String)| json!({ "targets": [place], "labels": { "job": format!("linkpool-{role}") } });
        let targets: Vec<Value> = jobs.iter().map(target).collect();
        fs::write(self.folder.join("targets"), json!(targets).to_string()).unwrap();
        fs::rename(self.folder.join("targets"), self.folder.join("targets.json")).unwrap();
    }

    async fn firing(&self) -> Firing {
        let Ok(answer) = self.client.get(format!("{}/api/v1/alerts", self.base)).send().await else { return Firing::new() };
        let answer: Value = answer.json().await.unwrap_or_default();
        let text = |alert: &Value, label: &str| alert["labels"][label].as_str().unwrap_or_default().to_owned();
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing.map(|alert| (text(alert, "alertname"), text(alert, "job"))).collect()
    }

    /// Whether it has asked every job, and each has answered.
    pub async fn until_asked(&self) {
        let begin = Instant::now();
        let query = format!("{}/api/v1/query?query=sum(up)", self.base);
        loop {
            let answered = match self.client.get(&query).send().await {
                Ok(answer) => answer.json::<Value>().await.unwrap_or_default()["data"]["result"][0]["value"][1].clone(),
                Err(_) => Value::Null,
            };
            if answered.as_str() == Some(&*self.jobs.len().to_string()) {
                return;
            }
            assert!(begin.elapsed() < WAIT_TIMEOUT, "Prometheus has not asked all jobs: {answered}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    pub async fn until_quiet(&self) {
        self.until("nothing fires", Firing::is_empty).await;
    }

    async fn until(&self, what: &str, holds: impl Fn(&Firing) -> bool) -> Firing {
        let begin = Instant::now();
        loop {
            let firing = self.firing().await;
            if holds(&firing) {
                return firing;
            }
            assert!(begin.elapsed() < WAIT_TIMEOUT, "{what}: there fires {firing:?}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Waits until each of these alerts fires (or, with `false`, none), for every job where it is one of a job. Returns the seconds
    /// of each.
    pub async fn times(&self, names: &[&'static str], fires: bool) -> BTreeMap<&'static str, f64> {
        let (begin, mut times) = (Instant::now(), BTreeMap::new());
        let of_jobs = |firing: &Firing, name: &str| firing.iter().filter(|alert| alert.0 == name).count();
        while times.len() < names.len() {
            let missing = names.iter().filter(|name| !times.contains_key(*name)).copied().collect::<Vec<_>>();
            let came = |firing: &Firing, name: &str| match (fires, name) {
                (true, "RoleDown") => of_jobs(firing, name) == self.jobs.len(),
                (true, _) => of_jobs(firing, name) > 0,
                (false, _) => of_jobs(firing, name) == 0,
            };
            let what = format!("{missing:?} {}", if fires { "fire" } else { "end" });
            let firing = self.until(&what, |firing| missing.iter().any(|name| came(firing, name))).await;
            let seconds = begin.elapsed().as_secs_f64();
            times.extend(missing.into_iter().filter(|name| came(&firing, name)).map(|name| (name, seconds)));
        }
        times
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of Debian's package.
pub fn tool(name: &str) -> PathBuf {
    let places = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].map(|folder| Path::new(folder).join(name));
    let found = places.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} was not found: run `sudo apt-get install prometheus` (`cargo xtask install` does, as root)")
    })
}
