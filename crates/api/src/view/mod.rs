//! What the API shows: JSON shapes, each made from stored rows and the moment of the answer.

mod announcement;
mod earnings;
mod event;
pub(crate) mod link;
mod linked;
mod node;
mod point;
mod pool;
mod position;
mod rate;
mod scalar;
mod staker;
pub(crate) mod table;
pub(crate) mod word;
mod work;

pub(crate) use announcement::AnnouncementView;
pub(crate) use earnings::EarningsDayView;
pub(crate) use event::{EventView, TransactionView, event_id, parse_event_id};
pub(crate) use linked::Linked;
pub(crate) use node::{NodeView, available, stream};
pub(crate) use point::PointView;
pub(crate) use pool::PoolView;
pub(crate) use position::{PositionView, positions};
pub(crate) use rate::RewardRate;
pub(crate) use scalar::{AddressText, Amount, BlockView, Hash, Time};
pub(crate) use staker::{ListedStaker, StakerView};
pub(crate) use table::Table;
pub(crate) use work::{WINDOW_SECONDS as WORK_WINDOW_SECONDS, WorkView};
