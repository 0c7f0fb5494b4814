//! What the followed Operators say of themselves at the final block: whose they are, who may answer, what waits there. Read on a schedule, and
//! sooner where one has told of a change. What answers have cost is read with it.

use std::time::Duration;

use linkpool_chain::{Chain, Error as ChainError};
use linkpool_contracts::{
    earnings_factory::earnings_of,
    operator::{getAuthorizedSendersCall, ownerCall, runtime_code, withdrawableCall},
};
use linkpool_db::{
    Database,
    operator_state::{OperatorState, OperatorToRead},
};
use linkpool_primitives::{Address, B256, BlockRef};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{Result, answer_fees::read_answer_fees};

const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Blocks after which one is read again that has told of nothing: ten minutes on a chain whose blocks take twelve seconds.
const FRESH_BLOCKS: u64 = 50;
/// Who may answer, as far as it is kept. All but one are too many.
const KEPT_SENDERS: usize = 10;

/// Reads until `shutdown`. `factory` makes the nodes' own contracts; without one no Operator is a node's own.
pub async fn inspect_operators(chain: Chain, database: Database, factory: Option<Address>, shutdown: CancellationToken) {
    let (mut has_told, mut fees_until) = (false, None);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
        }
        let looked = tokio::select! {
            () = shutdown.cancelled() => return,
            looked = async {
                let inspected = inspect_operators_once(&chain, &database, factory, FRESH_BLOCKS).await;
                fees_until = read_answer_fees(&chain, &database, fees_until).await?;
                inspected
            } => looked,
        };
        match looked {
            Ok(_) => has_told = false,
            Err(error) if !std::mem::replace(&mut has_told, true) => {
                warn!(%error, "what the nodes' Operators say of themselves and what answers have cost can't be read or kept; it is tried again");
            }
            Err(_) => {}
        }
    }
}

/// Reads those that were not read within so many final blocks. How many it has read.
///
/// # Errors
/// Of the first that could not be read; the others are read all the same.
pub async fn inspect_operators_once(chain: &Chain, database: &Database, factory: Option<Address>, blocks: u64) -> Result<usize> {
    let Some(cursor) = database.cursor().await? else { return Ok(0) };
    let finalized = cursor.tags.finalized.min(cursor.block.number);
    let due = database.operators_to_read(finalized, blocks).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let Some(deployment) = database.deployment().await? else { return Ok(0) };
    let Some(header) = chain.header(finalized).await? else { return Ok(0) };
    let (token, mut failed) = (deployment.token, None);
    for one in &due {
        match inspect(chain, one, (factory, token), header.block).await {
            Ok(state) => database.keep_operator_state(&state).await?,
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(due.len()), Err)
}

async fn inspect(
    chain: &Chain,
    of: &OperatorToRead,
    (factory, token): (Option<Address>, Address),
    block: BlockRef,
) -> Result<OperatorState> {
    let code = chain.code_at(of.operator, block.number).await?;
    let state = OperatorState {
        operator: of.operator,
        block_number: block.number,
        is_known: code == runtime_code(token),
        is_owned: false,
        senders: Vec::new(),
        withdrawable: 0,
    };
    // Nothing is asked of a contract that is another, or not there yet.
    if state.is_known { read(chain, of, factory, block.hash, state).await } else { Ok(state) }
}

async fn read(
    chain: &Chain,
    of: &OperatorToRead,
    factory: Option<Address>,
    block: B256,
    mut state: OperatorState,
) -> Result<OperatorState> {
    let (owner, senders, withdrawable) = match tokio::try_join!(
        chain.call_at(of.operator, &ownerCall {}, block),
        chain.call_at(of.operator, &getAuthorizedSendersCall {}, block),
        chain.call_at(of.operator, &withdrawableCall {}, block),
    ) {
        Ok(read) => read,
        Err(ChainError::Absent { .. } | ChainError::Reverted { .. } | ChainError::UnexpectedContract { .. }) => return Ok(state),
        Err(error) => return Err(error.into()),
    };
    state.is_owned = factory.is_some_and(|factory| owner == earnings_of(factory, of.node));
    state.senders = senders.into_iter().take(KEPT_SENDERS).collect();
    state.withdrawable = withdrawable.saturating_to();
    Ok(state)
}
