//! One object of the largest size that a single request may have, in and out of little memory; then one in parts.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::client::{Connection, PIECE_BYTES, Request};
use crate::requests::{self, Signer};
use crate::server::Server;
use crate::{compare, process, report};

/// The largest body of one request. Spec: R2 docs, platform limits: 5 GiB less 5 MiB.
const LARGEST_BYTES: usize = 5 * 1024 * 1024 * 1024 - 5 * 1024 * 1024;
/// Parts of the other object, 5 GiB together.
const PARTS: u32 = 80;
const PART_BYTES: usize = 64 * 1024 * 1024;
/// Parts that are sent at once.
const AT_ONCE: usize = 4;
/// The goal for any size of object.
const PEAK_MAX_KIB: u64 = 100 * 1024;

/// Sends each object, reads it back and deletes it, prints how long that took and the server's largest resident memory, and
/// saves it in the report.
///
/// # Errors
/// The server does not start, an answer is not the expected one, memory grew beyond the goal, or the report cannot be
/// written.
pub(crate) fn run(larder: &Path, report: &Path) -> Result<()> {
    let data = compare::scratch_folder(larder)?;
    let outcome = measure(larder, &data);
    fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    let section = outcome?;
    println!("{section}");
    report::save(report, &section)
}

fn measure(larder: &Path, data: &Path) -> Result<String> {
    let (server, credentials) = Server::larder(larder, data)?;
    let signer = Arc::new(Signer::new(&server, credentials));
    let day = report::day(&sigv4::amz_date(requests::now_s()));
    let section = format!(
        "## One object of {LARGEST_BYTES} bytes\n\nMade by `cargo xtask bench --large`, {day}. Peak RSS is the server's since the \
         start of each table.\n"
    );
    let mut bench = Bench { content: vec![0x5a; PIECE_BYTES].leak(), server, signer, section };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        bench.in_one_request().await?;
        bench.in_parts().await
    })?;
    Ok(bench.section)
}

struct Bench {
    server: Server,
    signer: Arc<Signer>,
    /// What bodies consist of.
    content: &'static [u8],
    section: String,
}

impl Bench {
    async fn in_one_request(&mut self) -> Result<()> {
        self.section.push_str(TABLE);
        let mut connection = Connection::open(self.server.address, self.content).await?;
        for (method, sent, answered) in
            [("PUT", LARGEST_BYTES, 0), ("HEAD", 0, 0), ("GET", 0, LARGEST_BYTES), ("DELETE", 0, 0)]
        {
            let request = self.signer.request(method, "large", &[], sent);
            let started = Instant::now();
            answer(&mut connection, &request, answered).await?;
            self.row(method, started, sent + answered)?;
        }
        Ok(())
    }

