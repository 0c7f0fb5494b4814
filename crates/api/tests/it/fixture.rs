//! One API on one database, and a client.

use std::time::Duration;

use linkpool_api::{ApiConfig, serve};
use linkpool_db::{Connect, Database};
use linkpool_testkit::TestDatabase;
use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::chain_fixture::ChainFixture;

/// How long a condition may take to hold.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Fixture {
    pub chain: ChainFixture,
    pub base: String,
    pub client: reqwest::Client,
    pub stop: DropGuard,
    pub test_database: TestDatabase,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Fixture {
    /// An API on a pool that has just been deployed.
    pub async fn start() -> Self {
        Self::with(ApiConfig { abi_hash: "0xab".into(), ..ApiConfig::default() }).await
    }

    pub async fn with(config: ApiConfig) -> Self {
        let (test_database, database) = database().await;
        let chain = ChainFixture::begin(database).await;
        Self::serve(config, chain, test_database).await
    }

    pub async fn serve(config: ApiConfig, chain: ChainFixture, test_database: TestDatabase) -> Self {
        let (base, stop) = listen(config, chain.database.clone()).await;
        Self { chain, base, client: reqwest::Client::new(), stop, test_database }
    }

    pub async fn send(&self, path: &str, headers: &[(&'static str, &str)]) -> Response {
        let mut request = self.client.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.send(path, &[]).await).await
    }

    /// The `data` of a successful answer, without the rounded companions of its amounts, which are checked.
    pub async fn data(&self, path: &str) -> Value {
        let mut answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let mut data = answer.body["data"].take();
        take_companions(&mut data);
        data
    }
}

/// An empty, migrated database.
pub async fn database() -> (TestDatabase, Database) {
    let test_database = TestDatabase::create().await.unwrap();
    let database = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
    database.migrate().await.unwrap();
    (test_database, database)
}

pub async fn listen(config: ApiConfig, database: Database) -> (String, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = CancellationToken::new();
    tokio::spawn(serve(config, database.reader().clone(), listener, shutdown.clone()));
    (base, shutdown.drop_guard())
}

pub async fn answer(response: Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The code of a problem, after checking the form that every problem has.
    pub fn problem(&self) -> &str {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        assert_eq!(self.body["status"], self.status.as_u16());
        let code = self.body["code"].as_str().unwrap();
        assert_eq!(self.body["type"], format!("/problems/{code}"));
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
        for field in ["title", "detail", "instance"] {
            assert!(self.body[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {}", self.body);
        }
        code
    }
}

/// Takes away what stands beside each amount in juels: the same in LINK, as a number.
fn take_companions(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(take_companions),
        Value::Object(fields) => {
            let amounts: Vec<String> = fields.keys().filter_map(|name| name.strip_suffix("_juels").map(str::to_owned)).collect();
            for stem in amounts {
                let rounded = fields.remove(&format!("{stem}_link")).unwrap_or_else(|| panic!("{stem} has no companion"));
                match fields[&format!("{stem}_juels")].as_str() {
                    Some(juels) => {
                        let (exact, rounded) = (juels.parse::<f64>().unwrap() / 1e18, rounded.as_f64().unwrap());
                        assert!((exact - rounded).abs() <= exact * 1e-12, "{stem}: {rounded} is not {exact}");
                    }
                    None => assert_eq!(rounded, Value::Null, "{stem}"),
                }
            }
            fields.values_mut().for_each(take_companions);
        }
        _ => {}
    }
}
