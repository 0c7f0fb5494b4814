//! How much one signer may do, and what its fees of a day may come to. A sum that was right yesterday stops all work when the chain takes
//! more gas for the same work, or gas gets dearer within what is accepted; so without a sum of the operator's own the work is counted,
//! and not its price.

use std::time::Duration;

use crate::{
    Result,
    pool::Connection,
    statement::{all, args, one},
    tx::{Account, TransactionKind},
};

/// Wei per gas that are paid at most where nobody says otherwise.
const MAX_FEE_WEI: u128 = 500_000_000_000;

/// Safe defaults: a registrar that runs wild spends a bounded amount and makes a bounded number of nodes before anybody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most transactions that are sent and not mined. A geth node is sure to keep 16 of one account.
    pub max_in_flight: u16,
    /// Most registrations that get a nonce within an hour, and within 24.
    pub registrations_per_hour: u32,
    pub registrations_per_day: u32,
    /// Most fees within 24 hours: what open transactions can cost at most, and the others have cost at most.
    pub fees_per_day: FeesPerDay,
}

impl Default for Limits {
    fn default() -> Self {
        let fees_per_day = FeesPerDay::Work { max_fee_wei: MAX_FEE_WEI };
        Self { max_in_flight: 16, registrations_per_hour: 10, registrations_per_day: 50, fees_per_day }
    }
}

impl Limits {
    /// For measurements and development chains, where nothing is worth anything.
    pub fn none() -> Self {
        let fees_per_day = FeesPerDay::Most(u128::MAX);
        Self { registrations_per_hour: u32::MAX, registrations_per_day: u32::MAX, fees_per_day, ..Self::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// A sentence.
    pub reason: String,
    pub retry_in: Duration,
}

/// Most fees of one signer within 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeesPerDay {
    /// So many wei, whatever gas and work cost.
    Most(u128),
    /// What a day's work takes by the chain's own estimates: as many transactions of each kind that it sends as registrations are
    /// allowed, each with the largest gas limit of its kind and at the dearest offer of the day, but no more than `max_fee_wei`.
    Work { max_fee_wei: u128 },
}

/// As many transactions of each kind a day has room for, if fewer registrations are allowed.
const LEAST_OF_A_KIND: u32 = 50;
/// Contracts of a deployment, each of which is made once.
const DEPLOYED: u32 = 3;
/// Wei per gas that a day is counted with when gas is cheaper: then there is room for more transactions.
const USUAL_FEE_WEI: u128 = 60_000_000_000;

/// A transaction that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub kind: TransactionKind,
    pub gas_limit: u64,
    /// Wei per gas of a first offer. A replacement's does not make the day dearer: each pays more than the one before.
    pub first_offer_wei: Option<u128>,
    pub cost_wei: u128,
}

/// The largest gas limit and the dearest first offer of one kind within 24 hours.
#[derive(Debug, Clone, Copy)]
struct Largest {
    kind: TransactionKind,
    gas: u128,
    offer_wei: u128,
}

/// Why the signer, whose row is locked, may not send this; its own nonce, if it has one, is not counted twice.
pub(super) async fn refusal(
    connection: &mut Connection,
    account: &Account,
    limits: &Limits,
    asked: Asked,
    nonce: Option<u64>,
) -> Result<Option<String>> {
    let spent_wei = spent(connection, account, nonce).await?;
    let (max_wei, what) = match limits.fees_per_day {
        FeesPerDay::Most(wei) => (wei, "transactions.fees_daily_cap_eth"),
        FeesPerDay::Work { max_fee_wei } => {
            (work(&largest(connection, account).await?, asked, limits, max_fee_wei), "what a day's work takes")
        }
    };
    let over = spent_wei.saturating_add(asked.cost_wei) > max_wei;
    Ok(over.then(|| {
        format!(
            "the fee budget of 24 hours is {max_wei} wei ({what}), of which {spent_wei} are spent or promised; this transaction may cost \
             {}: it waits until there is room, or until transactions.fees_daily_cap_eth is set to more",
            asked.cost_wei
        )
    }))
}

/// Wei of fees within 24 hours, and of every nonce that is open for longer, leaving out one nonce.
pub(super) async fn spent(connection: &mut Connection, account: &Account, except: Option<u64>) -> Result<u128> {
    one(connection, SPENT, args![account, except]).await
}

