//! The data folder: its lock, its `FORMAT` file, and small files written so that a crash leaves the old or the new one.

use std::io;
use std::path::Path;
use std::sync::Arc;

use disk::{Disk, LocalDisk};
use domain::Random;

use crate::StartError;

const FORMAT: &str = "FORMAT";
/// Version of the layout of the data folder.
const VERSION: u32 = 1;
/// Features that this version knows, one bit each; data with another bit is not opened.
const KNOWN_FEATURES: u64 = 0;
/// Longest small file, in bytes.
const FILE_MAX_BYTES: u64 = 1024 * 1024;
/// What may stand in a folder that has no `FORMAT` yet: what the first start makes before it, and what a file system of its
/// own begins with.
const BEFORE_FORMAT: [&str; 4] = ["LOCK", "FORMAT.new", ".gitignore", "lost+found"];

/// Opens or makes a data folder.
///
/// # Errors
/// [`StartError::Data`]: another process has it, it is something else's folder, or a newer version's.
pub(crate) fn open(folder: &Path, random: &dyn Random) -> Result<Arc<LocalDisk>, StartError> {
    let refuse = |what: String| StartError::data(folder, what);
    let disk = LocalDisk::open(folder).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => refuse("another larder process is using this folder".to_owned()),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            refuse("it, or a part of its path, is a file and not a folder".to_owned())
        }
        _ => refuse(format!("cannot be opened or made: {error}")),
    })?;
    match read(&disk, FORMAT).map_err(|error| refuse(error.to_string()))? {
        Some(text) => check(&text).map_err(refuse)?,
        None => {
            refuse_strangers(folder).map_err(refuse)?;
            let store_id = domain::random::hex::<16>(random);
            write(&disk, FORMAT, &format(&store_id)).map_err(|error| refuse(error.to_string()))?;
        }
    }
    Ok(Arc::new(disk))
}

/// Replaces a small file of the folder: durable when it returns.
///
/// # Errors
/// Any I/O error; the old file is then still there.
pub(crate) fn write(disk: &dyn Disk, name: &str, text: &str) -> io::Result<()> {
    let unfinished = format!("{name}.new");
    disk.remove(&unfinished)?;
    let file = disk.create(&unfinished, 0)?;
    file.write_at(0, text.as_bytes())?;
    file.sync()?;
    disk.rename(&unfinished, name)?;
    disk.sync_dir("")
}

/// Reads a small file of the folder.
///
/// # Errors
/// Any I/O error; `InvalidData` when it is too long or not text.
pub(crate) fn read(disk: &dyn Disk, name: &str) -> io::Result<Option<String>> {
    let file = match disk.open(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let length = file.len()?;
    if length > FILE_MAX_BYTES {
        return Err(invalid(format!("{name} has {length} bytes, {FILE_MAX_BYTES} are the most")));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    String::from_utf8(bytes).map(Some).map_err(|_| invalid(format!("{name} is not text")))
}

/// A new `FORMAT` file's text.
fn format(store_id: &str) -> String {
    let body =
        format!("larder data folder\nversion {VERSION}\nstore {store_id}\nfeatures {KNOWN_FEATURES:016x}\n");
    format!("{body}crc32c {:08x}\n", crc32c(body.as_bytes()))
}

/// Whether this version can work on the data.
fn check(text: &str) -> Result<(), String> {
    let damaged = || "its FORMAT file is damaged; put it back from a backup, do not delete it".to_owned();
    let (body, crc) = text.rsplit_once("crc32c ").ok_or_else(damaged)?;
    if u32::from_str_radix(crc.trim_end(), 16).ok() != Some(crc32c(body.as_bytes())) {
        return Err(damaged());
    }
    let value = |name: &str| body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let version: u32 = value("version").and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
    let features =
        value("features").and_then(|text| u64::from_str_radix(text, 16).ok()).ok_or_else(damaged)?;
    if version != VERSION || features & !KNOWN_FEATURES != 0 {
        return Err(format!(
            "it was written by another version of larder (format {version}, features {features:x}; this one knows \
             format {VERSION}, features {KNOWN_FEATURES:x})"
        ));
    }
    Ok(())
}

/// A folder that holds other things is somebody else's.
fn refuse_strangers(folder: &Path) -> Result<(), String> {
    for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        if !BEFORE_FORMAT.iter().any(|known| name == *known) {
            let name = name.to_string_lossy();
            return Err(format!("it is not a larder data folder, and not empty (it holds {name})"));
        }
    }
    Ok(())
}

fn crc32c(bytes: &[u8]) -> u32 {
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes);
    u32::try_from(sum).expect("a CRC-32 has 32 bits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    #[test]
    fn a_new_folder_is_made_and_opened_again() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/b");
        std::fs::create_dir_all(folder.join("lost+found")).unwrap();
        let disk = open(&folder, &SystemRandom).unwrap();
        let first = read(&*disk, FORMAT).unwrap().unwrap();
        let busy = open(&folder, &SystemRandom).err().unwrap().to_string();
        assert!(busy.contains("another larder process"), "{busy}");
        drop(disk);
        let disk = open(&folder, &SystemRandom).unwrap();
        assert_eq!(read(&*disk, FORMAT).unwrap().unwrap(), first);
    }

    #[test]
    fn small_files_are_replaced_whole() {
        let root = tempfile::tempdir().unwrap();
        let disk = open(root.path(), &SystemRandom).unwrap();
        for text in ["a long text of the first version", "short"] {
            write(&*disk, "x", text).unwrap();
            assert_eq!(read(&*disk, "x").unwrap().as_deref(), Some(text));
        }
        assert_eq!(read(&*disk, "y").unwrap(), None);
    }

    #[test]
    fn foreign_damaged_and_newer_folders_are_refused() {
        let root = tempfile::tempdir().unwrap();
        std::fs::File::create(root.path().join("thesis.doc")).unwrap();
        let file = open(&root.path().join("thesis.doc"), &SystemRandom).err().unwrap().to_string();
        assert!(file.contains("is a file and not a folder"), "{file}");
        let foreign = open(root.path(), &SystemRandom).err().unwrap().to_string();
        assert!(foreign.contains("thesis.doc"), "{foreign}");

        let good = format("00");
        assert_eq!(check(&good), Ok(()));
        assert!(check(&good.replace("version 1", "version 2")).unwrap_err().contains("damaged"));
        assert!(check("").unwrap_err().contains("damaged"));
        let body = "larder data folder\nversion 1\nstore 00\nfeatures 0000000000000002\n";
        let newer = format!("{body}crc32c {:08x}\n", crc32c(body.as_bytes()));
        assert!(check(&newer).unwrap_err().contains("another version"));
    }
}
