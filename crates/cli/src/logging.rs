//! Log lines: plain for people, JSON for machines, always on stderr so that stdout stays an answer.

mod filter;
#[cfg(feature = "dev")]
pub mod heard;
mod repeats;

use std::{ffi::OsString, io::IsTerminal};

use anyhow::Result;
#[cfg(feature = "dev")]
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::{Layer, filter::FilterExt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{arguments::Arguments, failure::Failure};

/// `LINKPOOL_LOG` sets the level (`info`, `linkpool_indexer=debug`, …).
pub fn start(arguments: &Arguments) -> Result<()> {
    let global = &arguments.global;
    let default = if global.quiet { "warn" } else { arguments.command.log_level() };
    let asked = std::env::var_os("LINKPOOL_LOG").filter(|text| !text.is_empty());
    let filter = match asked {
        None => filter::usual(default),
        Some(text) => {
            let text = text.to_str().ok_or_else(|| "it is not UTF-8 text".to_owned());
            text.and_then(filter::asked).map_err(|wrong| Failure::bad_input(format!("LINKPOOL_LOG: {wrong}")))?
        }
    };
    let filter = filter.and(repeats::Repeats::default());
    // A reader of the log that goes away must not end the work, and the library would say so where nobody reads: a panic.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = if global.log_json {
        lines.json().boxed()
    } else {
        lines.with_ansi(colours(std::io::stderr().is_terminal(), std::env::var_os("NO_COLOR"))).with_target(false).boxed()
    };
    let all = tracing_subscriber::registry().with(lines.with_filter(filter));
    #[cfg(feature = "dev")]
    let all = all.with(arguments.command.is_check().then(|| heard::Heard.with_filter(LevelFilter::WARN)));
    all.init();
    Ok(())
}

/// <https://no-color.org>: set and not empty, whatever it says.
fn colours(at_terminal: bool, no_color: Option<OsString>) -> bool {
    at_terminal && no_color.is_none_or(|asked| asked.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_and_left_out_where_somebody_asks_for_none() {
        assert!(colours(true, None) && colours(true, Some("".into())));
        assert!(!colours(true, Some("1".into())) && !colours(true, Some("0".into())) && !colours(false, None));
    }
}
