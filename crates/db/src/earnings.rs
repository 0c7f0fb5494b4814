//! Where nodes' earnings wait, as the role that passes them on last saw it.

use linkpool_primitives::{Address, words};

use crate::{
    Database, Result,
    column::{row, stored_enums},
    statement::{all, args, run},
};

stored_enums!(SourceKind);

words! {
    /// What LINK comes from.
    pub enum SourceKind {
        /// LINK that somebody has sent to the node's own contract.
        Plain = "plain",
        /// What the node's Operator has to withdraw.
        Operator = "operator",
        /// What a feed owes the node's wallet.
        Feed = "feed",
    }
}

row! {
    /// One place where LINK of one node waits.
    #[derive(Debug, Clone, PartialEq, Eq)]
    EarningsSource {
        wallet: Address,
        kind: SourceKind,
        source: Address,
        /// The final block that this is as of.
        block_number: u64,
        /// Juels.
        waiting: u128,
        /// Juels that requests have paid which nobody has answered.
        unanswered: u128,
        /// Chain time since which so much waits that it is to be passed on.
        waiting_since: Option<u64>,
        /// Chain time since which requests wait and the wallet has sent nothing.
        silent_since: Option<u64>,
        nonce: u64,
        passed_block: Option<u64>,
        passed_at: Option<u64>,
        /// Why nothing can be passed on, for people.
        trouble: Option<String>,
    }
}

/// Longest sentence that is kept; a contract's own words may be in it.
const MAX_TROUBLE: usize = 1_000;

impl EarningsSource {
    /// One that was never looked at.
    pub fn new(wallet: Address, kind: SourceKind, source: Address) -> Self {
        Self {
            wallet,
            kind,
            source,
            block_number: 0,
            waiting: 0,
            unanswered: 0,
            waiting_since: None,
            silent_since: None,
            nonce: 0,
            passed_block: None,
            passed_at: None,
            trouble: None,
        }
    }
}

impl Database {
    /// Every place that was looked at.
    pub async fn earnings_sources(&self) -> Result<Vec<EarningsSource>> {
        let select =
            "select wallet::bytea, kind, source::bytea, block_number, waiting, unanswered, waiting_since, silent_since, nonce,
                    passed_block, passed_at, trouble
               from earnings_source order by wallet, kind, source";
        all(&self.pool, select, args![]).await
    }

    /// Keeps what was seen of one place.
    pub async fn keep_earnings_source(&self, seen: &EarningsSource) -> Result<()> {
        let insert = "insert into earnings_source (wallet, kind, source, block_number, waiting, unanswered, waiting_since, silent_since, nonce,
                    passed_block, passed_at, trouble)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             on conflict (wallet, kind, source) do update set (block_number, waiting, unanswered, waiting_since, silent_since, nonce,
                    passed_block, passed_at, trouble)
               = (excluded.block_number, excluded.waiting, excluded.unanswered, excluded.waiting_since, excluded.silent_since, excluded.nonce,
                    excluded.passed_block, excluded.passed_at, excluded.trouble)";
        let trouble = seen.trouble.as_ref().map(|text| text.chars().take(MAX_TROUBLE).collect::<String>());
        let EarningsSource {
            wallet, kind, source, block_number, waiting, unanswered, waiting_since, silent_since, nonce, ..
        } = seen;
        let arguments = args![
            wallet,
            kind,
            source,
            block_number,
            waiting,
            unanswered,
            waiting_since,
            silent_since,
            nonce,
            seen.passed_block,
            seen.passed_at,
            trouble
        ];
        run(self.pool.writing(), insert, arguments).await?;
        Ok(())
    }

    /// A place that is no node's any more.
    pub async fn forget_earnings_source(&self, gone: &EarningsSource) -> Result<()> {
        let delete = "delete from earnings_source where wallet = $1 and kind = $2 and source = $3";
        run(self.pool.writing(), delete, args![gone.wallet, gone.kind, gone.source]).await?;
        Ok(())
    }
}
