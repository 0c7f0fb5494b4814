//! What is shown of a connection never holds its password.

use linkpool_db::{Connect, Database};
use linkpool_testkit::TestDatabase;

const WRONG: &str = "plantedPassword";

#[tokio::test]
async fn the_password_shows_neither_in_debug_output_nor_in_an_error() {
    let test_database = TestDatabase::create().await.unwrap();
    let right = Connect::new(test_database.url());
    let (before, place) = test_database.url().rsplit_once('@').unwrap();
    let (user, password) = before.rsplit_once(':').unwrap();
    let database = Database::connect(&right).await.unwrap();
    let shown = format!("{right:?} {right:#?} {database:?} {database:#?}");
    assert!(password.len() >= 16 && !shown.contains(password), "{shown}");
    for url in [
        format!("{user}:{WRONG}@{place}"),
        format!("{user}:{WRONG}@127.0.0.1:1/none"),
        format!("{user}:{WRONG}@127.0.0.1:none/none"),
        format!("mysql://linkpool:{WRONG}@127.0.0.1/none"),
    ] {
        let error = Database::connect(&Connect::new(url)).await.unwrap_err();
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.contains(WRONG), "{shown}");
    }
}