/// [`spent`], of `$1` to `$3`.
pub(super) const SPENT: &str = "select coalesce(sum(cost), 0)::numeric(78, 0) from nonce_reservation
      where chain_id = $1 and signer = $2 and nonce is distinct from $3
        and (state in ('reserved', 'sent') or reserved_at > now() - interval '24 hours')";

async fn largest(connection: &mut Connection, account: &Account) -> Result<Vec<Largest>> {
    let select = "select kind, max(greatest(s.gas_limit, a.gas_limit)),
                coalesce(max(a.max_fee) filter (where a.attempt_number = 0), 0)::numeric(78, 0)
           from nonce_reservation s join transaction_request i using (transaction_request_id)
             left join attempt a on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce) and not a.cancels
          where s.chain_id = $1 and s.signer = $2 and s.state <> 'used_elsewhere'
            and (s.state in ('reserved', 'sent') or s.reserved_at > now() - interval '24 hours')
          group by kind";
    let rows: Vec<(TransactionKind, u64, u128)> = all(connection, select, args![account]).await?;
    Ok(rows.into_iter().map(|(kind, gas, offer_wei)| Largest { kind, gas: gas.into(), offer_wei }).collect())
}

/// Wei of a day's work.
fn work(known: &[Largest], asked: Asked, limits: &Limits, max_fee_wei: u128) -> u128 {
    let own = Largest { kind: asked.kind, gas: asked.gas_limit.into(), offer_wei: asked.first_offer_wei.unwrap_or(0) };
    let all = || known.iter().copied().chain([own]);
    let gas_of = |kind: TransactionKind| {
        let times = if kind == TransactionKind::Deploy { DEPLOYED } else { limits.registrations_per_day.max(LEAST_OF_A_KIND) };
        let gas = all().filter(|largest| largest.kind == kind).map(|largest| largest.gas).max().unwrap_or(0);
        gas.saturating_mul(times.into())
    };
    let gas = TransactionKind::ALL.iter().copied().map(gas_of).fold(0u128, u128::saturating_add);
    let dearest_wei = all().map(|largest| largest.offer_wei).max().unwrap_or(0);
    gas.saturating_mul(dearest_wei.max(USUAL_FEE_WEI).min(max_fee_wei))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GWEI: u128 = 1_000_000_000;

    fn asked(kind: TransactionKind, gas_limit: u64, gwei: u128) -> Asked {
        let offer_wei = gwei * GWEI;
        Asked { kind, gas_limit, first_offer_wei: Some(offer_wei), cost_wei: offer_wei * u128::from(gas_limit) }
    }

    #[test]
    fn a_days_work_is_as_many_of_each_kind_as_registrations_are_allowed_at_the_days_dearest_price() {
        let limits = Limits::default();
        let paid = Largest { kind: TransactionKind::Fund, gas: 21_000, offer_wei: 80 * GWEI };
        let most =
            |gas, gwei, max_gwei: u128| work(&[paid], asked(TransactionKind::Register, gas, gwei), &limits, max_gwei * GWEI);
        assert_eq!(most(126_000, 100, 500), 50 * (126_000 + 21_000) * 100 * GWEI);
        // After an upgrade, and after gas got cheaper again: what was dear is still counted.
        assert_eq!(most(480_000, 2, 500), 50 * (480_000 + 21_000) * 80 * GWEI);
        // Never at more than is accepted.
        assert_eq!(most(126_000, 100, 90), 50 * (126_000 + 21_000) * 90 * GWEI);
        // While gas is cheap there is room for more.
        assert_eq!(work(&[], asked(TransactionKind::Report, 80_000, 1), &limits, 500 * GWEI), 50 * 80_000 * 60 * GWEI);
        let more = Limits { registrations_per_day: 200, ..limits };
        assert_eq!(work(&[], asked(TransactionKind::Register, 100, 60), &more, 500 * GWEI), 200 * 100 * 60 * GWEI);
    }

    #[test]
    fn a_deployment_does_not_make_room_for_fifty() {
        let made = Largest { kind: TransactionKind::Deploy, gas: 6_000_000, offer_wei: 60 * GWEI };
        let most = work(&[made], asked(TransactionKind::Register, 100_000, 60), &Limits::default(), 500 * GWEI);
        assert_eq!(most, (3 * 6_000_000 + 50 * 100_000) * 60 * GWEI);
    }
}
