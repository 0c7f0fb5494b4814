//! What a connection is refused with: the reason, what to do, and never the password.

use linkpool_db::{Connect, Database, Error};
use linkpool_testkit::TestDatabase;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

const WRONG: &str = "plantedPassword";

#[tokio::test]
async fn the_password_shows_neither_in_debug_output_nor_in_an_error() {
    let test_database = TestDatabase::create().await.unwrap();
    let right = Connect::new(test_database.url()).patient();
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
        let error = Database::connect(&Connect::new(url).patient()).await.unwrap_err();
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.contains(WRONG), "{shown}");
    }
}

/// As pgbouncer answers a parameter that it was not told to pass on or to ignore.
#[tokio::test]
async fn a_pooler_in_between_is_called_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).await.unwrap();
        let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
        stream.read_exact(&mut startup).await.unwrap();
        let fields = b"SERROR\0VERROR\0C08P01\0Munsupported startup parameter in options: statement_timeout\0\0";
        stream.write_all(&[b"E".as_slice(), &(fields.len() as u32 + 4).to_be_bytes(), fields].concat()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let url = format!("postgres://linkpool:secret@{place}/linkpool?sslmode=disable");
    let error = Database::connect(&Connect::new(url).patient()).await.unwrap_err();
    assert!(matches!(error, Error::Pooler { .. }) && !error.is_transient(), "{error}");
    assert!(error.to_string().contains("give LinkPool the address of Postgres itself"), "{error}");
}

/// As pgbouncer hands a session on that was told to ignore what it begins with; the database has a limit of its own, so that what
/// was asked for can't be told from what there is.
#[tokio::test]
async fn a_pooler_that_ignores_what_a_session_begins_with_is_called_one() {
    let test_database = TestDatabase::create().await.unwrap();
    let name = test_database.name();
    test_database.server().run(name, &format!("alter database {name} set statement_timeout = '30s'")).unwrap();
    let there = test_database.url().split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap().to_string();
    let server = there.clone();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut length = [0; 4];
        client.read_exact(&mut length).await.unwrap();
        let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
        client.read_exact(&mut startup).await.unwrap();
        // The protocol's version, then names and values, each with a zero byte after it, and one more at the end.
        let words: Vec<&[u8]> = startup[4..].split(|byte| *byte == 0).collect();
        let kept = words.chunks(2).filter(|pair| pair.len() == 2 && !pair[0].is_empty() && pair[0] != b"options");
        let kept: Vec<u8> = kept.flat_map(|pair| [pair[0], b"\0", pair[1], b"\0"].concat()).collect();
        let startup = [&startup[..4], &kept, b"\0"].concat();
        let mut server = TcpStream::connect(server).await.unwrap();
        server.write_all(&[(startup.len() as u32 + 4).to_be_bytes().as_slice(), &startup].concat()).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    });
    let error = Database::connect(&Connect::new(test_database.url().replace(&there, &here)).patient()).await.unwrap_err();
    assert!(matches!(error, Error::Pooler { .. }) && error.to_string().contains("ignores what a session begins with"), "{error}");
}
