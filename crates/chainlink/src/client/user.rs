//! API users and their tokens.

use linkpool_primitives::printable;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::{
    Credentials, Error, ErrorKind, NodeClient,
    answer::{Answer, Document, QUOTED_CHARS, Resource},
    call::Call,
};
use crate::Secret;

/// What a user may do; each role includes those before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, strum::Display, strum::EnumString, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Role {
    /// Reads everything but users.
    View,
    /// Also starts jobs that wait to be asked.
    Run,
    /// Also makes keys, bridges and jobs.
    Edit,
    /// Also makes users and transfers.
    Admin,
}

/// One API user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUser {
    /// In lower case, as a node keeps it.
    pub email: String,
    pub role: Role,
    /// Whether they have a token.
    pub has_token: bool,
}

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewApiUser {
    pub email: String,
    /// 16 to 50 characters, and not with the e-mail in it.
    pub password: Secret,
    pub role: Role,
}

/// A token that [`NodeClient::create_api_token`] made.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// For `X-API-KEY`.
    pub key: Secret,
    /// For `X-API-SECRET`.
    pub secret: Secret,
}

impl From<ApiToken> for Credentials {
    fn from(token: ApiToken) -> Self {
        Self::Token { key: token.key, secret: token.secret }
    }
}

#[derive(Deserialize)]
struct TokenAttributes {
    #[serde(rename = "accessKey")]
    access_key: Secret,
    secret: Secret,
}

#[derive(Deserialize)]
struct UserAttributes {
    email: String,
    role: Role,
    /// A node sends the word.
    #[serde(rename = "hasActiveApiToken")]
    has_token: String,
}

impl From<Resource<UserAttributes>> for ApiUser {
    fn from(user: Resource<UserAttributes>) -> Self {
        let it = user.attributes;
        Self { email: it.email, role: it.role, has_token: it.has_token == "true" }
    }
}

impl NodeClient {
    /// `POST /v2/user/token`: makes a token for the configured user. The user's earlier token stops working.
    ///
    /// # Errors
    /// [`ErrorKind::PasswordNeeded`] if the credentials are a token; else any [`Error`].
    pub async fn create_api_token(&self) -> Result<ApiToken, Error> {
        let Credentials::Password { password, .. } = &self.config.credentials else {
            return Err(ErrorKind::PasswordNeeded.into());
        };
        let call = Call::post(&["v2", "user", "token"], json!({ "password": password.expose() }));
        let answer = self.ask(call).await?.expect(StatusCode::CREATED)?;
        let token: Document<Resource<TokenAttributes>> = answer.parse()?;
        let TokenAttributes { access_key: key, secret } = token.data.attributes;
        Ok(ApiToken { key, secret })
    }

    /// `GET /v2/users`. Needs the role `admin`.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn users(&self) -> Result<Vec<ApiUser>, Error> {
        let answer = self.ask(Call::get(&["v2", "users"])).await?.expect(StatusCode::OK)?;
        let users: Document<Vec<Resource<UserAttributes>>> = answer.parse()?;
        Ok(users.data.into_iter().map(ApiUser::from).collect())
    }

    /// `POST /v2/users`. Needs the role `admin`.
    ///
    /// # Errors
    /// [`ErrorKind::UserExists`]; [`ErrorKind::BadUser`] for an e-mail or password that the node does not take; else any [`Error`].
    pub async fn create_user(&self, user: &NewApiUser) -> Result<ApiUser, Error> {
        let body = json!({ "email": user.email, "password": user.password.expose(), "role": <&str>::from(user.role) });
        let answer = self.ask(Call::post(&["v2", "users"], body)).await?;
        if answer.status == StatusCode::BAD_REQUEST && answer.said().contains("already exists") {
            return Err(answer.fault(ErrorKind::UserExists { email: user.email.clone() }));
        }
        let created: Document<Resource<UserAttributes>> = answer.user_taken()?.parse()?;
        Ok(created.data.into())
    }

    /// `PATCH /v2/users`: gives another user this role, and ends their sessions. Needs the role `admin`.
    ///
    /// # Errors
    /// [`ErrorKind::BadUser`] for the admin's own user; else any [`Error`].
    pub async fn set_role(&self, email: &str, role: Role) -> Result<ApiUser, Error> {
        let body = json!({ "email": email, "newRole": <&str>::from(role) });
        let answer = self.ask(Call::new(Method::PATCH, &["v2", "users"]).body(body)).await?;
        let changed: Document<Resource<UserAttributes>> = answer.user_taken()?.parse()?;
        Ok(changed.data.into())
    }

    /// `DELETE /v2/users/{email}`: with sessions and token. Needs the role `admin`.
    ///
    /// # Errors
    /// [`ErrorKind::BadUser`] for the admin's own user and for one that is not there; else any [`Error`].
    pub async fn delete_user(&self, email: &str) -> Result<(), Error> {
        let answer = self.ask(Call::new(Method::DELETE, &["v2", "users", email])).await?;
        answer.user_taken().map(drop)
    }
}

impl Answer {
    /// Of a password that is too simple a node says a page; what matters comes last.
    fn user_taken(self) -> Result<Self, Error> {
        if self.status != StatusCode::BAD_REQUEST {
            return self.expect(StatusCode::OK);
        }
        let said = self.said();
        let faults = said.rsplit("Faults:").next().unwrap_or(&said);
        Err(self.fault(ErrorKind::BadUser { detail: printable(faults.trim(), QUOTED_CHARS) }))
    }
}
