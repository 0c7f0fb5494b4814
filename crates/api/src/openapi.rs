//! The OpenAPI 3.1 document, made from the handlers themselves.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::{
    OpenApi,
    openapi::{ContentBuilder, Ref, RefOr, Response as ResponseDocument, ResponseBuilder, schema::Schema},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    BASE,
    page_cursor::scope,
    parameters::NoQuery,
    problem::{FieldError, KINDS, Kind, Problem, ProblemBody},
    routes::{announcements, config, earnings, events, health, nodes, pool, stakers, status},
    state::Api,
    stream,
    view::link,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "LinkPool",
        description = "The pool's nodes, stakes, rewards and history, as of a named block. Reads only, no key.\n\nAmounts are decimal strings of juels (10^-18 LINK), ratios integers in basis points, times RFC 3339 in UTC, absent values null. Within v1 fields are only added: ignore those you do not know.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "The server that this document comes from")),
    components(schemas(ProblemBody<'static>, FieldError)),
    tags(
        (name = "pool", description = "The pool as a whole"),
        (name = "nodes", description = "Nodes and who stakes on them"),
        (name = "stakers", description = "What an address has"),
        (name = "events", description = "What happened"),
        (name = "live", description = "What is happening"),
        (name = "service", description = "This server"),
    )
)]
struct Document;

/// The routes of the service, each with its part of the document.
pub(crate) struct Documented {
    /// Of `/api/v1`, whose answers change with the indexed block alone.
    pub of_a_block: OpenApiRouter<Api>,
    /// Of `/api/v1`, whose answers change by the clock, or never.
    pub by_the_clock: OpenApiRouter<Api>,
    /// Those beside it.
    pub service: OpenApiRouter<Api>,
}

pub(crate) fn documented() -> Documented {
    let of_a_block = OpenApiRouter::new()
        .routes(routes!(config::get_config))
        .routes(routes!(pool::get_pool))
        .routes(routes!(pool::list_history))
        .routes(routes!(announcements::list_announcements))
        .routes(routes!(nodes::list_nodes))
        .routes(routes!(nodes::get_node))
        .routes(routes!(nodes::list_node_stakes))
        .routes(routes!(nodes::list_node_events))
        .routes(routes!(earnings::list_node_earnings))
        .routes(routes!(stakers::list_stakers))
        .routes(routes!(stakers::get_staker))
        .routes(routes!(events::list_events))
        .routes(routes!(events::get_transaction));
    let by_the_clock = OpenApiRouter::new()
        .routes(routes!(status::get_status))
        .routes(routes!(stream::get_stream))
        .route("/openapi.json", get(get_openapi));
    let service = OpenApiRouter::new().routes(routes!(health::get_health)).routes(routes!(health::get_ready));
    Documented { of_a_block, by_the_clock, service }
}

/// The document as it is served at `/api/v1/openapi.json` and committed as `docs/openapi.json`, with a line break at its end.
pub fn openapi_json() -> String {
    let Documented { of_a_block, by_the_clock, service } = documented();
    let router = OpenApiRouter::with_openapi(Document::openapi()).nest(BASE, of_a_block.merge(by_the_clock)).merge(service);
    let mut document = router.into_openapi();
    if let Some(components) = &mut document.components {
        components.schemas.values_mut().for_each(link::describe);
    }
    for path in document.paths.paths.values_mut() {
        for operation in [&mut path.get, &mut path.post].into_iter().flatten() {
            let id = operation.operation_id.clone().unwrap_or_default();
            let takes = |name: &str| {
                let mut parameters = operation.parameters.iter().flatten();
                parameters.any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == name))
            };
            let (has_cursor, has_at) = (takes("cursor"), takes("at"));
            for kind in KINDS.iter().filter(|kind| applies(kind, &id, has_cursor, has_at)) {
                let status = kind.status.as_str();
                operation.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(kind)));
            }
        }
    }
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Which problems an operation can answer with, by its name and by what it takes.
fn applies(kind: &Kind, operation: &str, has_cursor: bool, has_at: bool) -> bool {
    let is_service = operation == "get_health" || operation == "get_ready";
    match kind.code {
        "internal" | "unavailable" => true,
        "not-ready" => true,
        "rate-limited" => !is_service,
        // Of a path without parameters, every parameter is unknown.
        "invalid-parameter" => !is_service,
        "cursor-invalidated" => has_cursor,
        "block-not-indexed" => has_at,
        "not-found" => (operation.contains("_node") && operation != "list_nodes") || operation == "list_history",
        _ => false,
    }
}

fn problem(kind: &Kind) -> ResponseDocument {
    let example = serde_json::json!({
        "type": format!("/problems/{}", kind.code),
        "title": kind.title,
        "status": kind.status.as_u16(),
        "detail": kind.page,
        "instance": "/api/v1/nodes",
        "code": kind.code,
        "request_id": "5b1f0a9e6a4c4a8c9d5f2f6f3a1b2c3d",
    });
    let schema: RefOr<Schema> = RefOr::Ref(Ref::from_schema_name("Problem"));
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    ResponseBuilder::new().description(kind.page).content("application/problem+json", content).build()
}

/// The document itself. It is the same for the life of the process.
async fn get_openapi(_: NoQuery) -> Result<Response, Problem> {
    static TEXT: LazyLock<(String, String)> = LazyLock::new(|| {
        let text = openapi_json();
        let tag = format!("W/\"{:08x}\"", scope(&[&text]));
        (text, tag)
    });
    let (text, tag) = &*TEXT;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ETAG, tag.as_str()),
    ];
    Ok((headers, text.as_str()).into_response())
}
