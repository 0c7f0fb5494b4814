//! Migrations are numbered without a gap: two branches that both add one show here, not in somebody's database. And one that
//! takes something away says how new an executable has to be, or older ones would go on working until they fail.

use super::sources::Source;

/// The migration that made the table where others say it.
const FIRST: usize = 7;
const NEEDS: &str = "update compatibility set needs = ";
/// What an executable that does not know of it may stumble over.
const BREAKING: [&str; 7] =
    ["drop table ", "drop column ", "drop view ", "drop function ", "rename ", "set not null", "drop default"];

pub fn check(sources: &[Source]) -> Vec<String> {
    let mut broken = numbers(sources);
    broken.extend(sources.iter().filter_map(compatibility));
    broken
}

fn compatibility(source: &Source) -> Option<String> {
    let name = source.path.strip_prefix("migrations/")?.strip_suffix(".sql")?;
    let number: usize = name.split('_').next()?.parse().ok().filter(|number| *number > FIRST)?;
    let code: String = source.text.lines().filter_map(|line| line.split("--").next()).collect::<Vec<_>>().join(" ");
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let needs = code.split_once(NEEDS).map(|(_, rest)| rest.split(';').next().unwrap_or_default().trim().parse::<usize>());
    match needs {
        Some(Ok(needs)) if (1..=number).contains(&needs) => None,
        Some(_) => Some(format!("{}: `{NEEDS}N;`: N has to be a number up to {number}", source.path)),
        None => {
            let what = breaking(&code)?;
            Some(format!("{}: `{what}`: say `{NEEDS}N;`, how new an executable has to be (migrations/README.md)", source.path))
        }
    }
}

/// The first thing in a migration that may break an older executable.
fn breaking(code: &str) -> Option<&str> {
    let word = BREAKING.into_iter().find(|word| code.contains(word)).map(str::trim);
    let retyped = || {
        code.split(" alter column ").skip(1).find(|rest| rest.split(' ').nth(1) == Some("type")).map(|_| "alter column … type")
    };
    // Old executables insert rows without it.
    let is_demanding =
        |clause: &&str| clause.contains("add column ") && clause.contains("not null") && !clause.contains("default");
    let demanding = || code.split([',', ';']).find(is_demanding).map(str::trim);
    word.or_else(retyped).or_else(demanding)
}

fn numbers(sources: &[Source]) -> Vec<String> {
    let mut names: Vec<&str> = sources
        .iter()
        .filter_map(|source| source.path.strip_prefix("migrations/"))
        .filter(|name| name.ends_with(".sql"))
        .collect();
    names.sort_unstable();
    let fault = |(index, name): (usize, &&str)| {
        let wanted = format!("{:04}_", index + 1);
        let what = name.strip_prefix(&wanted).and_then(|rest| rest.strip_suffix(".sql"));
        let good = what.is_some_and(|what| {
            !what.is_empty() && what.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        });
        (!good).then(|| format!("migrations/{name}: the name has to be {wanted}what_it_does.sql"))
    };
    names.iter().enumerate().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_and_a_double_number_are_found() {
        let check_names = |names: &[&str]| {
            let sources: Vec<Source> =
                names.iter().map(|name| Source { path: format!("migrations/{name}"), text: String::new() }).collect();
            check(&sources).len()
        };
        assert_eq!(check_names(&["0001_chain.sql", "0002_fleet.sql"]), 0);
        assert_eq!(check_names(&["0001_chain.sql", "0003_fleet.sql"]), 1);
        assert_eq!(check_names(&["0001_chain.sql", "0001_fleet.sql"]), 1);
        assert_eq!(check_names(&["0001.sql"]), 1);
    }

    #[test]
    fn a_migration_that_takes_something_away_says_how_new_an_executable_has_to_be() {
        let said = |text: &str| compatibility(&Source { path: "migrations/0012_x.sql".into(), text: text.to_owned() });
        for additive in [
            "create table a (b text not null);",
            "alter table a add column b text;",
            "alter table a\n add column b text not null default '';",
            "-- drop column b\nalter table a drop constraint b, add constraint b check (true);",
            "create function f() returns void language sql as $$ select 1 $$;",
        ] {
            assert_eq!(said(additive), None, "{additive}");
        }
        for breaking in [
            "alter table a drop column b;",
            "ALTER TABLE a\n  DROP COLUMN b;",
            "drop table a;",
            "alter table a rename to b;",
            "alter table a alter column b set not null;",
            "alter table a alter column b type text;",
            "alter table a add column c text, add column b text not null;",
        ] {
            assert!(said(breaking).is_some_and(|said| said.contains("how new")), "{breaking}");
            assert_eq!(said(&format!("{NEEDS}12;\n{breaking}")), None, "{breaking}");
            assert_eq!(said(&format!("{breaking} {NEEDS}9;")), None, "{breaking}");
            assert!(said(&format!("{NEEDS}13; {breaking}")).is_some_and(|said| said.contains("up to 12")), "{breaking}");
        }
        let before = Source { path: "migrations/0005_x.sql".into(), text: "drop table a;".into() };
        assert_eq!(compatibility(&before), None, "the table is not there yet");
    }
}
