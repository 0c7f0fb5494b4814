//! Reading as of a block.

use linkpool_db::read::Snapshot;

use crate::{
    as_of::AsOf,
    at::At,
    problem::{BLOCK_NOT_INDEXED, Problem},
    state::Api,
};

impl At {
    /// A snapshot that reads as of that block, and the moment its answers are about.
    ///
    /// # Errors
    /// 404 for a block that is not indexed yet, or in which the contract did not exist.
    pub async fn open(self, api: &Api) -> Result<(Snapshot, AsOf), Problem> {
        let mut snapshot = api.snapshot().await?;
        let present = AsOf::of(snapshot.cursor());
        let (indexed, tags) = (present.block.number, snapshot.cursor().tags);
        let asked = match self {
            Self::Head => return Ok((snapshot, present)),
            Self::Safe => tags.safe.min(indexed),
            Self::Finalized => tags.finalized.min(indexed),
            Self::Block(block) => block,
        };
        if asked > indexed {
            return Err(unknown(format!("block {asked} is not indexed yet: the newest indexed block is {indexed}")));
        }
        match snapshot.go_back_to(asked).await? {
            Some(block) => {
                let by_number = matches!(self, Self::Block(_));
                Ok((snapshot, AsOf { block, asked: Some(asked), by_number, ..present }))
            }
            None => {
                let first = snapshot.deployment().await?.map_or(0, |deployment| deployment.start.number + 1);
                Err(unknown(format!("the contract did not exist in block {asked}: it begins in block {first}")))
            }
        }
    }
}

fn unknown(detail: String) -> Problem {
    Problem::new(&BLOCK_NOT_INDEXED, detail)
}
