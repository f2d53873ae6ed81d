//! Zones, as who adds a custom domain looks them up.

use domain::DomainName;

use super::account::NAME;
use super::numbered_page;
use crate::call::{Call, Reply};
use crate::error::{Failure, R2Error};
use crate::wire::zone::{Zone, ZoneAccount, zone_id};

/// GET `/zones?name=`.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let Some(name) = call.query.get("name").filter(|name| !name.is_empty()) else {
        let error = R2Error::invalid_argument("name is missing.");
        return Err(error
            .with_hint("Every domain is a zone here, so there is no list of them: ask by name.")
            .into());
    };
    let zone = DomainName::parse(name).map(|name| Zone {
        id: zone_id(call.store().account(), &name),
        name: name.to_string(),
        status: "active".to_owned(),
        account: ZoneAccount { id: call.store().account().to_string(), name: NAME.to_owned() },
    });
    numbered_page(call, zone.into_iter().collect())
}
