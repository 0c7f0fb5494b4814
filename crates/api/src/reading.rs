//! From where a request reads.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use linkpool_db::{cursor::Cursor, read::Snapshot};

use crate::{as_of::AsOf, present::Present, problem::Problem, state::Api};

/// Where the cursor stood when the request had come; an extension of the request, of whoever has looked.
#[derive(Debug, Clone)]
pub(crate) struct Looked(pub Arc<Cursor>);

/// The database, as one request reads it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub api: Api,
    looked: Option<Looked>,
}

impl Reading {
    /// As of the present. Where it is known, each statement reads by itself and fails with [`crate::problem::MOVED`] once the cursor stands
    /// elsewhere: then the request is answered once more, by who has not looked.
    pub async fn snapshot(&self) -> Result<Snapshot, Problem> {
        match &self.looked {
            Some(Looked(cursor)) => Ok(self.api.database.standing_at(cursor)),
            None => self.api.snapshot().await,
        }
    }

    /// The pool and its nodes as of the present, which the snapshot reads.
    pub async fn present(&self, snapshot: &mut Snapshot, as_of: &AsOf) -> Result<Arc<Present>, Problem> {
        Ok(self.api.presents.get(snapshot, &self.api.statistics, as_of).await?)
    }
}

impl FromRequestParts<Api> for Reading {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        Ok(Self { api: api.clone(), looked: parts.extensions.get().cloned() })
    }
}
