//! The registrar's way of a transaction: limits, crashes, and the campaign of all troubles at once.

mod campaign;
mod crash;
mod fence;
mod handed_in;
mod limits;
mod measure;
mod process;
