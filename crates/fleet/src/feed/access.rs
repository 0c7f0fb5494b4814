//! Users and tokens: made once, with the admin's login, by the fleet that leads.
//!
//! A user's new token ends their older one, so one is made only where none is kept, or where the node refuses the kept one though it
//! knows the user. A fleet that slept over the end of its term may still end the token of the one that leads now; that one finds
//! out, and makes another. A user whom the node has, and whose password is not kept or refused, is made again.

use linkpool_chainlink::client::{Credentials, ErrorKind, NewApiUser, NodeClient};
use serde_json::json;
use uuid::Uuid;

use super::{
    memory::Memory,
    session::Session,
    trouble::Trouble,
    user::{User, token_of, token_text},
};
use crate::Login;

impl Session {
    /// Makes what is not there, and tries what is.
    pub(super) async fn access(&self, memory: &mut Memory) -> Result<(), Trouble> {
        let outcome = self.users().await;
        // Ours is nothing that the node's readers could do anything about.
        let error = match &outcome {
            Err(trouble @ (Trouble::Node(_) | Trouble::Api(_))) => Some(trouble.to_string()),
            Ok(()) | Err(Trouble::Ours(_)) => None,
        };
        if !matches!(outcome, Err(Trouble::Ours(_))) && error != self.node.access_error {
            self.database.set_access_error(&self.node.id, error.as_deref()).await?;
        }
        if outcome.is_ok() {
            memory.tried.done(self.node.base_url.clone());
        }
        outcome
    }

    async fn users(&self) -> Result<(), Trouble> {
        for user in User::ALL {
            match self.token(user).await? {
                None => self.make(user).await?,
                Some(token) => self.try_out(user, token).await?,
            }
        }
        Ok(())
    }

    /// The credentials of `user`, if there are any yet.
    pub(super) async fn token(&self, user: User) -> Result<Option<Credentials>, Trouble> {
        let kept = self.secrets.kept(&self.node.id, user.token_kind()).await?;
        Ok(kept.as_ref().and_then(token_of))
    }

    async fn make(&self, user: User) -> Result<(), Trouble> {
        let (client, node) = (self.user(user).await?, &self.node.id);
        let token = client.create_api_token().await?;
        self.secrets.keep(node, user.token_kind(), &token_text(&token)).await?;
        let detail = json!({ "made": user.token_kind().as_str() });
        Ok(self.database.record_event(node, "access", &detail).await?)
    }

    /// A client that logs in as `user`, who is there afterwards.
    async fn user(&self, user: User) -> Result<NodeClient, Trouble> {
        let (login, is_new) = self.login(user).await?;
        let new = |login: &Login| {
            let (email, password) = (login.email.clone(), login.password.clone());
            NewApiUser { email, password, role: user.role(self.node.proof_mode) }
        };
        let (admin, client) = (self.admin().await?, self.client(login.credentials())?);
        match admin.create_user(&new(&login)).await {
            Ok(_) => return Ok(client),
            Err(error) if matches!(error.kind, ErrorKind::UserExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // A node that can't look anybody up refuses the admin, too.
        if !is_new && (!is_refused(&client).await? || is_refused(&admin).await?) {
            return Ok(client);
        }
        // The node knows them from a database that was lost: nobody knows that password any more.
        let login = if is_new { login } else { self.another_login(user).await? };
        admin.delete_user(&login.email).await?;
        admin.create_user(&new(&login)).await?;
        self.client(login.credentials())
    }

    /// The login that is kept of `user`, and whether it was made just now.
    async fn login(&self, user: User) -> Result<(Login, bool), Trouble> {
        let (kind, node) = (user.login_kind(), &self.node.id);
        let (text, is_new) = match self.secrets.kept(node, kind).await? {
            Some(text) => (text, false),
            // Kept before the node is asked: whoever comes after a kill makes the same user.
            None => {
                let made = user.login(node).text();
                let kept = self.secrets.keep(node, kind, &made).await?;
                let is_new = kept.expose() == made.expose();
                (kept, is_new)
            }
        };
        let login = Login::parse(text.expose()).ok_or_else(|| Trouble::Node(format!("the {kind} that is kept is none")))?;
        Ok((login, is_new))
    }

    /// A login in the place of one that the node refuses. With another password, because a client remembers what it was refused with.
    async fn another_login(&self, user: User) -> Result<Login, Trouble> {
        let (kind, node) = (user.login_kind(), &self.node.id);
        let login = user.login(node);
        let old = self.database.sealed_secret(node, kind).await?.unwrap_or_default();
        if self.secrets.replace(node, kind, &old, &login.text()).await? {
            return Ok(login);
        }
        Err(Trouble::Node(format!("another fleet makes the user {} again", login.email)))
    }

    /// Whether the node takes the token. Where it does not, and lets the user in all the same, there is another one.
    async fn try_out(&self, user: User, token: Credentials) -> Result<(), Trouble> {
        let with_token = self.client(token)?;
        if !is_refused(&with_token).await? {
            return Ok(());
        }
        let Some(text) = self.secrets.kept(&self.node.id, user.login_kind()).await? else { return Ok(()) };
        let login = Login::parse(text.expose()).ok_or_else(|| Trouble::Node("a login that is kept is none".into()))?;
        let with_password = self.client(login.credentials())?;
        // It may be the node that can't look anybody up.
        if is_refused(&with_password).await? || !is_refused(&with_token).await? {
            return Err(Trouble::Node(format!("the node refuses the user {}: is it another node's database?", login.email)));
        }
        let kind = user.token_kind();
        let Some(old) = self.database.sealed_secret(&self.node.id, kind).await? else { return Ok(()) };
        let token = with_password.create_api_token().await?;
        self.secrets.replace(&self.node.id, kind, &old, &token_text(&token)).await?;
        let detail = json!({ "made": kind.as_str(), "why": "the node refused the token that was kept" });
        Ok(self.database.record_event(&self.node.id, "access", &detail).await?)
    }
}

/// Asks for as little as there is: a job that no node has.
async fn is_refused(client: &NodeClient) -> Result<bool, Trouble> {
    match client.job(Uuid::nil()).await {
        Ok(_) => Ok(false),
        Err(error) if error.kind == ErrorKind::CredentialsRefused => Ok(true),
        Err(error) => Err(error.into()),
    }
}
