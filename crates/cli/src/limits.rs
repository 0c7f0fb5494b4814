//! What the system allows a process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// As many open files as we may have. The usual soft limit, 1,024, is for programs that use `select`; a fleet of a thousand nodes or
/// an API with as many streams needs more, and nobody should have to know that.
pub fn raise() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Where this is refused, the limit stays what it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}
