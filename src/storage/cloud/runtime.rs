//! The runtime of all connections to stores.

use std::sync::{LazyLock, mpsc};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::task::TaskTracker;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("object-store").enable_all();
    builder.build().expect("a thread for connections to object stores")
});

/// Work that removes what a failed run would leave behind.
static CLEAN_UPS: LazyLock<TaskTracker> = LazyLock::new(|| {
    let tracker = TaskTracker::new();
    tracker.close();
    tracker
});

/// Removes what a failed run would leave behind, without waiting for it.
pub(crate) fn clean_up(work: impl Future<Output = ()> + Send + 'static) {
    CLEAN_UPS.spawn_on(work, RUNTIME.handle());
}

/// Waits until everything is cleaned up, but not longer than this.
pub(crate) async fn cleaned_up(longest: Duration) {
    let _ = tokio::time::timeout(longest, CLEAN_UPS.wait()).await;
}

/// The same on any thread, however long it takes.
#[cfg(test)]
pub(crate) fn wait_for_clean_ups() {
    wait(CLEAN_UPS.wait());
}

pub(super) fn handle() -> Handle {
    RUNTIME.handle().clone()
}

/// Waits for async work, on any thread: the work runs on the runtime of the connections.
pub(super) fn wait<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (sender, receiver) = mpsc::sync_channel(1);
    let task = RUNTIME.spawn(async move {
        let _ = sender.send(work.await);
    });
    receiver.recv().unwrap_or_else(|_| {
        // The task has panicked.
        let panic = RUNTIME.block_on(task).err().and_then(|error| error.try_into_panic().ok());
        std::panic::resume_unwind(panic.unwrap_or_else(|| Box::new("the runtime has ended")))
    })
}
