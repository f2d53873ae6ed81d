//! The local file system: direct writes past the page cache, reads through it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSliceMut};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, OFlags};
use rustix::io::{Errno, ReadWriteFlags};

use crate::{Disk, DiskFile, SECTOR_BYTES};

/// A folder of the local file system, locked for this process while it is open.
pub struct LocalDisk {
    root: PathBuf,
    _lock: File,
}

impl LocalDisk {
    /// Opens or creates the folder (mode 0700) and takes its lock.
    ///
    /// # Errors
    /// `WouldBlock` when another process holds the lock; any other I/O error.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let root = root.into();
        let mut missing = Vec::new();
        for folder in root.ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
            if folder.try_exists()? {
                break;
            }
            missing.push(folder);
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&root)?;
        // what is acknowledged here must not go with the name of a folder that was just made
        for made in missing {
            sync_parent(made)?;
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(root.join("LOCK"))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { root, _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn open_with(&self, name: &str, create: bool) -> io::Result<LocalFile> {
        let path = self.root.join(name);
        let cached = OpenOptions::new().read(true).write(true).create_new(create).mode(0o600).open(&path)?;
        let direct_flag = i32::try_from(OFlags::DIRECT.bits()).expect("O_DIRECT is a small flag");
        // some file systems (tmpfs) know no direct I/O: writes then go through the page cache
        let direct = OpenOptions::new().write(true).custom_flags(direct_flag).open(&path).ok();
        Ok(LocalFile { cached, direct })
    }
}

impl Disk for LocalDisk {
    fn create(&self, name: &str, reserve_bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.open_with(name, true)?;
        if reserve_bytes > 0
            && let Err(error) = reserve(&file.cached, reserve_bytes)
        {
            drop(file);
            self.remove(name)?;
            return Err(error);
        }
        Ok(Arc::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(self.open_with(name, false)?))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the port that the ban points to")]
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.root.join(from), self.root.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.root.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn create_dir(&self, name: &str) -> io::Result<()> {
        fs::create_dir_all(self.root.join(name))?;
        let mut parent = Path::new(name).parent();
        while let Some(dir) = parent {
            File::open(self.root.join(dir))?.sync_all()?;
            parent = dir.parent();
        }
        Ok(())
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.root.join(dir)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        File::open(self.root.join(dir))?.sync_all()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.root)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// Makes a folder's name durable in the folder that holds it.
fn sync_parent(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Sets space aside; a file system without fallocate gets a file of that length.
fn reserve(file: &File, bytes: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => file.set_len(bytes),
        other => Ok(other?),
    }
}

struct LocalFile {
    cached: File,
    direct: Option<File>,
}

impl DiskFile for LocalFile {
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let aligned = offset.is_multiple_of(SECTOR_BYTES as u64)
            && data.len().is_multiple_of(SECTOR_BYTES)
            && data.as_ptr().align_offset(SECTOR_BYTES) == 0;
        match &self.direct {
            Some(direct) if aligned => direct.write_all_at(data, offset),
            _ => self.cached.write_all_at(data, offset),
        }
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < out.len() {
            match self.cached.read_at(&mut out[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn read_cached_at(&self, offset: u64, out: &mut [u8]) -> io::Result<Option<usize>> {
        let wanted = out.len();
        match rustix::io::preadv2(&self.cached, &mut [IoSliceMut::new(out)], offset, ReadWriteFlags::NOWAIT) {
            Ok(n) if n == wanted => Ok(Some(n)),
            // a short answer is the end of the file or the end of what is in memory: let the caller wait to know which
            Ok(_) | Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        self.cached.sync_data()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.cached.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.cached.metadata()?.len())
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}
