//! Reads a file or an object.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;

use super::cloud::{Address, Object, ObjectStream};
use crate::platform;

/// A file or an object that is read from its start, or anywhere.
#[derive(Debug)]
pub(crate) enum Source {
    File(File),
    Object(Object, Option<ObjectStream>),
}

impl Source {
    /// Opens a file or an object.
    pub fn open(path: &Path) -> io::Result<Self> {
        match Address::of(path)? {
            Some(address) => Ok(Self::Object(Object::open(address)?, None)),
            None => File::open(path).map(Self::File),
        }
    }

    /// Opens a regular file or an object to read all of it. Never blocks, as opening a pipe would.
    pub fn open_regular(path: &Path) -> io::Result<Self> {
        match Address::of(path)? {
            Some(address) => Object::read(address).map(|(object, stream)| Self::Object(object, Some(stream))),
            None => platform::open_regular(path).map(Self::File),
        }
    }

    /// Its size in bytes.
    pub fn size(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Object(object, _) => Ok(object.size()),
        }
    }

    /// Reads from a position on. An object is read in blocks, which are kept for a while.
    pub fn read_from(&self, start: u64) -> io::Result<Box<dyn Read>> {
        match self {
            Self::File(file) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(start))?;
                Ok(Box::new(BufReader::new(file)))
            }
            Self::Object(object, _) => Ok(Box::new(object.blocks_from(start))),
        }
    }

    /// The bytes at a position.
    pub fn read_at(&self, start: u64, length: usize) -> io::Result<Bytes> {
        let mut bytes = Vec::with_capacity(length);
        let read = match self {
            Self::File(file) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(start))?;
                file.take(length as u64).read_to_end(&mut bytes)?
            }
            Self::Object(..) => self.read_from(start)?.take(length as u64).read_to_end(&mut bytes)?,
        };
        if read < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes.into())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Object(object, stream) => match stream {
                Some(stream) => stream.read(buffer),
                None => stream.insert(object.stream()?).read(buffer),
            },
        }
    }
}
