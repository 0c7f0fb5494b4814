//! What has to be there before anything runs. Nothing is fetched or built again while a stamp says it is up to date.

use anyhow::{Context, Result};
use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    failure::{bad_input, unreachable},
    shell::{self, root},
};

const NODE_AT_LEAST: u32 = 20;
/// Where Debian, Ubuntu, Fedora and Arch put a browser of this family.
const BROWSERS: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

/// Where packages put Prometheus and age; the tests of alerts look there too.
const PROGRAMS: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];

pub fn run(_: &[String]) -> Result<()> {
    page()?;
    hardhat()?;
    prometheus()?;
    console()?;
    browser().map(drop)
}

pub fn run_web(_: &[String]) -> Result<()> {
    page()
}

/// The npm packages, as the lock file has them.
pub fn packages() -> Result<()> {
    npm_ci(root().to_owned(), "the npm packages", &["package-lock.json", "package.json", "web/package.json"], &[])
}

/// Hardhat's node, for the stories on a chain that is not anvil. Its packages lie apart, because nobody else needs them.
pub fn hardhat() -> Result<()> {
    // None of its packages' own scripts is needed.
    npm_ci(root().join("tests/chains"), "Hardhat", &["package-lock.json", "package.json"], &["--ignore-scripts"])
}

fn npm_ci(folder: PathBuf, what: &str, sources: &[&str], options: &[&str]) -> Result<()> {
    require_tools()?;
    let sources: Vec<PathBuf> = sources.iter().map(|source| folder.join(source)).collect();
    unless_stamped(&folder.join("node_modules/.linkpool-installed"), true, &sources, &format!("installing {what}"), || {
        let mut npm = shell::command("npm");
        npm.arg("ci").args(options).args(["--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
        let failed = |_| {
            let place = folder.display();
            unreachable(format!("`npm ci` in {place} failed with the message above; it needs registry.npmjs.org once"))
        };
        shell::run(npm.stdin(Stdio::null()).stdout(Stdio::null())).map_err(failed)
    })
}

/// The pages, built from their sources into web/dist.
pub fn page() -> Result<()> {
    packages()?;
    let (stamp, is_built) = (root().join("node_modules/.cache/linkpool-page"), root().join("web/dist/index.html").is_file());
    unless_stamped(&stamp, is_built, &[root().join("package-lock.json"), root().join("web")], "building the page", || {
        let mut npm = shell::command("npm");
        npm.args(["run", "--silent", "build", "-w", "web"]).stdin(Stdio::null());
        shell::run(&mut npm)
    })
}

/// Does the work unless it was done for these sources, and notes in the stamp that it is.
fn unless_stamped(
    stamp: &Path,
    is_there: bool,
    sources: &[PathBuf],
    what: &str,
    work: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let _alone = lock()?;
    let wanted = fingerprint(sources)?;
    if is_there && fs::read_to_string(stamp).is_ok_and(|done| done == wanted) {
        return Ok(());
    }
    shell::timed(what, work)?;
    stamp.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(stamp, wanted)).context("noting what is done")
}

/// A browser for the tests; root gets it installed.
pub fn browser() -> Result<PathBuf> {
    if let Some(browser) = std::env::var_os("LINKPOOL_CHROMIUM").map(PathBuf::from).filter(|browser| browser.is_file()) {
        return Ok(browser);
    }
    let installed = || BROWSERS.iter().map(PathBuf::from).find(|browser| browser.is_file());
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    let ask = "the browser tests need Chromium: run `sudo apt-get install chromium`, or name a browser in LINKPOOL_CHROMIUM";
    package("chromium", ask)?;
    installed().ok_or_else(|| bad_input(ask))
}

/// Prometheus and promtool for the tests of the alerts; root gets them installed.
pub fn prometheus() -> Result<()> {
    let is_there = |tool: &str| PROGRAMS.iter().any(|folder| Path::new(folder).join(tool).is_file());
    let installed = || ["prometheus", "promtool"].into_iter().all(is_there);
    if installed() {
        return Ok(());
    }
    let ask =
        "the tests of the alerts need Prometheus: run `sudo apt-get install prometheus`, and stop the service if you want none";
    package("prometheus", ask)?;
    if installed() { Ok(()) } else { Err(bad_input(ask)) }
}

/// What the commands of docs/api.md and docs/dashboards.md call; root gets it installed.
pub fn console() -> Result<()> {
    for (program, name) in [("curl", "curl"), ("jq", "jq"), ("psql", "postgresql-client")] {
        if said(program, "--version").is_none() {
            package(name, &format!("the tests type what the documents say: run `sudo apt-get install {name}`"))?;
        }
    }
    Ok(())
}

/// The programs of a Postgres that Chainlink nodes run on, for their proof; root gets them installed.
pub fn node_postgres() -> Result<PathBuf> {
    let of = |major: u32| PathBuf::from(format!("/usr/lib/postgresql/{major}/bin"));
    let installed =
        || [17, 16, 15, 14].map(of).into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("psql").is_file());
    if let Some(folder) = installed() {
        return Ok(folder);
    }
    let ask = "the proof of the real node needs a Postgres from 14 to 17: run `sudo apt-get install postgresql-15`, and stop the service if you want none";
    package("postgresql-15", ask)?;
    installed().ok_or_else(|| bad_input(ask))
}

