//! The paths of `/api/v1` and those beside it, one file a noun.

pub(crate) mod announcements;
pub(crate) mod config;
pub(crate) mod earnings;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod nodes;
pub(crate) mod pool;
pub(crate) mod stakers;
pub(crate) mod status;
