//! A new pool, and the settings that its keys may change.

use linkpool_primitives::Address;

use super::{Event, Outcome, Pool, Refusal, Registry, Totals};
use crate::bounds::{MAX_FEE_BPS, MAX_PAUSE_SECONDS};

const DAY: u32 = 86_400;

/// What a deployment chooses. Roles and addresses that never touch a number are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    pub fee_recipient: Address,
    pub fee_bps: u16,
    /// The largest part of the oracle network that the pool's nodes may be.
    pub max_share_bps: u16,
    pub default_cap_link: u32,
    pub ceiling: u32,
    pub reported: u32,
    pub registration_burst: u32,
    /// At least 1.
    pub registrations_per_day: u32,
    pub proofless_allowed: bool,
}

impl Pool {
    /// A pool deployed by `by` at `now`, and the events of its constructor from the first report on; `PoolCreated` comes
    /// before them, what is said of roles and the owner after them.
    pub fn deployed(setup: &Setup, by: Address, now: u64) -> Outcome<(Self, Vec<Event>)> {
        within(u64::from(setup.max_share_bps), 1, 10_000)?;
        within(u64::from(setup.registration_burst), 1, 1_000)?;
        within(u64::from(setup.registrations_per_day), 1, 1_000)?;
        let mut pool = Self {
            nodes: Vec::new(),
            by_wallet: Default::default(),
            positions: Default::default(),
            totals: Totals::default(),
            registry: Registry::default(),
            slots: Default::default(),
            max_share_bps: setup.max_share_bps,
            registration_burst: setup.registration_burst,
            registration_leak_seconds: u64::from(DAY.div_ceil(setup.registrations_per_day)),
        };
        let events = vec![
            pool.report_network(by, setup.reported, now),
            pool.set_fee_recipient(setup.fee_recipient),
            pool.set_fee(setup.fee_bps)?,
            pool.set_default_cap(setup.default_cap_link),
            pool.set_ceiling(setup.ceiling),
            pool.set_proofless(setup.proofless_allowed),
        ];
        Ok((pool, events))
    }

    /// The guardian stops inflows until then, or lets them go on with a time that has passed.
    pub fn pause(&mut self, by: Address, until: u64, now: u64) -> Outcome<Event> {
        within(until, 0, now + MAX_PAUSE_SECONDS)?;
        let old_paused_until = std::mem::replace(&mut self.totals.paused_until, until);
        Ok(Event::Paused { by, old_paused_until, paused_until: until })
    }

    /// The owner sets the maker fee.
    pub fn set_fee(&mut self, fee_bps: u16) -> Outcome<Event> {
        self.set_fee_up_to(fee_bps, MAX_FEE_BPS)
    }

    /// The fee recipient, not the owner, sets the maker fee: never higher than it is.
    pub fn lower_fee(&mut self, fee_bps: u16) -> Outcome<Event> {
        self.set_fee_up_to(fee_bps, self.totals.fee_bps)
    }

    fn set_fee_up_to(&mut self, fee_bps: u16, highest: u16) -> Outcome<Event> {
        within(u64::from(fee_bps), 0, u64::from(highest))?;
        let old_fee_bps = std::mem::replace(&mut self.totals.fee_bps, fee_bps);
        Ok(Event::FeeChanged { old_fee_bps, fee_bps })
    }

    pub fn set_fee_recipient(&mut self, fee_recipient: Address) -> Event {
        let old_fee_recipient = std::mem::replace(&mut self.totals.fee_recipient, fee_recipient);
        Event::FeeRecipientChanged { old_fee_recipient, fee_recipient }
    }

    /// The cap of nodes registered from now on, in whole LINK.
    pub fn set_default_cap(&mut self, cap_link: u32) -> Event {
        let old_cap_link = std::mem::replace(&mut self.registry.default_cap_link, cap_link);
        Event::DefaultCapChanged { old_cap_link, cap_link }
    }

    /// The largest network size that a report can claim.
    pub fn set_ceiling(&mut self, ceiling: u32) -> Event {
        let old_ceiling = std::mem::replace(&mut self.registry.ceiling, ceiling);
        Event::CeilingChanged { old_ceiling, ceiling }
    }

    /// Whether nodes may be registered without their wallet's signature.
    pub fn set_proofless(&mut self, allowed: bool) -> Event {
        let old_allowed = std::mem::replace(&mut self.registry.proofless_allowed, allowed);
        Event::ProoflessChanged { old_allowed, allowed }
    }

    /// How many nodes the oracle network has.
    pub fn report_network(&mut self, by: Address, size: u32, now: u64) -> Event {
        let old_reported = std::mem::replace(&mut self.registry.reported, size);
        self.registry.reported_at = now;
        Event::NetworkReported { by, old_reported, reported: size, reported_at: now }
    }
}

pub(super) fn within(value: u64, minimum: u64, maximum: u64) -> Outcome<()> {
    if (minimum..=maximum).contains(&value) { Ok(()) } else { Err(Refusal::OutOfBounds { value, minimum, maximum }) }
}
