//! The files of the pages, embedded from `web/dist`: the holders' page, and below `operator/` the operators'. The build compresses them,
//! so that nothing is compressed while somebody waits.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Files;

/// Where the operators' page lies among them.
pub(crate) const OPERATOR: &str = "operator/";

/// No other origin, no inline script or style, no frame. Wallet icons come as data URLs (EIP-6963).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const PERMISSIONS: HeaderValue = HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()");
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");
const BROTLI: HeaderValue = HeaderValue::from_static("br");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// Vite puts a hash of the content into the name of everything under assets/.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>LinkPool</title>\
    <p>The page is not built into this executable: run <code>cargo xtask web</code> and build again.</p></html>";

/// The headers that keep a page to itself.
pub(crate) fn keep_to_itself(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert("permissions-policy", PERMISSIONS);
    // A wallet may open a window of its own.
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin-allow-popups"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
}

/// As the build compressed it, where the client takes that.
pub(crate) fn file(name: &str, asked: &HeaderMap) -> Option<Response> {
    let compressed = takes_brotli(asked).then(|| Files::get(&format!("{name}.br"))).flatten();
    let is_compressed = compressed.is_some();
    let file = compressed.or_else(|| Files::get(name))?;
    let tag = tag_of(&file.metadata.sha256_hash(), "");
    if holds(asked, &tag) {
        return Some((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let mut response = file.data.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type(name));
    headers.insert(header::CACHE_CONTROL, if name.contains("assets/") { IMMUTABLE } else { REVALIDATE });
    headers.insert(header::VARY, ACCEPT_ENCODING);
    headers.insert(header::ETAG, tag);
    if is_compressed {
        headers.insert(header::CONTENT_ENCODING, BROTLI);
    }
    Some(response)
}

/// The HTML of a page, changed by `change`; `form` tells what is changed in one way from what is changed in another.
pub(crate) fn html(name: &str, asked: &HeaderMap, form: &str, change: impl FnOnce(String) -> String) -> Response {
    let Some(file) = Files::get(name) else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
            Html(NOT_BUILT),
        )
            .into_response();
    };
    let tag = tag_of(&file.metadata.sha256_hash(), form);
    if holds(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, [(header::CACHE_CONTROL, REVALIDATE), (header::ETAG, tag)]).into_response();
    }
    let html = change(String::from_utf8_lossy(&file.data).into_owned());
    ([(header::CACHE_CONTROL, REVALIDATE), (header::ETAG, tag)], Html(html)).into_response()
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

fn media_type(name: &str) -> HeaderValue {
    let extension = name.rsplit('.').next().unwrap_or_default();
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
