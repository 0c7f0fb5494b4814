use super::*;

fn broken(files: &[(&str, &str)]) -> Vec<String> {
    let source = |(path, text): &(&str, &str)| Source { path: format!("crates/x/src/{path}"), text: (*text).to_owned() };
    check(&files.iter().map(source).collect::<Vec<_>>())
}

#[test]
fn two_files_that_import_each_other_are_a_circle_over_re_exports_too() {
    let files =
        [("lib.rs", "mod a;\nmod b;\npub use b::B;"), ("a.rs", "use crate::B;"), ("b.rs", "use super::a::A;\npub struct B;")];
    let said = broken(&files);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("2 files") && said[0].contains("src/a.rs imports crates/x/src/b.rs imports crates/x/src/a.rs"),
        "{said:?}"
    );
}

#[test]
fn a_path_in_the_code_is_an_import_and_so_is_a_star() {
    for b in
        ["fn f() { crate::a::g() }", "use crate::a;\nfn f() { a::g() }", "use crate::a::*;", "fn f() {\n    use super::a::g;\n}"]
    {
        assert_eq!(broken(&[("lib.rs", ""), ("a.rs", "use crate::{b::{self, f}};"), ("b.rs", b)]).len(), 1, "{b}");
    }
    let by_star = [
        ("lib.rs", ""),
        ("a.rs", "use crate::all::B;"),
        ("all.rs", "pub use crate::b::*;"),
        ("b.rs", "use crate::a::A;\npub struct B;"),
    ];
    assert_eq!(broken(&by_star).len(), 1);
}

#[test]
fn a_re_export_a_test_a_comment_and_a_string_are_no_imports() {
    for b in [
        "// use crate::a::A;\npub use crate::a::A;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}",
        "fn f() -> &'static str {\n    \"\n use crate::a::A; crate::a::A\"\n}",
        "#[cfg(test)]\nuse crate::a::A;",
        "use other::a::A;",
        "pub(in crate::a) struct B;",
    ] {
        assert_eq!(broken(&[("lib.rs", ""), ("a.rs", "use crate::b::B;"), ("b.rs", b)]), [""; 0], "{b}");
    }
    assert_eq!(broken(&[("lib.rs", ""), ("a.rs", "use crate::b::B;"), ("b/tests.rs", "use crate::a::A;")]), [""; 0]);
}

#[test]
fn a_parent_that_calls_a_child_which_uses_it_is_one() {
    let files = [("main.rs", "mod a;"), ("a/mod.rs", "mod b;\nfn f() { b::g() }\nstruct A;"), ("a/b.rs", "use super::A;")];
    assert_eq!(broken(&files).len(), 1);
    let only_named =
        [("main.rs", "mod a;"), ("a/mod.rs", "mod b;\npub use b::B;\nstruct A;"), ("a/b.rs", "use super::A;\npub struct B;")];
    assert_eq!(broken(&only_named), [""; 0]);
}

#[test]
fn each_circle_is_said_once_with_its_crate() {
    let two = [
        ("lib.rs", ""),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "use crate::a::A;"),
        ("c.rs", "use crate::d::D;"),
        ("d.rs", "use crate::e::E;"),
        ("e.rs", "use crate::c::C;"),
    ];
    let said = broken(&two);
    assert!(matches!(&said[..], [a, b] if a.starts_with("crates/x: 2 files") && b.starts_with("crates/x: 3 files")), "{said:?}");
}
