//! What takes the bytes: a file, standard output, or a spool before one of them.

use std::io;

use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Stdout};

/// Bytes that leave a spool at once.
const PIECE: usize = 1 << 20;

/// What takes the bytes.
#[derive(Debug)]
pub(super) enum Out {
    File(File),
    Stdout(Stdout),
    /// A nameless file that holds everything back, until it is known to be fit for what comes behind it.
    Spool {
        spool: File,
        then: Box<Out>,
    },
}

impl Out {
    pub async fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) | Self::Spool { spool: file, .. } => file.write_all(piece).await,
            Self::Stdout(stdout) => stdout.write_all(piece).await,
        }
    }

    pub async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush().await,
            Self::Stdout(stdout) => stdout.flush().await,
            Self::Spool { spool, then } => {
                spool.flush().await?;
                spool.rewind().await?;
                let mut piece = vec![0; PIECE];
                loop {
                    match spool.read(&mut piece).await? {
                        0 => return Box::pin(then.flush()).await,
                        length => Box::pin(then.write(&piece[..length])).await?,
                    }
                }
            }
        }
    }
}
