//! The dApp, embedded from `web/dist` and served with the headers that keep it to itself. The build compresses its files, so that
//! nothing is compressed while somebody waits.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::RustEmbed;

use crate::{
    accept::wants_page,
    problem::{NOT_FOUND, Problem},
    state::Api,
};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Files;

/// No other origin, no inline script or style, no frame. Wallet icons come as data URLs (EIP-6963).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const PERMISSIONS: HeaderValue = HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()");
const ACCEPT: HeaderValue = HeaderValue::from_static("accept");
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");
const BROTLI: HeaderValue = HeaderValue::from_static("br");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// Vite puts a hash of the content into the name of everything under assets/.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>LinkPool</title>\
    <p>The page is not built into this executable: run <code>cargo xtask web</code> and build again.</p></html>";

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
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert("permissions-policy", PERMISSIONS);
    // A wallet may open a window of its own.
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin-allow-popups"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// As the build compressed it, where the client takes that.
fn file(path: &str, asked: &HeaderMap) -> Option<Response> {
    let name = path.trim_start_matches('/');
    let compressed = takes_brotli(asked).then(|| Files::get(&format!("{name}.br"))).flatten();
    let is_compressed = compressed.is_some();
    let file = compressed.or_else(|| Files::get(name))?;
    let tag = tag_of(&file.metadata.sha256_hash(), "");
    if holds(asked, &tag) {
        return Some((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let mut response = file.data.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type(path));
    headers.insert(header::CACHE_CONTROL, if path.starts_with("/assets/") { IMMUTABLE } else { REVALIDATE });
    headers.insert(header::VARY, ACCEPT_ENCODING);
    headers.insert(header::ETAG, tag);
    if is_compressed {
        headers.insert(header::CONTENT_ENCODING, BROTLI);
    }
    Some(response)
}

fn takes_brotli(asked: &HeaderMap) -> bool {
    let offers = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()).unwrap_or(1.0);
        name.trim() == "br" && weight > 0.0
    })
}

/// A name for these bytes; `form` tells two forms of one file apart.
fn tag_of(hash: &[u8; 32], form: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("W/\"{}{form}\"", hex::encode(&hash[..8]))).unwrap_or(HeaderValue::from_static("W/\"\""))
}

fn holds(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let held = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    held.flat_map(|value| value.split(',')).any(|held| tag.to_str().is_ok_and(|tag| held.trim() == tag))
}

fn index(api: &Api, asked: &HeaderMap) -> Response {
    let Some(file) = Files::get("index.html") else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
            Html(NOT_BUILT),
        )
            .into_response();
    };
    #[cfg(feature = "dev")]
    let has_wallet = api.config.dev.is_some();
    #[cfg(not(feature = "dev"))]
    let has_wallet = {
        let _ = api;
        false
    };
    let tag = tag_of(&file.metadata.sha256_hash(), if has_wallet { "-dev" } else { "" });
    if holds(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, [(header::CACHE_CONTROL, REVALIDATE), (header::ETAG, tag)]).into_response();
    }
    let html = String::from_utf8_lossy(&file.data).into_owned();
    #[cfg(feature = "dev")]
    let html = if has_wallet { crate::dev::with_wallet(&html) } else { html };
    ([(header::CACHE_CONTROL, REVALIDATE), (header::ETAG, tag)], Html(html)).into_response()
}

fn media_type(path: &str) -> HeaderValue {
    let extension = path.rsplit('.').next().unwrap_or_default();
    HeaderValue::from_static(match extension {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    })
}
