//! One call of a node's API: what is asked, with whose credentials, within what time.

use std::future::Future;

use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{ACCEPT, COOKIE, HeaderValue},
};
use serde_json::Value;
use url::Url;

use super::{Credentials, Error, ErrorKind, NodeConfig, Transport, answer::Answer, login_book::User, transport::SESSION_COOKIE};

/// A client of one node. Cloning is cheap; the session and connections live in the [`Transport`].
#[derive(Clone, Debug)]
pub struct NodeClient {
    pub(super) transport: Transport,
    pub(super) config: NodeConfig,
    pub(super) peer: String,
}

/// Method, path, query and body.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    method: Method,
    path: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl<'a> Call<'a> {
    pub fn new(method: Method, path: &'a [&'a str]) -> Self {
        Self { method, path, query: Vec::new(), body: None }
    }

    pub fn get(path: &'a [&'a str]) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: &'a [&'a str], body: Value) -> Self {
        Self::new(Method::POST, path).body(body)
    }

    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }
}

impl NodeClient {
    /// A client for the node at `config`; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidAddress`] if the address is not plain `http(s)://host[:port][/prefix]`.
    pub fn new(transport: &Transport, config: NodeConfig) -> Result<Self, Error> {
        config.check()?;
        let peer = config.base_url.origin().ascii_serialization();
        Ok(Self { transport: transport.clone(), config, peer })
    }

    /// The node's origin, as errors name it.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    pub(super) async fn anonymous(&self, path: &[&str]) -> Result<Answer, Error> {
        self.transport.exchange(&self.peer, self.request(&Call::get(path))).await
    }

    /// [`Self::authorized`] within the time of one call.
    pub(super) async fn ask(&self, call: Call<'_>) -> Result<Answer, Error> {
        self.within(self.authorized(call)).await
    }

    /// Sends with credentials; a session that the node has ended is renewed once. A role that is too low is no reason to log in
    /// again, and neither is a node that cannot ask its database who we are.
    pub(super) async fn authorized(&self, call: Call<'_>) -> Result<Answer, Error> {
        let (email, password) = match &self.config.credentials {
            Credentials::Token { key, secret } => {
                let request = self
                    .request(&call)
                    .header("X-API-KEY", self.sensitive(key.expose())?)
                    .header("X-API-SECRET", self.sensitive(secret.expose())?);
                return self.transport.exchange(&self.peer, request).await?.admitted();
            }
            Credentials::Password { email, password } => (email.clone(), password.clone()),
        };
        let user = User { email, password };
        let mut stale = None;
        loop {
            let login_url = self.url(&["sessions"]);
            let session = self.transport.session(&self.peer, login_url, &user, stale).await?;
            let cookie = self.sensitive(&format!("{SESSION_COOKIE}={}", session.cookie.expose()))?;
            let answer = self.transport.exchange(&self.peer, self.request(&call).header(COOKIE, cookie)).await?;
            let has_ended = answer.status == StatusCode::UNAUTHORIZED && answer.says_credentials_are_wrong();
            if !has_ended || stale.is_some() {
                return answer.admitted();
            }
            stale = Some(session.number);
        }
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let accept = "application/vnd.api+json, application/json";
        let mut url = self.url(call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let request = self.transport.http.request(call.method.clone(), url).header(ACCEPT, accept);
        match &call.body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.config.base_url.clone();
        // An http URL always has path segments, so this cannot fail; if it did, the plain address answers 404.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn sensitive(&self, value: &str) -> Result<HeaderValue, Error> {
        let mut header = HeaderValue::from_str(value).map_err(|_| ErrorKind::CredentialsRefused.of(&self.peer))?;
        header.set_sensitive(true);
        Ok(header)
    }

    pub(super) async fn within<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let limit = self.transport.limits.request_timeout;
        let outcome = tokio::time::timeout(limit, call).await;
        outcome.unwrap_or_else(|_| Err(ErrorKind::TimedOut { limit }.of(&self.peer)))
    }
}
