//! What each endpoint offers of what is asked for: docs/rpc.md in lines.

use linkpool_chain::{Error, Need, Offer};

use super::report::Report;

pub fn check(name: &str, offers: &Result<Vec<Offer>, Error>, report: &mut Report) {
    let offers = match offers {
        Ok(offers) => offers,
        Err(error) => {
            return report.warn("rpc-offers", format!("what {name} offers could not be tried: {error}"), "run it again");
        }
    };
    let mut lacks = 0;
    for offer in offers {
        let Some(lack) = &offer.lack else { continue };
        lacks += 1;
        let sentence = format!("{name} does not offer {}: {lack}", offer.what);
        match offer.need {
            Need::Must => report.fail("rpc-offers", sentence, format!("use another endpoint: without it {}", offer.without)),
            Need::Better => report.warn("rpc-offers", sentence, format!("nothing has to be done: without it {}", offer.without)),
        }
    }
    if lacks == 0 {
        report.ok("rpc-offers", format!("{name} offers all {} things that are asked of an endpoint (docs/rpc.md)", offers.len()));
    }
}
