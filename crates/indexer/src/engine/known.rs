//! What is known of single blocks, and of who told of them.

use linkpool_primitives::B256;

use super::message::EndpointName;

/// A written block that may still go.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub hash: B256,
    pub logs: u32,
    /// Who gave its logs, if that was since the start.
    pub endpoint: Option<EndpointName>,
}

/// A contradiction about one block, and what was done about it so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Anomaly {
    pub at: u64,
    /// How often it was met.
    pub observed: u32,
    /// How often something was fetched and written because of it. Only this can exhaust it: endpoints that fail prove nothing.
    pub retries: u32,
}

impl Anomaly {
    /// Meets a contradiction. What is behind one may be another, lower down: they count together until all are passed.
    pub fn observe(&mut self, at: u64) {
        self.at = self.at.max(at);
        self.observed += 1;
    }

    /// Everything up to `to` is settled.
    pub fn resolve(&mut self, to: u64) {
        if to >= self.at {
            *self = Self::default();
        }
    }
}

/// An endpoint that tells of blocks which neither it nor any other has.
#[derive(Debug, Default)]
pub(super) struct PhantomHeads {
    /// Who told of blocks that nobody gave a moment ago.
    open: Option<EndpointName>,
    proven: Option<(EndpointName, u32)>,
}

impl PhantomHeads {
    /// A single one may be an endpoint that went away in between.
    const MAX_TIMES: u32 = 3;

    /// Nobody has blocks that `heads_source` told of.
    pub fn missing(&mut self, heads_source: Option<EndpointName>) {
        self.open = heads_source;
    }

    /// `source` has the first of them. Returns the teller if it was another, once too often.
    pub fn delivered(&mut self, source: &EndpointName) -> Option<EndpointName> {
        self.proven.take_if(|(heads_source, _)| heads_source == source);
        let heads_source = self.open.take().filter(|heads_source| heads_source != source)?;
        let times = self.proven.take().filter(|(before, _)| *before == heads_source).map_or(1, |(_, times)| times + 1);
        if times >= Self::MAX_TIMES {
            return Some(heads_source);
        }
        self.proven = Some((heads_source, times));
        None
    }
}
