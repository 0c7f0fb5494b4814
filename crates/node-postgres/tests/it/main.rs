//! Against a real server, by the user that docs/node-database-role.sql makes.

#![allow(clippy::unwrap_used)]

mod fixture;

mod beside;
mod ensure;
mod lease;
mod privileges;
