use super::*;

fn read(disk: &SimDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).expect("opens");
    let mut out = vec![0; usize::try_from(file.len().expect("len")).expect("small")];
    assert_eq!(file.read_at(0, &mut out).expect("reads"), out.len());
    out
}

/// Every state that 200 power cuts leave, as text of what `show` sees.
fn outcomes(disk: &SimDisk, show: impl Fn(&SimDisk) -> String) -> Vec<String> {
    let mut seen: Vec<String> =
        (0..200).map(|seed| show(&disk.kill_process_copy().power_cut(&SeededRandom::new(seed)))).collect();
    seen.sort();
    seen.dedup();
    seen
}

impl SimDisk {
    /// A copy that leaves the original in use.
    fn kill_process_copy(&self) -> Self {
        let old = self.state();
        let mut nodes = old.nodes.clone();
        nodes.values_mut().for_each(|node| node.handles = 0);
        let state = State { names: old.names.clone(), nodes, next_id: old.next_id, ..State::default() };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }
}

#[test]
fn what_is_synced_survives_and_nothing_else_is_sure() {
    let disk = SimDisk::new();
    let file = disk.create("a", 0).expect("creates");
    file.write_at(0, b"durable").expect("writes");
    file.sync().expect("syncs");
    disk.sync_dir("").expect("syncs");
    file.write_at(0, b"changed").expect("writes");
    let seen = outcomes(&disk, |after| String::from_utf8(read(after, "a")).expect("text"));
    assert_eq!(seen, ["changed", "durable"]);
    assert_eq!(read(&disk, "a"), b"changed", "the live disk is not touched by what might have been");
}

#[test]
fn pages_of_one_write_survive_each_by_itself() {
    let disk = SimDisk::new();
    let file = disk.create("a", 3 * 4096).expect("creates");
    file.sync().expect("syncs");
    disk.sync_dir("").expect("syncs");
    file.write_at(0, &[b'x'; 3 * 4096]).expect("writes");
    let seen = outcomes(&disk, |after| {
        let bytes = read(after, "a");
        assert!(bytes.chunks(4096).all(|page| page.iter().all(|b| *b == page[0])), "no page is torn");
        bytes.chunks(4096).map(|page| if page[0] == b'x' { 'x' } else { '-' }).collect()
    });
    assert_eq!(seen, ["---", "--x", "-x-", "-xx", "x--", "x-x", "xx-", "xxx"]);
}

#[test]
fn lengths_survive_by_themselves() {
    let disk = SimDisk::new();
    let file = disk.create("a", 0).expect("creates");
    file.write_at(0, &[b'x'; 5000]).expect("writes");
    file.sync().expect("syncs");
    disk.sync_dir("").expect("syncs");
    file.set_len(10).expect("cuts");
    file.set_len(20).expect("extends");
    assert_eq!(read(&disk, "a"), [&[b'x'; 10][..], &[0; 10]].concat(), "what was cut off does not come back");
    let seen = outcomes(&disk, |after| read(after, "a").len().to_string());
    assert_eq!(seen, ["10", "20", "5000"]);
}

#[test]
fn a_name_is_durable_after_its_folder_is_synced() {
    let disk = SimDisk::new();
    disk.create_dir("d/e").expect("creates");
    disk.create("d/e/f", 0).expect("creates").sync().expect("syncs");
    assert_eq!(outcomes(&disk, |after| after.files().concat()), ["", "d/e/f"]);
    disk.sync_dir("d/e").expect("syncs");
    assert_eq!(outcomes(&disk, |after| after.files().concat()), ["d/e/f"]);
    disk.remove("d/e/f").expect("removes");
    disk.remove("d/e/f").expect("a missing file is no error");
    assert_eq!(disk.list("d/e").expect("lists"), [""; 0]);
    assert_eq!(outcomes(&disk, |after| after.files().concat()), ["", "d/e/f"]);
    disk.sync_dir("d/e").expect("syncs");
    assert_eq!(outcomes(&disk, |after| after.files().concat()), [""]);
}

