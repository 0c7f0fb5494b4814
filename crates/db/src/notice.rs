//! What a writer tells the readers, in the transaction that wrote it.

use crate::{
    Error, Result,
    compound::Compound,
    parameter::Bind,
    pool::{Connection, Listener},
    statement::{args, run},
    target::Target,
};
use serde::{Deserialize, Serialize};

const CHANNEL: &str = "linkpool";
const NOTIFY: &str = "select pg_notify($1, $2)";

/// Sent on commit; a reader that misses one (its connection broke) sees the change at the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Notice {
    /// Rows of the blocks after `from` up to `to` are there.
    Indexed { from: u64, to: u64, events: usize },
    /// Rows from `first_invalid` on were replaced.
    Reorg { first_invalid: u64, to: u64 },
    /// The database follows another deployment, from its start.
    Rebuilt,
}

impl Notice {
    pub(crate) async fn send(&self, connection: &mut Connection) -> Result<()> {
        run(connection, NOTIFY, args![CHANNEL, self.text()?]).await?;
        Ok(())
    }

    /// The same as a part, `told`, of a statement that selects from it.
    pub(crate) fn add_to(&self, compound: &mut Compound) -> Result<()> {
        let text = self.text()?;
        compound.part("told", NOTIFY, 2, |to| {
            CHANNEL.bind(to)?;
            text.bind(to)
        })
    }

    fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::Corrupt(error.to_string()))
    }
}

/// A connection of its own that receives notices.
#[derive(Debug)]
pub struct Notices(Listener);

impl Notices {
    pub(crate) async fn open(target: &Target) -> Result<Self> {
        Ok(Self(Listener::open(target, &[CHANNEL]).await?))
    }

    /// The next notice; `None` after the connection was lost and made again, when some may have been missed.
    pub async fn next(&mut self) -> Result<Option<Notice>> {
        loop {
            let Some(message) = self.0.next().await? else { return Ok(None) };
            if let Ok(notice) = serde_json::from_str(message.payload()) {
                return Ok(Some(notice));
            }
        }
    }
}
