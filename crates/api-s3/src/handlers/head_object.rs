//! HeadObject.

use exchange::ReplyBody;
use s3_wire::ops::get_object;

use super::get_object::{describe, not_served, parts, wanted};
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = get_object::decode(call.query, call.headers)?;
    match call.store().head_object(call.caller, call.bucket()?, call.key()?, &wanted(call, &request)?).await {
        Ok(object) => {
            let (status, mut headers) = get_object::encode(
                &object.info,
                object.range,
                parts(&object.info, &request).as_ref(),
                &request,
            );
            describe(&object, &mut headers);
            call.show_encryption(&object.info, &mut headers)?;
            Ok(Reply { status, headers, body: ReplyBody::empty() })
        }
        Err(reason) => not_served(reason),
    }
}
