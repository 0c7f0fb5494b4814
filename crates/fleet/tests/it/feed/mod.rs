//! What the fleet gives its nodes: users and tokens, the payment, bridges and jobs. The nodes are stand-ins, each behind a proxy that
//! counts what is asked, answers in the node's place, or kills the fleet at a chosen request.

mod access;
mod fixture;
mod give;
mod kills;
mod payment;
mod proxy;
