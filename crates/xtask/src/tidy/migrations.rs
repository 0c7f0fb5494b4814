//! Migrations are numbered without a gap: two branches that both add one show here, not in somebody's database.

use super::sources::Source;

pub fn check(sources: &[Source]) -> Vec<String> {
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
}
