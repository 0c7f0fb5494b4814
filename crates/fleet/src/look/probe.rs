//! Asking one replica's API how it is: at most once a second, because a node counts everybody's requests.

use std::{
    fs,
    net::SocketAddr,
    path::PathBuf,
    time::{Duration, Instant},
};

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Error, ErrorKind, FailingCheck, Health, NodeClient, NodeConfig, Transport},
};
use url::Url;

use super::judge::Answer;

/// Time between two requests that are answered.
const ANSWERED_INTERVAL: Duration = Duration::from_secs(1);
/// And between two attempts at one that does not listen, which cost it nothing.
const REFUSED_INTERVAL: Duration = Duration::from_millis(250);
/// The checks of a node that has just begun to serve fail for 15 s whatever its state: it looks at itself that often.
const YOUNG_AGE: Duration = Duration::from_secs(20);
/// Each so many looks at one that serves it is asked for its checks, and else whether it is ready.
const CHECKS_EACH: u32 = 5;

/// Where a replica's API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// Where it says itself, in a file.
    ByPortFile,
    At(SocketAddr),
}

impl Answers {
    /// One word, for the trace by which a running replica is found again.
    pub(crate) fn word(self) -> String {
        match self {
            Self::ByPortFile => "port-file".into(),
            Self::At(address) => address.to_string(),
        }
    }

    pub(crate) fn parse(word: &str) -> Self {
        word.parse().map_or(Self::ByPortFile, Self::At)
    }
}

/// Looks at one replica.
#[derive(Debug)]
pub(super) struct Probe {
    port_file: PathBuf,
    answers: Answers,
    transport: Transport,
    client: Option<(SocketAddr, NodeClient)>,
    last: Answer,
    asked: Option<Instant>,
    ready_since: Option<Instant>,
    looks: u32,
}

impl Probe {
    pub fn new(port_file: PathBuf, transport: Transport) -> Self {
        Self {
            port_file,
            answers: Answers::ByPortFile,
            transport,
            client: None,
            last: Answer::NotListening,
            asked: None,
            ready_since: None,
            looks: 0,
        }
    }

    /// Where the process that is looked at from now on answers. Nothing is known of it yet.
    pub fn begin(&mut self, answers: Answers) {
        self.answers = answers;
        self.forget();
    }

    /// What it answers, or answered a moment ago, and where.
    pub async fn look(&mut self) -> (Answer, Option<String>) {
        let Some((address, client)) = self.client() else {
            self.forget();
            return (Answer::NotListening, None);
        };
        let pause = if self.last == Answer::NotListening { REFUSED_INTERVAL } else { ANSWERED_INTERVAL };
        if self.asked.is_none_or(|asked| asked.elapsed() >= pause) {
            self.asked = Some(Instant::now());
            self.last = self.ask(&client).await;
            match self.last {
                Answer::Ready { .. } => _ = self.ready_since.get_or_insert_with(Instant::now),
                Answer::Silent(_) => {}
                _ => self.ready_since = None,
            }
        }
        let listens = self.last != Answer::NotListening;
        (self.last.clone(), listens.then(|| format!("http://{address}")))
    }

    async fn ask(&mut self, client: &NodeClient) -> Answer {
        let Answer::Ready { ailment } = &self.last else { return self.ask_all(client).await };
        self.looks = self.looks.wrapping_add(1);
        let is_young = self.ready_since.is_none_or(|since| since.elapsed() < YOUNG_AGE);
        if is_young || !self.looks.is_multiple_of(CHECKS_EACH) {
            return match client.ready().await {
                Ok(true) => Answer::Ready { ailment: ailment.clone() },
                Ok(false) => self.ask_all(client).await,
                Err(error) => self.silent(&error),
            };
        }
        match client.health().await {
            Ok(Health::Passing) => Answer::Ready { ailment: None },
            Ok(Health::Degraded(checks)) => Answer::Ready { ailment: Some(named(&checks)) },
            Ok(Health::NotListening | Health::Migrating | Health::Failing(_)) => self.ask_all(client).await,
            Err(error) => self.silent(&error),
        }
    }

    /// Of one that was not ready when it was last asked. Whether it is, it says only where it has its API already.
    async fn ask_all(&self, client: &NodeClient) -> Answer {
        let checks = match client.health().await {
            Ok(Health::NotListening) => return Answer::NotListening,
            Ok(Health::Migrating) => return Answer::Migrating,
            Ok(Health::Passing) => "its checks pass but it does not answer as ready".into(),
            Ok(Health::Failing(checks) | Health::Degraded(checks)) => named(&checks),
            Err(error) => return self.silent(&error),
        };
        match client.ready().await {
            Ok(true) => Answer::Ready { ailment: None },
            Ok(false) => Answer::NotReady(checks),
            Err(error) => self.silent(&error),
        }
    }

    /// One that says that it was asked too often, is as it was.
    fn silent(&self, error: &Error) -> Answer {
        if error.kind == ErrorKind::RateLimited { self.last.clone() } else { Answer::Silent(error.to_string()) }
    }

    fn forget(&mut self) {
        (self.last, self.asked, self.ready_since, self.looks) = (Answer::NotListening, None, None, 0);
    }

    fn client(&mut self) -> Option<(SocketAddr, NodeClient)> {
        let address = match self.answers {
            Answers::At(address) => address,
            // A file of a few bytes in a local directory: reading it blocks no longer than a cache miss.
            Answers::ByPortFile => fs::read_to_string(&self.port_file).ok()?.trim().parse().ok()?,
        };
        if self.client.as_ref().is_none_or(|(known, _)| *known != address) {
            self.forget();
            // The two calls made here carry no credentials.
            let credentials = Credentials::Token { key: Secret::new(""), secret: Secret::new("") };
            let base_url = Url::parse(&format!("http://{address}")).ok()?;
            self.client = Some((address, NodeClient::new(&self.transport, NodeConfig { base_url, credentials }).ok()?));
        }
        self.client.clone()
    }
}

fn named(checks: &[FailingCheck]) -> String {
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    if names.is_empty() { "it answers 503".into() } else { format!("failing checks: {}", names.join(", ")) }
}
