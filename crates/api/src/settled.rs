//! Sums over all events. What is final is added once, so that each block adds only the few events behind it.

use linkpool_db::{Error, read::Snapshot};
use tokio::sync::Mutex;

use crate::as_of::AsOf;

/// What is added up over blocks.
pub(crate) trait Sum: Clone + Default + Send {
    /// Adds the blocks after `after`, up to `through`.
    fn add(&mut self, snapshot: &mut Snapshot, after: u64, through: u64) -> impl Future<Output = Result<(), Error>> + Send;
}

/// The sum up to a final block, of whoever asked last.
#[derive(Debug, Default)]
pub(crate) struct Settled<T>(Mutex<Option<Final<T>>>);

#[derive(Debug, Clone, Default)]
struct Final<T> {
    through: u64,
    /// A correction replaces rows of final blocks too.
    revision: u64,
    sum: T,
}

impl<T: Sum> Settled<T> {
    /// The sum up to the block of the snapshot. The lock is held meanwhile, so that what is final is added once.
    pub async fn through(&self, snapshot: &mut Snapshot, as_of: &AsOf) -> Result<T, Error> {
        let mut settled = self.0.lock().await;
        let number = as_of.block.number;
        let of_these_rows = settled.as_ref().filter(|settled| settled.revision == as_of.revision);
        let mut known = match of_these_rows {
            Some(settled) if settled.through <= number => settled.clone(),
            _ => Final { revision: as_of.revision, ..Final::default() },
        };
        // An older block is added up from the start, and the present keeps what it has.
        let is_older = of_these_rows.is_some_and(|settled| settled.through > number);
        known.extend(snapshot, as_of.finalized_block.min(number)).await?;
        if !is_older {
            *settled = Some(known.clone());
        }
        known.extend(snapshot, number).await?;
        Ok(known.sum)
    }

    /// Blocks thought to stand were replaced.
    pub async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl<T: Sum> Final<T> {
    async fn extend(&mut self, snapshot: &mut Snapshot, through: u64) -> Result<(), Error> {
        if through > self.through {
            self.sum.add(snapshot, self.through, through).await?;
            self.through = through;
        }
        Ok(())
    }
}
