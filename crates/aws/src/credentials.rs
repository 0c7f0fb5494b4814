//! Whose calls they are: a key from the environment, or the role of the ECS task that this process runs in.

use std::time::Duration;

use chrono::{DateTime, Utc};
use linkpool_chainlink::Secret;
use reqwest::Client;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::{Error, Result};

/// Where a task's agent answers.
const AGENT: &str = "http://169.254.170.2";
/// A role's key is asked for again this long before it ends.
const RENEWAL_AGE: Duration = Duration::from_secs(300);

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: Secret,
    pub session_token: Option<Secret>,
}

/// Where keys come from.
#[derive(Debug)]
pub enum CredentialsSource {
    /// The same for ever.
    Fixed(Credentials),
    /// An address that gives one for some hours, as ECS gives each task one.
    Endpoint { url: Url, token: Option<Secret>, kept: Mutex<Option<(Credentials, DateTime<Utc>)>> },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    expiration: DateTime<Utc>,
}

impl CredentialsSource {
    /// As every AWS tool takes them: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, else what ECS says in
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `AWS_CONTAINER_CREDENTIALS_FULL_URI`. `variable` reads a variable.
    ///
    /// # Errors
    /// A sentence that says what to set.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let (Some(access_key), Some(secret_key)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
            let session_token = variable("AWS_SESSION_TOKEN").map(Secret::new);
            return Ok(Self::Fixed(Credentials { access_key, secret_key: Secret::new(secret_key), session_token }));
        }
        let relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|path| format!("{AGENT}{path}"));
        let Some(address) = relative.or_else(|| variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) else {
            return Err(Error::Credentials(
                "no AWS credentials: give the ECS task that this runs in a task role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                    .into(),
            ));
        };
        let url = address
            .parse()
            .map_err(|error| Error::Credentials(format!("{address} is no address for AWS credentials: {error}")))?;
        let token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(Secret::new);
        Ok(Self::Endpoint { url, token, kept: Mutex::default() })
    }

    /// A key that is good now.
    pub(crate) async fn credentials(&self, client: &Client) -> Result<Credentials> {
        let (url, token, kept) = match self {
            Self::Fixed(credentials) => return Ok(credentials.clone()),
            Self::Endpoint { url, token, kept } => (url, token, kept),
        };
        let mut kept = kept.lock().await;
        if let Some((credentials, until)) = kept.as_ref()
            && *until > Utc::now() + RENEWAL_AGE
        {
            return Ok(credentials.clone());
        }
        let mut request = client.get(url.clone());
        if let Some(token) = token {
            request = request.header("authorization", token.expose());
        }
        let answer = async { request.send().await?.error_for_status()?.json::<Answer>().await };
        let answer = answer
            .await
            .map_err(|error| Error::Credentials(format!("{url} gives no AWS credentials: {}", error.without_url())))?;
        let credentials = Credentials {
            access_key: answer.access_key_id,
            secret_key: Secret::new(answer.secret_access_key),
            session_token: Some(Secret::new(answer.token)),
        };
        *kept = Some((credentials.clone(), answer.expiration));
        Ok(credentials)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn source(variables: &[(&str, &str)]) -> Result<CredentialsSource> {
        CredentialsSource::of_environment(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, it)| (*it).to_owned()))
    }

    #[test]
    fn a_key_of_the_environment_comes_first_and_without_any_it_is_said_what_to_set() {
        let variables =
            [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x")];
        assert!(matches!(source(&variables), Ok(CredentialsSource::Fixed(it)) if it.access_key == "a"));
        let of_task = source(&variables[2..]).unwrap();
        assert!(matches!(of_task, CredentialsSource::Endpoint { url, .. } if url.as_str() == "http://169.254.170.2/x"));
        assert!(source(&[]).unwrap_err().to_string().contains("a task role"));
    }

    #[tokio::test]
    async fn a_tasks_role_is_asked_for_once_while_its_key_is_good() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/role", listener.local_addr().unwrap());
        let answers = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 2_048];
            let length = stream.read(&mut asked).await.unwrap();
            let body = r#"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2999-01-01T00:00:00Z"}"#;
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
            // There is nobody any more who would answer a second time.
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        let variables =
            [("AWS_CONTAINER_CREDENTIALS_FULL_URI", address.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let me in")];
        let source = source(&variables).unwrap();
        let client = Client::new();
        let first = source.credentials(&client).await.unwrap();
        assert_eq!((first.access_key.as_str(), first.session_token.clone()), ("a", Some(Secret::new("c"))));
        assert!(answers.await.unwrap().contains("authorization: let me in"));
        assert_eq!(source.credentials(&client).await.unwrap(), first);
    }
}
