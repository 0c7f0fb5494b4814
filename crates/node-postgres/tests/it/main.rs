//! Against a real server, by the user that docs/node-database-role.sql makes.

mod fixture;

mod ensure;
mod lease;
mod privileges;
