//! Range reads agree with a slice of the same bytes, for random sizes, pieces and ranges.

use blob::{BlobStore, contract};
use proptest::prelude::*;
use testkit::SimDisk;

use crate::open;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn ranges_agree_with_a_slice(
        size in 0_usize..700_000,
        piece_bytes in 1_000_usize..300_000,
        cold: bool,
        ends in proptest::collection::vec((0_usize..720_000, 0_usize..720_000), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let disk = SimDisk::new();
            disk.set_cold(cold);
            let blobs = open(&disk);
            let bytes = contract::pattern(size, piece_bytes as u64);
            let id = contract::store(&blobs, &bytes, None, piece_bytes).await;
            let reader = blobs.open(&id).await.expect("opens");
            for (a, b) in ends {
                let (start, end) = (a.min(b).min(size), a.max(b).min(size));
                let read = contract::read(&*reader, start as u64..end as u64).await.expect("reads");
                assert!(read == bytes[start..end], "{start}..{end} of {size}");
            }
        });
    }
}
