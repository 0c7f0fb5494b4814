//! Runs a command with `DATABASE_URL` naming a throw-away Postgres: `with-postgres [--migrations DIR] -- COMMAND ARGS...`

use linkpool_testkit::{Error, Postgres, PostgresOptions, Result, Tools};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

const USAGE: &str = "usage: with-postgres [--migrations DIR] -- COMMAND [ARGUMENT...]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some((migrations, command)) = parse(std::env::args().skip(1).collect()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(migrations.as_deref(), &command).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("with-postgres: {error}");
            ExitCode::from(5)
        }
    }
}

fn parse(mut arguments: Vec<String>) -> Option<(Option<PathBuf>, Vec<String>)> {
    let mark = arguments.iter().position(|argument| argument == "--")?;
    let command = arguments.split_off(mark + 1);
    let migrations = match &arguments[..mark] {
        [] => None,
        [option, folder] if option == "--migrations" => Some(PathBuf::from(folder)),
        _ => return None,
    };
    (!command.is_empty()).then_some((migrations, command))
}

async fn run(migrations: Option<&Path>, command: &[String]) -> Result<u8> {
    let server = Postgres::start(&Tools::find()?, &PostgresOptions::default()).await?;
    let url = server.create_database("linkpool")?;
    if let Some(folder) = migrations {
        apply(&server, folder)?;
    }
    let [program, arguments @ ..] = command else { return Ok(2) };
    let status = tokio::process::Command::new(program).args(arguments).env("DATABASE_URL", url).status().await;
    let status = status.map_err(|source| Error::Io { action: format!("start {program}"), source })?;
    server.stop().await;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Applies the migrations in the order of their numbers, each in one transaction, as the executable itself does.
fn apply(server: &Postgres, folder: &Path) -> Result<()> {
    let failed = |source| Error::Io { action: format!("read {}", folder.display()), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "sql")).collect();
    files.sort();
    for file in files {
        let sql = std::fs::read_to_string(&file).map_err(failed)?;
        server.run("linkpool", &sql).map_err(|error| Error::Data { message: format!("{}: {error}", file.display()) })?;
    }
    Ok(())
}
