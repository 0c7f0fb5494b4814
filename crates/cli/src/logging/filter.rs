//! What is logged: a level, or parts with levels of their own. A name that nobody has would be a filter that says nothing.

use tracing_subscriber::{
    EnvFilter,
    filter::{Directive, LevelFilter},
};

/// Libraries that see URLs, headers and statements. What they write below this level is not ours to vouch for, and a log level is
/// no reason to print a key: they never write more, whatever is asked for.
const HELD_BACK: [&str; 8] = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "sqlx", "tokio_tungstenite", "tungstenite"];

/// Others that may be asked for.
const LIBRARIES: [&str; 6] = ["alloy", "axum", "figment", "tokio", "tower", "tower_http"];

/// Our own parts, by the names of their crates.
const PARTS: [&str; 19] = [
    "linkpool",
    "linkpool_api",
    "linkpool_chain",
    "linkpool_chainlink",
    "linkpool_contracts",
    "linkpool_db",
    "linkpool_deploy",
    "linkpool_earnings",
    "linkpool_fleet",
    "linkpool_fleet_ecs",
    "linkpool_health",
    "linkpool_indexer",
    "linkpool_process",
    "linkpool_registrar",
    "linkpool_reporter",
    "linkpool_standin_aws",
    "linkpool_standin_node",
    "linkpool_testkit",
    "linkpool_tx_manager",
];

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The command's own level. Postgres tells at each start that the table of migrations is there already; and that a connection was lost
/// says whoever needed it, not the pool that it came back to, where nothing may be wrong: a development stack stops its server.
pub(super) fn usual(level: &str) -> EnvFilter {
    EnvFilter::new(format!("{level},sqlx::postgres::notice=warn,sqlx_core::pool=error"))
}

/// What somebody asks for: `info`, or `warn,linkpool_indexer=debug`.
///
/// # Errors
/// A sentence about the first word that means nothing.
pub(super) fn asked(text: &str) -> Result<EnvFilter, String> {
    text.split(',').map(str::trim).try_for_each(known)?;
    let filter = EnvFilter::try_new(text).map_err(|error| format!("`{text}` is no filter: {error}"))?;
    Ok(if filter.max_level_hint() > Some(LevelFilter::INFO) { held_back(filter) } else { filter })
}

fn known(word: &str) -> Result<(), String> {
    let is_level = |level: &str| LEVELS.contains(&level.to_ascii_lowercase().as_str());
    let (name, level) = match word.split_once('=') {
        Some((name, level)) => (name, Some(level)),
        None if is_level(word) => return Ok(()),
        None => (word, None),
    };
    let part = name.split(['[', ':']).next().unwrap_or_default();
    if ![&PARTS[..], &LIBRARIES, &HELD_BACK].iter().any(|names| names.contains(&part)) {
        let (levels, parts) = (LEVELS.join(", "), PARTS.join(", "));
        return Err(format!("`{name}` is neither a level ({levels}) nor a part of the program ({parts})"));
    }
    match level {
        Some(level) if !is_level(level) => Err(format!("`{level}` is no level: write one of {}", LEVELS.join(", "))),
        _ => Ok(()),
    }
}

fn held_back(filter: EnvFilter) -> EnvFilter {
    let lines = HELD_BACK.iter().filter_map(|name| format!("{name}=info").parse::<Directive>().ok());
    lines.fold(filter, EnvFilter::add_directive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_see_secrets_are_held_back_whatever_is_asked_for() {
        for text in ["trace", "linkpool_indexer=debug,sqlx=trace", "hyper=trace,reqwest=debug"] {
            let filter = asked(text).unwrap().to_string();
            let lines: Vec<&str> = filter.split(',').collect();
            assert!(HELD_BACK.iter().all(|name| lines.contains(&format!("{name}=info").as_str())), "{text}: {filter}");
            assert!(!["sqlx=trace", "hyper=trace", "reqwest=debug"].iter().any(|line| lines.contains(line)), "{text}: {filter}");
        }
    }

    #[test]
    fn a_word_that_means_nothing_is_named() {
        for text in ["info", "DEBUG", "off", "warn,linkpool_indexer=debug", "linkpool_indexer::engine=trace", "linkpool_db"] {
            assert!(asked(text).is_ok(), "{text}");
        }
        for (text, wrong) in [
            ("inof", "`inof` is neither a level"),
            ("info,", "`` is neither a level"),
            ("linkpool_indxer=debug", "`linkpool_indxer` is neither a level"),
            ("linkpool_indexer=debgu", "`debgu` is no level"),
            ("warn,linkpool=", "`` is no level"),
        ] {
            assert!(asked(text).unwrap_err().contains(wrong), "{text}");
        }
    }

    #[test]
    fn every_crate_that_logs_can_be_asked_for() {
        let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for entry in std::fs::read_dir(crates).unwrap().flatten() {
            let Ok(manifest) = std::fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
            let name = format!("linkpool_{}", entry.file_name().to_string_lossy().replace('-', "_"));
            let logs = manifest.contains("tracing.workspace") && name != "linkpool_cli";
            assert!(!logs || PARTS.contains(&name.as_str()), "{name} is missing in PARTS");
        }
    }
}
