//! ListMultipartUploads.

use domain::UploadId;
use domain::listing::ListPosition;
use s3_wire::ops::list_multipart_uploads::{self, UploadEntry, UploadRow, UploadsAfter};
use store::{UploadPosition, UploadQuery};

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = list_multipart_uploads::decode(call.query)?;
    let bucket = call.bucket()?;
    let query = UploadQuery {
        prefix: request.prefix.clone(),
        delimiter: request.delimiter.clone(),
        after: request.after().map(position),
        limit: request.limit,
    };
    let page = call.store().list_uploads(call.caller, bucket, &query).await?;
    let ids: Vec<String> = page.entries.iter().map(id_text).collect();
    let entries: Vec<_> = page
        .entries
        .iter()
        .zip(&ids)
        .map(|(entry, upload_id)| match entry {
            store::UploadEntry::Upload(upload) => UploadEntry::Upload(UploadRow {
                key: &upload.row.key,
                upload_id,
                initiated: upload.row.initiated,
                storage_class: upload.row.metadata.storage_class,
                checksum: upload.row.checksum,
            }),
            store::UploadEntry::Prefix(prefix) => UploadEntry::Prefix(prefix),
        })
        .collect();
    let owner = call.store().account();
    Ok(Reply::xml(list_multipart_uploads::encode(bucket, owner, &request, &entries, page.more)))
}

fn id_text(entry: &store::UploadEntry) -> String {
    match entry {
        store::UploadEntry::Upload(upload) => upload.id.to_string(),
        store::UploadEntry::Prefix(_) => String::new(),
    }
}

fn position(after: UploadsAfter) -> UploadPosition {
    match after {
        UploadsAfter::Position(ListPosition::Key(key)) => UploadPosition::Key(key, None),
        UploadsAfter::Position(ListPosition::Prefix(prefix)) => UploadPosition::Prefix(prefix),
        UploadsAfter::Upload { key, upload_id } => match UploadId::parse(&upload_id) {
            Some(id) => UploadPosition::Key(key, Some(id)),
            // it names no upload: those of the key are all behind it
            None => UploadPosition::Key(key, Some(UploadId([0; 16]))),
        },
    }
}
