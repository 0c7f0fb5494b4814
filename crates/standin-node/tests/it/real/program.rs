//! A node, real or not, started from files as an operator starts one, and asked by plain HTTP.

use std::{
    collections::HashMap,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use linkpool_testkit::{Anvil, NodePostgres, until};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    compare::Seen,
    table::{Case, Who},
};
use crate::{
    fixture::{CHAIN, EMAIL, PASSWORD, plain_http},
    process::{chainlink, secret_file},
};

/// A first boot makes keys, which takes a real node a minute beside other work; then it looks at itself every 15 s.
const BOOT_TIMEOUT: Duration = Duration::from_secs(300);

/// A node answers 1,000 requests a minute, and the table is still to come.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

const VIEWER: &str = "viewer@node.local";

pub struct Program {
    child: Child,
    address: SocketAddr,
    directory: tempfile::TempDir,
    cookies: HashMap<Who, String>,
    /// What earlier answers are remembered for, by the name in the table.
    kept: Mutex<HashMap<&'static str, String>>,
}

impl Program {
    pub async fn real(executable: PathBuf, server: &NodePostgres, anvil: &Anvil) -> Self {
        let line = |words: &[String]| {
            let mut command = Command::new(&executable);
            command.args(words);
            command
        };
        Self::start("real", line, server, anvil).await
    }

    pub async fn standin(server: &NodePostgres, anvil: &Anvil) -> Self {
        Self::start("standin", chainlink, server, anvil).await
    }

    async fn start(name: &str, command: impl Fn(&[String]) -> Command, server: &NodePostgres, anvil: &Anvil) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let words = files(directory.path(), address.port(), &server.create_database(&format!("{name}_test")).unwrap(), anvil);
        let log = fs::File::create(directory.path().join("log")).unwrap();
        let mut command = command(&words);
        command.env("GOMEMLIMIT", "300MiB").stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = command.spawn().unwrap();
        Self { child, address, directory, cookies: HashMap::new(), kept: Mutex::default() }
    }

    /// Once it is healthy, with a session of the admin, and one of a user of role view.
    pub async fn logged_in(mut self) -> Self {
        let log = self.directory.path().join("log");
        let mut looks = tokio::time::interval(LOOK_INTERVAL);
        until(&format!("a healthy node, see {}", log.display()), BOOT_TIMEOUT, async || {
            looks.tick().await;
            self.status("/health").await == Some(200)
        })
        .await;
        let admin = self.log_in(EMAIL).await;
        self.cookies.insert(Who::Admin, admin);
        let viewer = json!({ "email": VIEWER, "password": PASSWORD, "role": "view" });
        let made = self.request(Method::POST, "/v2/users", Who::Admin).json(&viewer).send().await.unwrap();
        assert_eq!(made.status(), 200);
        let viewer = self.log_in(VIEWER).await;
        self.cookies.insert(Who::Viewer, viewer);
        self
    }

    pub async fn version(&self) -> String {
        let answer = self.request(Method::GET, "/v2/build_info", Who::Admin).send().await.unwrap();
        let info: Value = answer.json().await.unwrap();
        info["version"].as_str().unwrap_or_default().to_owned()
    }

    pub async fn ask(&self, case: &Case) -> Seen {
        let (path, body) = (self.filled(&case.path), case.body.as_deref().map(|body| self.filled(body)));
        let mut request = self.request(case.method.parse().unwrap(), &path, case.who).header("accept", "application/json");
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let seen = Seen::read(request.send().await.unwrap()).await;
        if let Some((name, pointer)) = case.keep {
            let found = seen.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            self.kept.lock().unwrap().insert(name, found.to_owned());
        }
        seen
    }

    fn filled(&self, text: &str) -> String {
        self.kept.lock().unwrap().iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
    }

    fn request(&self, method: Method, path: &str, who: Who) -> reqwest::RequestBuilder {
        let request = plain_http().request(method, format!("http://{}{path}", self.address));
        match self.cookies.get(&who) {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    async fn status(&self, path: &str) -> Option<u16> {
        let answer = self.request(Method::GET, path, Who::Nobody).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    async fn log_in(&self, email: &str) -> String {
        let login = json!({ "email": email, "password": PASSWORD });
        let answer = self.request(Method::POST, "/sessions", Who::Nobody).json(&login).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next();
        cookie.unwrap_or_default().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn files(directory: &Path, port: u16, database_url: &str, anvil: &Anvil) -> Vec<String> {
    let root = directory.join("root");
    let (http, ws) = (anvil.http_url(), anvil.ws_url());
    let config = format!(
        "RootDir = '{}'\n[WebServer]\nHTTPPort = {port}\nSecureCookies = false\n[WebServer.TLS]\nHTTPSPort = 0\n[P2P.V2]\nEnabled = false\n\
         [[EVM]]\nChainID = '{CHAIN}'\nFinalityDepth = 1\nMinIncomingConfirmations = 1\n[EVM.GasEstimator]\nMode = 'FixedPrice'\n\
         [[EVM.Nodes]]\nName = 'anvil'\nHTTPURL = '{http}'\nWSURL = '{ws}'\n",
        root.display()
    );
    let keystore = "a password of the keystore";
    let secrets = format!("[Database]\nURL = '{database_url}'\n[Password]\nKeystore = '{keystore}'\n");
    let file = |name: &str, text: &str| secret_file(directory, name, text).display().to_string();
    let (config, secrets) = (file("config.toml", &config), file("secrets.toml", &secrets));
    let (api, password) = (file("api", &format!("{EMAIL}\n{PASSWORD}\n")), file("password", &format!("{keystore}\n")));
    ["node", "-config", &config, "-secrets", &secrets, "start", "-a", &api, "-p", &password].map(str::to_owned).to_vec()
}
