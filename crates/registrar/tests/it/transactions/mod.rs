//! The way of a transaction: faults of endpoints and chain, limits, operators' wishes, crashes, and the campaign of all at once.

mod campaign;
mod crash;
mod desk;
mod faults;
mod fence;
mod gas;
mod limits;
mod measure;
mod nonce;
mod operator;
mod process;
mod sender;
