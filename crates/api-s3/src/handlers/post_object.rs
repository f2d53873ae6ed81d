//! PostObject: the file of a form whose policy allows it. Only the pipeline's list for forms leads here.

use auth::Caller;
use domain::BucketName;
use domain::upload_rule::UploadRule;
use s3_wire::ops::post_object::{self, Form};
use store::{CustomerKey, Note, PutObject};

use super::put_object::show_expiry_in;
use crate::call::{show_encryption, unsigned_integrity};
use crate::door::Door;
use crate::error::Failure;
use crate::form_body::FormBody;
use crate::head::Head;
use crate::reply::Reply;
use exchange::ReplyBody;

pub(crate) async fn run(
    door: &Door,
    head: &Head<'_>,
    caller: &Caller,
    bucket: &BucketName,
    form: &Form,
    (file, rule): (FormBody<'_, '_>, UploadRule),
) -> Result<Reply, Failure> {
    let request = post_object::decode(form)?;
    let rules = door.store.rules_for_upload(caller, bucket).await?;
    rules.check(&request.key, request.metadata.http.content_type.as_deref(), None)?;
    let rule = rules.bounds_with(&request.key, rule);
    let mut file = file.limited(rule);
    let put = PutObject {
        metadata: request.metadata.clone(),
        bucket_class: form.get("x-amz-storage-class").is_none(),
        integrity: unsigned_integrity(request.integrity.clone()),
        note: Note { tags: request.tags.clone(), lock: request.lock },
        customer_key: request.customer_key.as_ref().map(|key| CustomerKey::new(key.expose())),
        ..PutObject::default()
    };
    let info = door.store.put_object(caller, bucket, &request.key, put, &mut file).await?;
    let url = head.url();
    let (status, mut headers, body) = post_object::encode(&request, bucket, url.trim_end_matches('/'), &info);
    show_encryption(info.encryption, request.customer_key.as_ref(), &mut headers);
    show_expiry_in(&door.store, caller, bucket, &info, &mut headers).await;
    Ok(Reply { status, headers, body: ReplyBody::full(body) })
}