#[test]
fn a_rename_is_atomic_and_durable_with_either_folder() {
    let disk = SimDisk::new();
    disk.create_dir("tmp").expect("creates");
    disk.create_dir("big").expect("creates");
    let file = disk.create("tmp/a", 0).expect("creates");
    file.write_at(0, b"1").expect("writes");
    file.sync().expect("syncs");
    disk.rename("tmp/a", "big/b").expect("renames");
    assert_eq!(outcomes(&disk, |after| after.files().join(" ")), ["", "big/b", "tmp/a"]);
    disk.sync_dir("big").expect("syncs");
    // the creation under the old name was never synced, and must not come back beside the new one
    assert_eq!(outcomes(&disk, |after| after.files().join(" ")), ["big/b"]);
    assert_eq!(disk.list("big").expect("lists"), ["b"]);

    let other = disk.create("tmp/c", 0).expect("creates");
    other.write_at(0, b"2").expect("writes");
    other.sync().expect("syncs");
    disk.sync_dir("tmp").expect("syncs");
    disk.rename("tmp/c", "big/b").expect("replaces");
    let seen = outcomes(&disk, |after| {
        format!("{} {}", after.files().join(" "), String::from_utf8(read(after, "big/b")).expect("text"))
    });
    assert_eq!(seen, ["big/b 2", "big/b tmp/c 1"]);
    assert_eq!(file.len().expect("the replaced file is still open"), 1);
}

/// A name is one entry of a folder: when only the second of two renames survives, it has nothing to move.
#[test]
fn a_file_never_has_two_names() {
    let disk = SimDisk::new();
    disk.create("a", 0).expect("creates");
    disk.sync_dir("").expect("syncs");
    disk.rename("a", "b").expect("renames");
    disk.rename("b", "c").expect("renames");
    assert_eq!(outcomes(&disk, |after| after.files().join(" ")), ["a", "b", "c"]);
}

#[test]
fn a_seed_replays_a_power_cut() {
    let run = |seed| {
        let disk = SimDisk::new();
        for n in 0..20 {
            let file = disk.create(&format!("f{n}"), 0).expect("creates");
            file.write_at(0, &[n; 9000]).expect("writes");
        }
        let after = disk.power_cut(&SeededRandom::new(seed));
        assert!(disk.list("").is_err(), "old handles are dead");
        after.files().iter().map(|name| (name.clone(), read(&after, name))).collect::<Vec<_>>()
    };
    assert!(run(7) == run(7));
    assert!((0..20).any(|seed| run(seed) != run(7)));
}

#[test]
fn a_killed_process_loses_nothing_that_was_written() {
    let disk = SimDisk::new();
    let file = disk.create("a", 0).expect("creates");
    file.write_at(0, b"unsynced").expect("writes");
    let after = disk.kill_process();
    assert!(file.write_at(0, b"late").is_err());
    drop(file);
    assert_eq!(read(&after, "a"), b"unsynced");
    after.open("a").expect("opens").sync().expect("syncs");
    after.sync_dir("").expect("syncs");
    assert_eq!(read(&after.power_cut(&SeededRandom::new(0)), "a"), b"unsynced");
}

#[test]
fn the_power_goes_at_the_chosen_operation() {
    for (ops, syncs, expected) in [(Some(2), None, 2), (None, Some(1), 3)] {
        let disk = SimDisk::new();
        if let Some(n) = ops {
            disk.fail_after_ops(n);
        }
        if let Some(n) = syncs {
            disk.fail_after_syncs(n);
        }
        let steps = || -> io::Result<()> {
            let file = disk.create("a", 0)?;
            file.write_at(0, b"1")?;
            file.sync()?;
            disk.sync_dir("")
        };
        assert!(steps().is_err());
        assert!(disk.is_power_gone());
        assert_eq!(disk.stats().ops, expected);
        assert!(disk.open("a").is_err());
        assert!(disk.free_bytes().is_err());
    }
}

#[test]
fn the_write_that_met_the_power_cut_may_be_there() {
    let disk = SimDisk::new();
    let file = disk.create("a", 1).expect("creates");
    file.sync().expect("syncs");
    disk.sync_dir("").expect("syncs");
    disk.fail_after_ops(0);
    assert!(file.write_at(0, b"x").is_err());
    assert_eq!(outcomes(&disk, |after| format!("{:?}", read(after, "a"))), ["[0]", "[120]"]);
}

#[test]
fn space_runs_out_and_comes_back() {
    let disk = SimDisk::new();
    let file = disk.create("a", 0).expect("creates");
    disk.set_free_bytes(8192);
    let full =
        |result: io::Result<()>| assert_eq!(result.map_err(|e| e.kind()), Err(io::ErrorKind::StorageFull));
    full(file.write_at(0, &[1; 8193]));
    full(file.set_len(8193));
    full(disk.create("b", 8193).map(|_| ()));
    assert_eq!(disk.files(), ["a"]);
    file.write_at(0, &[1; 8192]).expect("fits");
    file.write_at(0, &[2; 8192]).expect("an overwrite needs no space");
    assert_eq!(disk.free_bytes().expect("free"), 0);
    disk.create("c", 0).expect("an empty file fits");
    disk.remove("a").expect("removes");
    assert_eq!(disk.free_bytes().expect("free"), 0, "an open file keeps its space");
    assert_eq!(file.read_at(0, &mut [0; 10]).expect("and is read"), 10);
    drop(file);
    assert_eq!(disk.free_bytes().expect("free"), 8192);
}

