//! Prints the OpenAPI document: `cargo run -p linkpool-api --example openapi > docs/openapi.json`.

fn main() {
    print!("{}", linkpool_api::openapi_json());
}