    async fn in_parts(&mut self) -> Result<()> {
        let (address, signer, content) = (self.server.address, Arc::clone(&self.signer), self.content);
        let bytes = usize::try_from(PARTS)? * PART_BYTES;
        let mib = PART_BYTES >> 20;
        writeln!(
            self.section,
            "\nThe same in {PARTS} parts of {mib} MiB, {AT_ONCE} at once: {bytes} bytes."
        )?;
        self.section.push_str(TABLE);
        process::forget_peak(self.server.pid())?;
        let mut connection = Connection::open(address, content).await?;
        let begun = text(&mut connection, &signer.request("POST", "parts", &[("uploads", "")], 0)).await?;
        let id = element(&begun, "UploadId")?.to_owned();
        let next = Arc::new(AtomicU32::new(1));
        let started = Instant::now();
        let mut senders = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (signer, next, id) = (Arc::clone(&signer), Arc::clone(&next), id.clone());
            senders.spawn(async move {
                let mut connection = Connection::open(address, content).await?;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number > PARTS {
                        return anyhow::Ok(());
                    }
                    let query = [("partNumber", &*number.to_string()), ("uploadId", &*id)];
                    answer(&mut connection, &signer.request("PUT", "parts", &query, PART_BYTES), 0).await?;
                }
            });
        }
        while let Some(sent) = senders.join_next().await {
            sent??;
        }
        self.row("UploadPart", started, bytes)?;
        let started = Instant::now();
        let listed = text(&mut connection, &signer.request("GET", "parts", &[("uploadId", &id)], 0)).await?;
        self.row("ListParts", started, 0)?;
        let document = completion(&listed)?;
        let request = signer.request("POST", "parts", &[("uploadId", &id)], document.len());
        let mut padded = document.into_bytes();
        padded.resize(PIECE_BYTES, b' ');
        let mut completing = Connection::open(address, padded.leak()).await?;
        let started = Instant::now();
        element(&text(&mut completing, &request).await?, "ETag")?;
        self.row("CompleteMultipartUpload", started, 0)?;
        for (method, answered) in [("GET", bytes), ("DELETE", 0)] {
            let started = Instant::now();
            answer(&mut connection, &signer.request(method, "parts", &[], 0), answered).await?;
            self.row(method, started, answered)?;
        }
        Ok(())
    }

    /// What a request took, and the server's peak so far.
    fn row(&mut self, request: &str, started: Instant, bytes: usize) -> Result<()> {
        let took = started.elapsed().as_secs_f64();
        let peak = process::peak_kib(self.server.pid())?;
        ensure!(peak < PEAK_MAX_KIB, "{request}: memory grew to {peak} KiB");
        let rate = match u32::try_from(bytes >> 20)? {
            0 => "–".to_owned(),
            mib => format!("{:.0}", f64::from(mib) / took),
        };
        writeln!(self.section, "| {request} | {took:.2} | {rate} | {} |", peak / 1024)?;
        Ok(())
    }
}

const TABLE: &str = "\n| Request | Seconds | MiB/s | Peak RSS MiB |\n| --- | --- | --- | --- |\n";

/// Sends a request whose answer has so many bytes.
async fn answer(connection: &mut Connection, request: &Request, bytes: usize) -> Result<()> {
    let reply = connection.exchange(request, None).await?;
    ensure!(matches!(reply.status, 200 | 204), "an answer has the status {}", reply.status);
    ensure!(reply.body_bytes == u64::try_from(bytes)?, "an answer has {} bytes", reply.body_bytes);
    Ok(())
}

/// Sends a request whose answer is a document.
async fn text(connection: &mut Connection, request: &Request) -> Result<String> {
    let mut document = Vec::new();
    let reply = connection.exchange(request, Some(&mut document)).await?;
    let document = String::from_utf8(document)?;
    ensure!(reply.status == 200, "status {}: {document}", reply.status);
    Ok(document)
}

/// The document that makes an object of all parts that are listed.
fn completion(listed: &str) -> Result<String> {
    let mut document = "<CompleteMultipartUpload>".to_owned();
    let parts: Vec<_> = listed.split("<Part>").skip(1).collect();
    ensure!(parts.len() == usize::try_from(PARTS)?, "{} parts are listed", parts.len());
    for part in parts {
        let (number, etag) = (element(part, "PartNumber")?, element(part, "ETag")?);
        write!(document, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")?;
    }
    document.push_str("</CompleteMultipartUpload>");
    Ok(document)
}

/// The text of the first element of this name.
fn element<'d>(document: &'d str, name: &str) -> Result<&'d str> {
    let (_, rest) =
        document.split_once(&format!("<{name}>")).with_context(|| format!("no {name}: {document}"))?;
    Ok(rest.split_once("</").map_or(rest, |(text, _)| text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_completed_with_what_is_listed() {
        let part = |n| {
            format!("<Part><PartNumber>{n}</PartNumber><ETag>&quot;e{n}&quot;</ETag><Size>1</Size></Part>")
        };
        let listed: String = (1..=PARTS).map(part).collect();
        let document = completion(&format!("<ListPartsResult>{listed}</ListPartsResult>")).unwrap();
        let first =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag></Part>";
        assert!(document.starts_with(first) && document.len() < PIECE_BYTES, "{document}");
        assert_eq!(document.matches("<Part>").count(), usize::try_from(PARTS).unwrap());
        assert!(completion(&listed.replacen("<Part>", "", 1)).is_err());
    }
}