#[test]
fn a_failed_sync_loses_its_bytes_for_good() {
    let disk = SimDisk::new();
    let file = disk.create("a", 0).expect("creates");
    disk.sync_dir("").expect("syncs");
    file.write_at(0, b"1").expect("writes");
    disk.fail_next_sync();
    assert!(file.sync().is_err());
    file.sync().expect("the second says done");
    assert_eq!(read(&disk, "a"), b"1", "and the cache agrees");
    assert!(outcomes(&disk, |after| format!("{:?}", read(after, "a"))).iter().all(|bytes| bytes != "[49]"));
    disk.fail_next_sync_dir();
    disk.create("b", 0).expect("creates");
    assert!(disk.sync_dir("").is_err());
    disk.sync_dir("").expect("the second says done");
    assert_eq!(outcomes(&disk, |after| after.files().concat()), ["a"]);
    disk.fail_next_write();
    assert!(file.write_at(0, b"2").is_err());
    assert_eq!(read(&disk, "a"), b"1");
}

#[test]
fn damage_is_seen_by_readers_and_after_a_power_cut() {
    let disk = SimDisk::new();
    let file = disk.create("a", 0).expect("creates");
    file.write_at(0, &[0; 5000]).expect("writes");
    file.sync().expect("syncs");
    disk.sync_dir("").expect("syncs");
    disk.corrupt("a", 4999, |bytes| bytes[0] ^= 1);
    assert_eq!(read(&disk, "a")[4999], 1);
    assert_eq!(read(&disk.power_cut(&SeededRandom::new(0)), "a")[4999], 1);
}

#[test]
fn a_cold_disk_has_nothing_in_memory() {
    let disk = SimDisk::new();
    let file = disk.create("a", 10).expect("creates");
    assert_eq!(file.read_cached_at(0, &mut [0; 10]).expect("reads"), Some(10));
    assert_eq!(file.read_cached_at(5, &mut [0; 10]).expect("reads"), None, "short answers are for read_at");
    disk.set_cold(true);
    assert_eq!(file.read_cached_at(0, &mut [0; 10]).expect("reads"), None);
    assert_eq!(file.read_at(5, &mut [0; 10]).expect("reads"), 5);
}

#[test]
fn held_writes_wait() {
    let disk = SimDisk::new();
    let file = disk.create("a", 0).expect("creates");
    disk.hold_writes();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| file.write_at(0, b"1"));
        disk.wait_for_held_writes(1);
        assert_eq!(file.len().expect("len"), 0);
        disk.release_writes();
        writer.join().expect("no panic").expect("writes");
    });
    assert_eq!(read(&disk, "a"), b"1");
    assert_eq!(disk.stats().writes, 1);
}

#[test]
fn names_can_be_waited_for() {
    let disk = SimDisk::new();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| disk.wait_for_files(|files| files == ["b"]));
        disk.create("a", 0).expect("creates");
        disk.rename("a", "b").expect("renames");
        waiter.join().expect("the name comes");
        let waiter = scope.spawn(|| disk.wait_for_files(<[String]>::is_empty));
        disk.remove("b").expect("removes");
        waiter.join().expect("the name goes");
    });
    assert_eq!(disk.files(), [""; 0]);
}

#[test]
fn files_are_where_they_were_made() {
    let disk = SimDisk::new();
    assert!(disk.create("no/folder", 0).is_err());
    assert!(disk.sync_dir("no").is_err());
    disk.create("a", 0).expect("creates");
    assert_eq!(disk.create("a", 0).map(|_| ()).map_err(|e| e.kind()), Err(io::ErrorKind::AlreadyExists));
    assert!(disk.rename("b", "c").is_err());
    assert!(disk.rename("a", "no/folder").is_err());
    assert_eq!(disk.open("b").map(|_| ()).map_err(|e| e.kind()), Err(io::ErrorKind::NotFound));
    assert_eq!(disk.list("no").expect("a missing folder is empty"), [""; 0]);
}
