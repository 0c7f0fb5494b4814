//! `linkpool openapi`

use crate::output::answer;

pub fn run() {
    answer!("{}", linkpool_api::openapi_json());
}
