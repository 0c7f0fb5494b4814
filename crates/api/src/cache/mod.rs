//! How long an answer is good: until the indexed block changes, and for ever if it is about a final block. Whoever holds it is told
//! so before anything is read, and who does not gets the one that was made for the first who asked.

mod answers;
mod conditional;
mod keep;
mod tag;

pub(crate) use answers::Answers;
pub(crate) use conditional::conditional;
pub(crate) use keep::keep;
