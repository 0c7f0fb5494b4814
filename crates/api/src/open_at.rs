//! Reading as of a block.

use linkpool_db::read::Snapshot;

use crate::{
    as_of::AsOf,
    at::At,
    problem::{BLOCK_NOT_INDEXED, Problem},
    reading::Reading,
};

impl At {
    /// A snapshot that reads as of that block, and the moment its answers are about.
    ///
    /// # Errors
    /// 404 for a block that is not indexed yet, or in which the contract did not exist.
    pub async fn open(self, reading: &Reading) -> Result<(Snapshot, AsOf), Problem> {
        if self == Self::Head {
            let snapshot = reading.snapshot().await?;
            let present = AsOf::of(snapshot.cursor());
            return Ok((snapshot, present));
        }
        // Statements about the past name its block, so none is kept prepared.
        let mut snapshot = reading.api.snapshot().await?;
        let present = AsOf::of(snapshot.cursor());
        let (indexed, tags) = (present.block.number, snapshot.cursor().tags);
        let asked = match self {
            Self::Head => indexed,
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
