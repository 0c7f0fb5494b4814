use super::*;

const ARCHITECTURE: &str = include_str!("../../../../../ARCHITECTURE.md");

fn needs(name: &str, dev: bool, optional: bool) -> Dependency {
    Dependency { name: name.to_owned(), dev, optional }
}

fn package(name: &str, dependencies: Vec<Dependency>) -> Package {
    Package { name: name.to_owned(), licence: None, member: true, dependencies }
}

/// What is wrong with a crate of which the table says so.
fn of(name: &str, knows: &[&str], dependencies: Vec<Dependency>) -> Vec<String> {
    of_crate(&package(name, dependencies), &Knows::These(knows.to_vec()))
}

#[test]
fn the_api_knows_the_database_and_never_the_chain_or_the_indexer() {
    let rows = rows(ARCHITECTURE);
    let knows = &rows["api"];
    assert_eq!(library(&package("linkpool-api", Vec::new()), &needs("linkpool-db", false, false)), None);
    assert!(matches!(knows, Knows::These(names) if names.contains(&"db")));
    for (whom, dev, expect) in [("chain", false, true), ("indexer", false, true), ("chain", true, false), ("db", false, false)] {
        let said = of_crate(&package("linkpool-api", vec![needs(&format!("linkpool-{whom}"), dev, false)]), knows);
        assert_eq!(said.iter().any(|said| said.contains(&format!("must not know linkpool-{whom}"))), expect, "{whom}: {said:?}");
    }
}

#[test]
fn what_a_crate_may_know_is_what_it_needs() {
    assert_eq!(of("linkpool-chain", &["contracts"], vec![needs("linkpool-contracts", false, false)]), [""; 0]);
    assert!(
        of("linkpool-chain", &["contracts", "db"], vec![needs("linkpool-contracts", false, false)])[0].contains("may know `db`")
    );
    assert!(
        of("linkpool-chain", &[], vec![needs("linkpool-contracts", false, false)])[0]
            .contains("must not know linkpool-contracts")
    );
}

#[test]
fn the_table_is_read_with_its_words() {
    let text = "| room | what | may know |\n| `abi/` | made | – |\n| `crates/a` | `x`, y | b, c |\n| `crates/b` | x | – |\n| `crates/c` | x | everything |";
    let these = |names: &[&'static str]| Knows::These(names.to_vec());
    assert_eq!(rows(text), BTreeMap::from([("a", these(&["b", "c"])), ("b", these(&[])), ("c", Knows::Everything)]));
}

#[test]
fn a_crate_that_is_not_there_is_named_and_one_without_a_room_too() {
    let said = |table: &str, members: &[&str]| {
        let packages = members.iter().map(|name| package(name, Vec::new())).collect();
        let table = Source { path: TABLE.to_owned(), text: table.to_owned() };
        check(&Metadata { packages }, &[table]).join("\n")
    };
    assert!(said("| `crates/ghost` | x | – |", &[]).contains("there is no crates/ghost"));
    assert!(said("", &["linkpool-new"]).contains("linkpool-new is in no room"));
    assert!(!said("| `crates/new` | x | – |", &["linkpool-new"]).contains("new"));
    // Rules about crates that are not there, and about libraries that nobody uses.
    let empty = said("", &["linkpool-api"]);
    assert!(empty.contains("there is no crate `testkit`") && empty.contains("api may name axum"), "{empty}");
}

#[test]
fn only_db_names_sqlx_even_in_tests() {
    let may = |who: &str, whom: &str, dev: bool| library(&package(who, Vec::new()), &needs(whom, dev, false)).is_none();
    assert!(may("linkpool-db", "sqlx", false));
    assert!(!may("linkpool-indexer", "sqlx", true));
    assert!(may("linkpool-indexer", "axum", true) && !may("linkpool-indexer", "axum", false));
}

#[test]
fn the_testkit_and_the_stand_in_node_stay_out_of_what_is_shipped() {
    let may = |who: &str, whom: &str, dev, optional| {
        let said = of_crate(&package(who, vec![needs(whom, dev, optional)]), &Knows::Everything);
        !said.iter().any(|said| said.contains("it is for tests"))
    };
    for ours in ["linkpool-testkit", "linkpool-standin-node"] {
        assert!(may("linkpool-db", ours, true, false) && may("linkpool-cli", ours, false, true), "{ours}");
        assert!(!may("linkpool-cli", ours, false, false) && !may("linkpool-fleet", ours, false, true), "{ours}");
    }
    assert!(may("linkpool-indexer", "linkpool-replay", true, false));
    assert!(!may("linkpool-cli", "linkpool-replay", false, true));
}
