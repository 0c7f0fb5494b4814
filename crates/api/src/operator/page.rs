//! The operators' page: it holds nothing by itself and asks for the token, so anybody who reaches the listener may load it.

use axum::{
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
};

use super::shared::BASE;
use crate::{
    files,
    problem::{NOT_FOUND, Problem},
};

pub(super) async fn get_page(method: Method, uri: Uri, asked: HeaderMap) -> Response {
    let name = format!("{}{}", files::OPERATOR, uri.path().trim_start_matches('/'));
    let is_read = method == Method::GET || method == Method::HEAD;
    let found = match uri.path() {
        _ if !is_read => None,
        "/" | "/operator" => Some(files::html(&format!("{}index.html", files::OPERATOR), &asked, "", |html| html)),
        _ => files::file(&name, &asked),
    };
    let Some(mut response) = found else {
        let detail = format!("there is no `{}`; the page is at /, the operator's calls begin with {BASE}/nodes", uri.path());
        return Problem::new(&NOT_FOUND, detail).into_response();
    };
    files::keep_to_itself(response.headers_mut());
    response
}
