//! How an object gets to the server: in one request, or in parts, several at a time and with bounded memory.

use bytes::Bytes;
use s3_wire::xml::Writer;
use tokio::io::AsyncRead;
use tokio::task::JoinSet;

use super::Target;
use super::progress::Progress;
use super::put::{check_length, read_part};
use crate::client::s3::{S3, S3Request, leaf};
use crate::failure::Failure;
use crate::location::ObjectPath;

/// Parts that are sent at a time, at most.
const AT_A_TIME_MAX: u64 = 4;
/// Memory for the parts that are sent at a time, unless one alone takes more.
const MEMORY_BYTES: u64 = 64 * 1024 * 1024;

/// An object on its way.
pub(super) struct Upload<'a> {
    pub(super) client: &'a S3,
    pub(super) target: &'a Target,
    /// Of the object, and the condition for it.
    pub(super) headers: &'a [(String, String)],
    /// For failures.
    pub(super) what: &'a str,
}

/// Where parts come from.
pub(super) struct Parts {
    pub(super) source: Box<dyn AsyncRead + Unpin>,
    pub(super) part_bytes: u64,
    /// If it is known.
    pub(super) length: Option<u64>,
    /// What is read already.
    pub(super) first: Option<Bytes>,
}

/// An object that is there.
pub(super) struct Done {
    pub(super) bytes: u64,
    pub(super) etag: String,
    pub(super) parts: u64,
}

type Sent = Result<(u16, usize, String), Failure>;

impl Upload<'_> {
    /// Sends it in one request; returns its ETag.
    pub(super) async fn whole(&self, body: Bytes) -> Result<String, Failure> {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = S3Request { headers: &headers, body, ..self.target.request("PUT") };
        Ok(etag_of(&self.client.send(self.what, &request).await?))
    }

    /// Sends it in parts. When that fails, or is interrupted, what was sent is given up.
    pub(super) async fn in_parts(&self, parts: Parts) -> Result<Done, Failure> {
        let id = self.begin().await?;
        let outcome = tokio::select! {
            outcome = self.finish(&id, parts) => outcome,
            _ = tokio::signal::ctrl_c() => Err(Failure::refused(self.what, "interrupted")),
        };
        if outcome.is_err() {
            let query = [("uploadId", id.as_str())];
            let request = S3Request { query: &query, ..self.target.request("DELETE") };
            // what made it fail is told; the bucket's rules abort what stays
            let _ = self.client.send(self.what, &request).await;
        }
        outcome
    }

    async fn begin(&self) -> Result<String, Failure> {
        let headers: Vec<(&str, &str)> = self.headers_but_condition().collect();
        let request =
            S3Request { query: &[("uploads", "")], headers: &headers, ..self.target.request("POST") };
        let begun = self.client.document(self.what, &request, "InitiateMultipartUploadResult").await?;
        let id = leaf(&begun, "UploadId").map(str::to_owned);
        id.ok_or_else(|| Failure::refused(self.what, "the answer names no upload"))
    }

    async fn finish(&self, id: &str, parts: Parts) -> Result<Done, Failure> {
        let (bytes, etags) = self.send_parts(id, parts).await?;
        let mut body = Writer::with_capacity(128 * etags.len());
        body.open("CompleteMultipartUpload");
        for (number, etag) in (1_u64..).zip(&etags) {
            body.open("Part");
            body.leaf_display("PartNumber", number);
            body.leaf("ETag", etag);
            body.close("Part");
        }
        body.close("CompleteMultipartUpload");
        let condition = self.headers.iter().filter(|(name, _)| name == "if-none-match");
        let headers: Vec<(&str, &str)> =
            condition.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let query = [("uploadId", id)];
        let request = S3Request {
            query: &query,
            headers: &headers,
            body: body.finish(),
            ..self.target.request("POST")
        };
        let completed = self.client.document(self.what, &request, "CompleteMultipartUploadResult").await?;
        let etag = leaf(&completed, "ETag").unwrap_or_default().to_owned();
        Ok(Done { bytes, etag, parts: etags.len().try_into().unwrap_or(u64::MAX) })
    }

    /// Reads part after part and sends several at a time; returns how many bytes there were, and the parts' ETags in order.
    async fn send_parts(&self, id: &str, mut parts: Parts) -> Result<(u64, Vec<String>), Failure> {
        let at_a_time = (MEMORY_BYTES / parts.part_bytes).clamp(1, AT_A_TIME_MAX);
        let at_a_time = usize::try_from(at_a_time).unwrap_or(1);
        let mut progress = Progress::new(parts.length);
        let mut sending: JoinSet<Sent> = JoinSet::new();
        let mut etags: Vec<String> = Vec::new();
        let mut bytes = 0_u64;
        loop {
            let part = match parts.first.take() {
                Some(first) => first,
                None => read_part(&mut parts.source, parts.part_bytes).await.map_err(|error| {
                    Failure::refused(self.what, format!("the rest cannot be read: {error}"))
                })?,
            };
            if part.is_empty() {
                break;
            }
            bytes = bytes.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
            etags.push(String::new());
            let number =
                u16::try_from(etags.len()).ok().filter(|number| *number <= domain::limits::PARTS_MAX);
            let number = number.ok_or_else(|| {
                let why = format!("it has more than {} parts", domain::limits::PARTS_MAX);
                Failure::refused(self.what, why).fix("give a larger --part-size")
            })?;
            while sending.len() >= at_a_time {
                self.take_one(&mut sending, &mut etags, &mut progress).await?;
            }
            let (client, path) = (self.client.clone(), self.target.path.clone());
            sending.spawn(send_part(client, path, id.to_owned(), number, part));
        }
        while !sending.is_empty() {
            self.take_one(&mut sending, &mut etags, &mut progress).await?;
        }
        check_length(self.what, parts.length, bytes)?;
        Ok((bytes, etags))
    }

    async fn take_one(
        &self,
        sending: &mut JoinSet<Sent>,
        etags: &mut [String],
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let Some(sent) = sending.join_next().await else { return Ok(()) };
        let (number, bytes, etag) =
            sent.map_err(|error| Failure::refused(self.what, error.to_string()))??;
        if let Some(slot) = etags.get_mut(usize::from(number) - 1) {
            *slot = etag;
        }
        progress.add(bytes);
        Ok(())
    }

    fn headers_but_condition(&self) -> impl Iterator<Item = (&str, &str)> {
        let others = self.headers.iter().filter(|(name, _)| name != "if-none-match");
        others.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

async fn send_part(client: S3, path: ObjectPath, id: String, number: u16, part: Bytes) -> Sent {
    let bytes = part.len();
    let number_text = number.to_string();
    let query = [("partNumber", number_text.as_str()), ("uploadId", id.as_str())];
    let request = S3Request {
        query: &query,
        body: part,
        ..S3Request::new("PUT", &path.bucket, Some(path.key.as_str()))
    };
    let reply = client.send(&format!("put part {number} of {path}"), &request).await?;
    Ok((number, bytes, etag_of(&reply)))
}

fn etag_of<B>(reply: &http::Response<B>) -> String {
    let etag = reply.headers().get("etag").and_then(|value| value.to_str().ok());
    etag.unwrap_or_default().to_owned()
}
