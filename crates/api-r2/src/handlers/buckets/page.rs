//! A page of buckets: searched, in either order. The store lists by name upwards and looks for beginnings only, so the rest
//! is done here: in the time of going through the buckets, and in the memory of a page.

use std::collections::VecDeque;

use domain::BucketName;
use domain::listing::ListPosition;
use store::BucketQuery;

use crate::call::Call;
use crate::cursor;
use crate::error::{Failure, R2Error};

/// Buckets that are asked of the store at a time.
const STEP: u32 = 1_000;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    contains: String,
    descending: bool,
    /// Only what comes after this name, in the order asked for.
    after: Option<String>,
}

impl Question {
    /// Reads the query. A cursor is further on than `start_after`, which began the list.
    ///
    /// # Errors
    /// `InvalidArgument`.
    ///
    /// Spec: Cloudflare API, R2, list buckets.
    pub(super) fn decode(call: &Call<'_>) -> Result<Self, R2Error> {
        let query = call.query;
        if query.get("order").is_some_and(|order| order != "name") {
            return Err(R2Error::invalid_argument("order is name, and nothing else."));
        }
        let descending = match query.get("direction") {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(R2Error::invalid_argument("direction is asc or desc.")),
        };
        let start_after = query.get("start_after").filter(|text| !text.is_empty()).map(str::to_owned);
        let after = match query.get("cursor").filter(|text| !text.is_empty()) {
            Some(text) => match cursor::decode(text)? {
                ListPosition::Key(name) | ListPosition::Prefix(name) => Some(name),
            },
            None => start_after,
        };
        Ok(Self { contains: query.get("name_contains").unwrap_or_default().to_owned(), descending, after })
    }

    /// The names of a page, and the cursor of the next.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn answer(
        &self,
        call: &Call<'_>,
        per_page: u32,
    ) -> Result<(Vec<BucketName>, Option<String>), Failure> {
        let wanted = usize::try_from(per_page).unwrap_or(usize::MAX);
        let mut found = VecDeque::new();
        let mut after = self.after.clone().filter(|_| !self.descending);
        loop {
            let query = BucketQuery { prefix: String::new(), after: after.take(), limit: STEP };
            let page = call.store().list_buckets(call.caller, &query).await?;
            after = page.buckets.last().map(|bucket| bucket.name.to_string()).filter(|_| page.more);
            for bucket in page.buckets {
                // downwards, the page's names are the last before the place
                if self.descending && self.after.as_deref().is_some_and(|end| bucket.name.as_str() >= end) {
                    after = None;
                    break;
                }
                if bucket.name.as_str().contains(&self.contains) {
                    found.push_back(bucket.name);
                }
                // one more than a page says that there is a next one
                if self.descending && found.len() > wanted + 1 {
                    found.pop_front();
                }
            }
            if after.is_none() || (!self.descending && found.len() > wanted) {
                break;
            }
        }
        let mut names: Vec<BucketName> = found.into();
        if self.descending {
            names.reverse();
        }
        let more = names.len() > wanted;
        names.truncate(wanted);
        let next =
            names.last().filter(|_| more).map(|name| cursor::encode(&ListPosition::Key(name.to_string())));
        Ok((names, next))
    }
}