/// age (age-encryption.org), for the proof that keeps real nodes' databases; root gets it installed.
pub fn age() -> Result<PathBuf> {
    let installed = || PROGRAMS.iter().map(|folder| Path::new(folder).join("age")).find(|program| program.is_file());
    if let Some(program) = installed() {
        return Ok(program);
    }
    let ask = "the proof of real nodes' roll-outs keeps their databases for a recipient of age: run `sudo apt-get install age`";
    package("age", ask)?;
    installed().ok_or_else(|| bad_input(ask))
}

/// Installs a package of Debian's, where we may; otherwise `ask` says what somebody else has to do. No service is started by it.
fn package(name: &str, ask: &str) -> Result<()> {
    if !is_root()? || !Path::new("/usr/bin/apt-get").exists() {
        return Err(bad_input(ask));
    }
    shell::timed(&format!("installing {name}"), || {
        let apt = |arguments: &[&str]| {
            let mut apt = shell::command("apt-get");
            apt.args(["-q", "-y", "-o", "Dpkg::Use-Pty=0"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
            // In this run level invoke-rc.d starts nothing.
            shell::run(apt.env("RUNLEVEL", "1").stdin(Stdio::null()).stdout(Stdio::null()))
        };
        apt(&["update"]).and_then(|()| apt(&["install", "--no-install-recommends", name])).map_err(|_| unreachable(ask))
    })
}

/// forge's native program. The wrapper in node_modules/.bin swallows the exit code.
pub fn forge() -> Result<PathBuf> {
    packages()?;
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-amd64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-amd64",
        ("macos", "aarch64") => "darwin-arm64",
        (os, arch) => return Err(bad_input(format!("there is no npm package of forge for {os} on {arch}"))),
    };
    Ok(root().join(format!("node_modules/@foundry-rs/forge-{platform}/bin/forge")))
}

/// What can't be installed from here, each with how to get it.
fn require_tools() -> Result<()> {
    let version = said("node", "--version")
        .ok_or_else(|| bad_input(format!("node was not found: install Node.js {NODE_AT_LEAST} or newer")))?;
    let major: u32 = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    if major < NODE_AT_LEAST {
        return Err(bad_input(format!("node {version} is too old: install Node.js {NODE_AT_LEAST} or newer")));
    }
    said("npm", "--version").ok_or_else(|| bad_input("npm was not found: install it beside Node.js"))?;
    // Rust needs it to link.
    let missing = "a C compiler was not found: install one that answers to `cc` (on Debian: apt-get install gcc libc6-dev)";
    said("cc", "--version").ok_or_else(|| bad_input(missing))?;
    Ok(())
}

fn said(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn is_root() -> Result<bool> {
    Ok(said("id", "-u").context("asking for the user id")? == "0")
}

/// Two commands at once must not install into one folder.
fn lock() -> Result<File> {
    let path = root().join("target");
    fs::create_dir_all(&path).context("making target/")?;
    let file = File::create(path.join("xtask.lock")).context("making target/xtask.lock")?;
    file.lock().context("waiting for another cargo xtask")?;
    Ok(file)
}

/// A hash of files and of all files below folders, for telling changes apart; not a secret.
fn fingerprint(paths: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        hash(path, &mut hasher).with_context(|| format!("reading {}", path.display()))?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> std::io::Result<()> {
    path.file_name().hash(hasher);
    if path.is_file() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    // What the build writes and what it does not read.
    let ignored = |path: &Path| ["dist", "node_modules", "test"].iter().any(|name| path.ends_with(name));
    entries.iter().filter(|path| !ignored(path)).try_for_each(|path| hash(path, hasher))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_sees_a_changed_and_a_renamed_file() {
        let folder = std::env::temp_dir().join(format!("xtask-fingerprint-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let print = || fingerprint(std::slice::from_ref(&folder)).expect("a fingerprint");
        fs::write(folder.join("a"), "1").expect("a file");
        let first = print();
        assert_eq!(first, print());
        fs::write(folder.join("a"), "2").expect("a file");
        let changed = print();
        assert_ne!(first, changed);
        fs::rename(folder.join("a"), folder.join("b")).expect("a rename");
        assert_ne!(changed, print());
        fs::remove_dir_all(folder).expect("removed");
    }
}
