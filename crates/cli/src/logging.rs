//! Log lines: plain for people, JSON for machines, always on stderr so that stdout stays an answer.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::arguments::Arguments;

/// `LINKPOOL_LOG` sets the level (`info`, `linkpool_indexer=debug`, …).
pub fn start(arguments: &Arguments) {
    let global = &arguments.global;
    let default = if global.quiet { "warn" } else { arguments.command.log_level() };
    let filter = EnvFilter::try_from_env("LINKPOOL_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if global.log_json {
        builder.json().init();
    } else {
        builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).init();
    }
}
