//! Jobs as a node takes them: TOML with a pipeline in DOT.

mod dot;
mod kind;
mod pipeline;
mod spec;

pub(super) use pipeline::{Pipeline, Task};
pub(super) use spec::JobSpec;
