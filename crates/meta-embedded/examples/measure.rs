//! throwaway
use bytes::Bytes;
use disk::{AlignedBuf, Disk, LocalDisk};
use meta::{Batch, Body, Engine, Write, WriteId};
use meta_embedded::{EmbeddedEngine, FjallIndex, Settings};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn io_written() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap();
    text.lines().find_map(|l| l.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
}
fn cpu() -> f64 {
    let t = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = t.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
fn raw(disk: &dyn Disk, name: &str) -> (f64, f64) {
    let file = disk.create(name, 1 << 20).unwrap();
    let mut buf = AlignedBuf::with_capacity(4096);
    buf.extend_from_slice(&[1; 4096]);
    for i in 0..256 {
        file.write_at(i * 4096, buf.as_slice()).unwrap();
    }
    file.sync().unwrap();
    let mut lat = Vec::new();
    let t = Instant::now();
    while t.elapsed() < Duration::from_secs(2) {
        let s = Instant::now();
        file.write_at(4096 * (lat.len() as u64 % 256), buf.as_slice()).unwrap();
        file.sync().unwrap();
        lat.push(s.elapsed());
    }
    let rate = lat.len() as f64 / t.elapsed().as_secs_f64();
    lat.sort();
    (rate, lat[lat.len() * 99 / 100].as_secs_f64() * 1e3)
}
async fn round(
    engine: &Arc<EmbeddedEngine>,
    size: usize,
    tasks: u64,
    secs: u64,
    tag: &str,
    start: &Arc<AtomicU64>,
) {
    let b0 = engine.stats();
    let (w0, c0) = (io_written(), cpu());
    let t = Instant::now();
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (engine, start) = (engine.clone(), start.clone());
        set.spawn(async move {
            let mut lat = Vec::new();
            let body: Bytes = (0..size).map(|n| (n * 7) as u8).collect::<Vec<_>>().into();
            while t.elapsed() < Duration::from_secs(secs) {
                let n = start.fetch_add(1, Ordering::Relaxed);
                let key = format!(
                    "b03/photos/2026/{:05}/{:016x}-{n:012}.bin",
                    n % 20000,
                    n.wrapping_mul(0x9e3779b97f4a7c15)
                )
                .into_bytes();
                let w = Write::Put {
                    key,
                    value: vec![7u8; 200].into(),
                    body: Some(Body(vec![body.clone()])),
                    external: false,
                    displaced_to: None,
                };
                let s = Instant::now();
                engine
                    .commit(Batch { write_id: WriteId([0; 16]), checks: vec![], writes: vec![w] })
                    .await
                    .unwrap();
                lat.push(s.elapsed());
            }
            lat
        });
    }
    let mut lat: Vec<Duration> = set.join_all().await.into_iter().flatten().collect();
    let el = t.elapsed().as_secs_f64();
    lat.sort();
    let b1 = engine.stats();
    let payload = (lat.len() * size) as f64;
    let p = |q: f64| lat[((lat.len() - 1) as f64 * q) as usize].as_secs_f64() * 1e3;
    println!(
        "{tag}: {:.0} commits/s p50 {:.2} p99 {:.2} p999 {:.2} max {:.1} ms; {:.1} commits/batch, {:.0} batches/s; log WA {:.3}, process WA {:.3}; cores {:.2}",
        lat.len() as f64 / el,
        p(0.5),
        p(0.99),
        p(0.999),
        p(1.0),
        lat.len() as f64 / (b1.batches - b0.batches) as f64,
        (b1.batches - b0.batches) as f64 / el,
        (b1.written_bytes - b0.written_bytes) as f64 / payload,
        (io_written() - w0) as f64 / payload,
        (cpu() - c0) / el
    );
}
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let _ = std::fs::remove_dir_all(&dir);
    let local = Arc::new(LocalDisk::open(&dir).unwrap());
    println!("raw fdatasync: {:?}", raw(&*local, "raw1"));
    let open = || {
        EmbeddedEngine::open(
            local.clone(),
            Box::new(FjallIndex::new(dir.join("index"), 64 << 20)),
            Settings { nonce: [3; 16], ..Settings::default() },
        )
        .unwrap()
    };
    let engine = open();
    let stop = Arc::new(AtomicBool::new(false));
    let m = {
        let (e, stop) = (engine.clone(), stop.clone());
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let more = e.maintain().unwrap().more;
                if !more {
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
        })
    };
    let start = Arc::new(AtomicU64::new(0));
    round(&engine, 4096, 64, 8, "4K fresh", &start).await;
    let cc = engine.stats();
    println!("{cc:?}");
    let n = start.load(Ordering::Relaxed);
    let t = Instant::now();
    for from in (0..n).step_by(1000) {
        let writes = (from..n.min(from + 1000))
            .map(|n| Write::Delete {
                key: format!(
                    "b03/photos/2026/{:05}/{:016x}-{n:012}.bin",
                    n % 20000,
                    n.wrapping_mul(0x9e3779b97f4a7c15)
                )
                .into_bytes(),
                displaced_to: None,
            })
            .collect();
        engine.commit(Batch { write_id: WriteId([0; 16]), checks: vec![], writes }).await.unwrap();
    }
    println!("deleted {n} in {:?}", t.elapsed());
    while engine.stats().segments > 1 && t.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("{:?}", engine.stats());
    round(&engine, 4096, 64, 8, "4K reused", &start).await;
    println!("raw fdatasync: {:?}", raw(&*local, "raw2"));
    round(&engine, 4096, 1, 3, "4K one", &start).await;
    round(&engine, 65536, 64, 4, "64K", &start).await;
    round(&engine, 1 << 20, 16, 4, "1M", &start).await;
    stop.store(true, Ordering::Relaxed);
    m.join().unwrap();
    println!("{:?}", engine.stats());
    // reads
    let t = Instant::now();
    let mut k = 0u64;
    let keyf = |n: u64| {
        format!("b03/photos/2026/{:05}/{:016x}-{n:012}.bin", n % 20000, n.wrapping_mul(0x9e3779b97f4a7c15))
            .into_bytes()
    };
    while t.elapsed() < Duration::from_secs(2) {
        let i = n + (k.wrapping_mul(7919)) % 50000;
        let row = engine.get(&keyf(i)).await.unwrap().unwrap();
        let b = row.body.unwrap();
        let got = b.read(0..b.len()).await.unwrap();
        assert_eq!(got.len(), 4096);
        k += 1;
    }
    println!("get+body 4K cold: {:.0}/s", k as f64 / t.elapsed().as_secs_f64());
    let c0 = cpu();
    let t = Instant::now();
    let mut k = 0u64;
    while t.elapsed() < Duration::from_secs(3) {
        let i = n + (k.wrapping_mul(7919)) % 2000;
        let row = engine.get(&keyf(i)).await.unwrap().unwrap();
        let b = row.body.unwrap();
        let got = b.read(0..b.len()).await.unwrap();
        assert_eq!(got.len(), 4096);
        k += 1;
    }
    println!(
        "get+body 4K warm: {:.0}/s, {:.2} cpu us each",
        k as f64 / t.elapsed().as_secs_f64(),
        (cpu() - c0) * 1e6 / k as f64
    );
    let c0 = cpu();
    let t = Instant::now();
    let mut k = 0u64;
    while t.elapsed() < Duration::from_secs(2) {
        let i = n + (k.wrapping_mul(7919)) % 2000;
        engine.get(&keyf(i)).await.unwrap().unwrap();
        k += 1;
    }
    println!(
        "get 4K warm: {:.0}/s, {:.2} cpu us each",
        k as f64 / t.elapsed().as_secs_f64(),
        (cpu() - c0) * 1e6 / k as f64
    );
    let c0 = cpu();
    let t = Instant::now();
    let mut k = 0u64;
    while t.elapsed() < Duration::from_secs(2) {
        let p = engine
            .scan(meta::Scan { range: meta::KeyRange::prefix(b"b03"), limit: 1000, fold: None })
            .await
            .unwrap();
        k += p.entries.len() as u64;
    }
    println!(
        "scan 1000: {:.0} keys/s, {:.3} cpu us each",
        k as f64 / t.elapsed().as_secs_f64(),
        (cpu() - c0) * 1e6 / k as f64
    );
    let t = Instant::now();
    drop(engine);
    println!("close {:?}", t.elapsed());
    let c0 = cpu();
    let t = Instant::now();
    let engine = open();
    println!("reopen {:?} cpu {:.3} {:?}", t.elapsed(), cpu() - c0, engine.report());
    drop(engine);
    use meta_embedded::IndexStore;
    let c0 = cpu();
    let t = Instant::now();
    let ix = FjallIndex::new(dir.join("index"), 64 << 20).open().unwrap();
    println!("fjall open {:?} cpu {:.3}", t.elapsed(), cpu() - c0);
    let t = Instant::now();
    ix.checkpoint().unwrap();
    println!("checkpoint {:?}", t.elapsed());
    let t = Instant::now();
    drop(ix);
    println!("drop {:?}", t.elapsed());
    let engine = open();
    drop(engine);
    std::fs::remove_dir_all(dir.join("index")).unwrap();
    let c0 = cpu();
    let t = Instant::now();
    let engine = open();
    println!("rebuild {:?} cpu {:.2} {:?}", t.elapsed(), cpu() - c0, engine.report());
    drop(engine);
    drop(local);
    let _ = std::fs::remove_dir_all(&dir);
}
