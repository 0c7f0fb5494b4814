//! Log lines: plain for people, JSON for machines, always on stderr so that stdout stays an answer.

mod repeats;

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{Directive, FilterExt},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::arguments::Arguments;

/// Libraries that see URLs, headers and statements. What they write below this level is not ours to vouch for, and a log level is
/// no reason to print a key: they never write more, whatever is asked for.
const HELD_BACK: [&str; 8] = [
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "rustls=info",
    "sqlx=info",
    "tokio_tungstenite=info",
    "tungstenite=info",
];

/// `LINKPOOL_LOG` sets the level (`info`, `linkpool_indexer=debug`, …).
pub fn start(arguments: &Arguments) {
    let global = &arguments.global;
    let default = if global.quiet { "warn" } else { arguments.command.log_level() };
    // Postgres tells at each start that the table of migrations is there already.
    let default = format!("{default},sqlx::postgres::notice=warn");
    let filter = EnvFilter::try_from_env("LINKPOOL_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let filter =
        if filter.max_level_hint() > Some(tracing_subscriber::filter::LevelFilter::INFO) { held_back(filter) } else { filter };
    let filter = filter.and(repeats::Repeats::default());
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if global.log_json {
        lines.json().boxed()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed()
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

fn held_back(filter: EnvFilter) -> EnvFilter {
    HELD_BACK.iter().filter_map(|line| line.parse::<Directive>().ok()).fold(filter, EnvFilter::add_directive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_see_secrets_are_held_back_whatever_is_asked_for() {
        for asked in ["trace", "linkpool_indexer=debug,sqlx=trace", "hyper=trace,reqwest=debug"] {
            let filter = held_back(EnvFilter::new(asked)).to_string();
            let lines: Vec<&str> = filter.split(',').collect();
            assert!(HELD_BACK.iter().all(|line| lines.contains(line)), "{asked}: {filter}");
            assert!(!["sqlx=trace", "hyper=trace", "reqwest=debug"].iter().any(|line| lines.contains(line)), "{asked}: {filter}");
        }
    }
}
