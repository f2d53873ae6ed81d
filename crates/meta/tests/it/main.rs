//! The memory engine against the contract.

use std::sync::Arc;

use meta::{Engine, MemoryEngine, contract};

#[tokio::test]
async fn the_memory_engine_keeps_the_contract() {
    contract::all(async || Arc::new(MemoryEngine::new()) as Arc<dyn Engine>).await;
}

#[tokio::test]
async fn one_engine_serves_every_behaviour() {
    let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
    contract::all(async || Arc::clone(&engine)).await;
}

/// The suite runs its races on one task; here threads run them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_find_one_winner() {
    use meta::{Batch, Check, Write, WriteId};
    let engine: Arc<dyn Engine> = Arc::new(MemoryEngine::new());
    let mut racers = tokio::task::JoinSet::new();
    for n in 0..32_u8 {
        let engine = Arc::clone(&engine);
        racers.spawn(async move {
            let put = Write::Put {
                key: b"row".to_vec(),
                value: vec![n].into(),
                body: None,
                external: false,
                displaced_to: None,
            };
            let check = Check::Absent(b"row".to_vec());
            engine
                .commit(Batch { write_id: WriteId([n; 16]), checks: vec![check], writes: vec![put] })
                .await
                .is_ok()
        });
    }
    let won = racers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
}
