//! Compiled components on disk, so that a process starts without the compiler.
//!
//! A file is machine code: whoever can write it can run what they like in this process. So the directory must be
//! writable only by those whom one would let do that, as wasmtime says of its own cache. The digest in each file finds
//! accidents, which are cut off files, flipped bits and files under another's name; it is no signature.
//!
//! A file's name is the digest of the component and of all that its machine code depends on: wasmtime's version, the
//! machine and the engine's configuration. So none is ever out of date, and the directory may be emptied at any time.
//! Nothing is removed from it: files of older versions stay until somebody does that.

use crate::component::{Origin, compile};
use crate::error::Error;
use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The first bytes of a file. Another layout gets another number.
const MAGIC: &[u8] = b"headroom-cache 1\n";
const DIGEST: usize = 32;
/// A file larger than this is none of ours, and is not read to its end. The client's, the larger one, has some 1.5 MB.
const MOST_BYTES: u64 = 64 << 20;
const INSTEAD: &str = "choose a directory for the cache that this process may read and write";

#[derive(Debug)]
pub(crate) struct Cache(PathBuf);

impl Cache {
    /// Makes the directory if there is none.
    pub(crate) fn open(directory: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(directory).map_err(|error| Error::of_file(directory, error, INSTEAD))?;
        Ok(Self(directory.to_owned()))
    }

    /// The component from its file, or compiled and then written there.
    pub(crate) fn load(&self, engine: &Engine, bytes: &[u8]) -> Result<(Component, Origin), Error> {
        let key = key(engine, bytes);
        let name: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.0.join(name + ".cwasm");
        let because = match read(&path).map_err(|error| Error::of_file(&path, error, INSTEAD))? {
            None => None,
            Some(file) => match open(engine, &key, &file) {
                Ok(component) => return Ok((component, Origin::Cached)),
                Err(because) => Some(because),
            },
        };
        let component = compile(engine, bytes)?;
        let code = component.serialize().map_err(Error::Engine)?;
        write(&path, &key, &code).map_err(|error| Error::of_file(&path, error, INSTEAD))?;
        Ok((component, because.map_or(Origin::Compiled, |because| Origin::Replaced { because })))
    }
}

type Key = [u8; DIGEST];

fn key(engine: &Engine, bytes: &[u8]) -> Key {
    /// What wasmtime tells a hasher, told to a digest: it has to be the same in each process.
    struct Told(Sha256);

    impl Hasher for Told {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            0 // nobody asks
        }
    }

    let mut told = Told(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut told);
    told.0.update(Sha256::digest(bytes));
    told.0.finalize().into()
}

/// Over the key too, so that a file does not pass under another's name.
fn digest(key: &Key, code: &[u8]) -> Key {
    Sha256::new().chain_update(key).chain_update(code).finalize().into()
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The component in a file, or what is wrong with the file. Nothing of it is used before its digest was found right.
fn open(engine: &Engine, key: &Key, file: &[u8]) -> Result<Component, String> {
    let rest = file.strip_prefix(MAGIC).ok_or("it does not begin as a file of the cache does")?;
    let (found, code) = rest.split_at_checked(DIGEST).ok_or("it is cut off")?;
    if found != digest(key, code) {
        return Err("its digest is another".to_owned());
    }
    deserialize(engine, code).map_err(|error| format!("wasmtime does not take it: {error}"))
}

#[allow(unsafe_code, reason = "the only way that wasmtime has; the caller has checked the digest")]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` has to be what `Component::serialize` gave, unchanged. Its digest was taken of exactly that when
    // the file was written, and was checked on these bytes, which nobody else can change any more. Files that somebody
    // forged are ruled out by who may write to the directory, which the documentation asks of whoever names it.
    unsafe { Component::deserialize(engine, code) }
}

/// Under a name of its own first, then in place at once: a reader sees all of a file or none, whoever else writes it.
fn write(path: &Path, key: &Key, code: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    // As other files: one process may fill the cache and another, of another user, only read it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.prefix("unfinished-").tempfile_in(path.parent().unwrap_or(path))?;
    file.write_all(MAGIC)?;
    file.write_all(&digest(key, code))?;
    file.write_all(code)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
