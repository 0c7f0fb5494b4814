//! The dApp, served with the headers that keep it to itself.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{
    accept::wants_page,
    files,
    problem::{NOT_FOUND, Problem},
    state::Api,
};

const ACCEPT: HeaderValue = HeaderValue::from_static("accept");

/// Paths that the page itself resolves, so that a link to one can be opened and reloaded.
fn is_page(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    matches!(first, "" | "index.html" | "stakers" | "nodes" | "positions" | "pool" | "status" | "help")
}

/// A file of the page, or the page, which has a sentence of its own for a path that nobody knows.
pub(crate) async fn get_page(State(api): State<Api>, uri: Uri, asked: HeaderMap) -> Response {
    let path = uri.path();
    let mut response = if is_page(path) {
        index(&api, &asked)
    } else if let Some(response) = file(path, &asked) {
        response
    } else if wants_page(&asked) {
        (StatusCode::NOT_FOUND, [(header::VARY, ACCEPT)], index(&api, &HeaderMap::new())).into_response()
    } else {
        let problem = Problem::new(&NOT_FOUND, format!("there is no `{path}`; the page is at /, the API under /api/v1"));
        return ([(header::VARY, ACCEPT)], problem).into_response();
    };
    files::keep_to_itself(response.headers_mut());
    response
}

/// The operators' page is not here: it is at their own listener.
fn file(path: &str, asked: &HeaderMap) -> Option<Response> {
    let name = path.trim_start_matches('/');
    if name.starts_with(files::OPERATOR) { None } else { files::file(name, asked) }
}

fn index(api: &Api, asked: &HeaderMap) -> Response {
    #[cfg(feature = "dev")]
    if api.config.dev.is_some() {
        return files::html("index.html", asked, "-dev", |html| crate::dev::with_wallet(&html));
    }
    let _ = api;
    files::html("index.html", asked, "", |html| html)
}
