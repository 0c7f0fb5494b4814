//! What the API shows: JSON shapes, each made from stored rows and the moment of the answer.

mod event;
mod node;
mod point;
mod pool;
mod position;
mod scalar;
pub(crate) mod word;

pub(crate) use event::{EventView, TransactionView, csv, event_id, parse_event_id};
pub(crate) use node::{NodeView, stream};
pub(crate) use point::PointView;
pub(crate) use pool::PoolView;
pub(crate) use position::{MAX_POSITIONS, PositionView, StakerView, positions};
pub(crate) use scalar::{AddressText, Amount, BlockView, Hash, Time};
