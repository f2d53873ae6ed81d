//! Runs futures side by side on one task: the suite asks for no runtime.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// A future of the suite; it stays on its task.
pub(super) type Running<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Polls all until all are done; the results are in the order of the futures.
pub(super) async fn join_all<T>(futures: Vec<Running<'_, T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Some).collect();
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (slot, result) in futures.iter_mut().zip(&mut results) {
            if let Some(Poll::Ready(value)) = slot.as_mut().map(|future| future.as_mut().poll(context)) {
                *result = Some(value);
                *slot = None;
            }
        }
        if futures.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results.into_iter().map(|result| result.expect("every future is done")).collect()
}

/// Lets the others go on.
pub(super) async fn give_way() {
    let mut gave = false;
    poll_fn(|context| {
        if std::mem::replace(&mut gave, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
