//! Programs that are called as `pg_dump`, `pg_restore` and `age` are.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use linkpool_chainlink::Secret;

/// Set in a process that is to keep a database, or to bring one back: its URL without the password, and the file.
const DUMP: &str = "LINKPOOL_TEST_DUMP";
const RESTORE: &str = "LINKPOOL_TEST_RESTORE";
/// The last word of the line is the URL. The test program prints more than the dump: that goes through a file.
const SCRIPT: &str = r#"#!/bin/sh
case "$1" in --version) echo 'pg_dump (PostgreSQL) 18.0'; exit ;; esac
folder=$(mktemp -d) || exit 1
for last; do :; done
TEXT
rm -r "$folder"
exit $code
"#;

/// Writes the three into a folder.
pub fn write(folder: &Path) {
    let program = std::env::current_exe().unwrap();
    let run = |name: &str| format!("{} --exact restore::programs::{name} --nocapture >\"$folder/said\" 2>&1", program.display());
    let dump = format!(
        "{DUMP}=\"$last\n$folder/dump\" {}\ncode=$?; [ $code = 0 ] && cat \"$folder/dump\" || tail -1 \"$folder/said\" >&2",
        run("keeps_a_database_if_started_to")
    );
    // Its file is the last word where it reads none from its input.
    let restore = format!(
        "url=$last; case \"$last\" in postgres*) cat > \"$folder/dump\" ;; *) cp \"$last\" \"$folder/dump\"; for it; do case $it in postgres*) url=$it ;; esac; done ;; esac\n\
         {RESTORE}=\"$url\n$folder/dump\" {}\ncode=$?; [ $code = 0 ] || tail -1 \"$folder/said\" >&2",
        run("brings_a_database_back_if_started_to")
    );
    script(&folder.join("pg_dump"), &SCRIPT.replace("TEXT", &dump));
    script(&folder.join("pg_restore"), &SCRIPT.replace("TEXT", &restore));
    // Closed for a recipient; opened by the file that has the same word, behind "private half of".
    script(
        &folder.join("age"),
        r#"#!/bin/sh
case "$1" in
--encrypt) echo "closed for $3"; exec base64 ;;
--decrypt) if [ "$(head -1 "$4")" = "closed for $(sed -n 's/private half of //p' "$3")" ]; then tail -n +2 "$4" | base64 -d; exit; fi
  echo 'age: error: no identity matched any of the recipients' >&2; exit 1 ;;
esac
"#,
    );
}

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The URL, with its password, and the file.
fn asked(variable: &str) -> Option<(Secret, String)> {
    let text = std::env::var(variable).ok()?;
    let (url, file) = text.split_once('\n').unwrap();
    let mut url = url::Url::parse(url).unwrap();
    url.set_password(Some(&std::env::var("PGPASSWORD").unwrap())).unwrap();
    Some((Secret::new(url), file.to_owned()))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn keeps_a_database_if_started_to() {
    let Some((url, file)) = asked(DUMP) else { return };
    fs::write(file, block_on(linkpool_standin_node::rows_as_text(&url)).unwrap()).unwrap();
}

#[test]
fn brings_a_database_back_if_started_to() {
    let Some((url, file)) = asked(RESTORE) else { return };
    let text = fs::read_to_string(file).unwrap();
    block_on(linkpool_standin_node::make_from_text(&url, text)).unwrap();
}
