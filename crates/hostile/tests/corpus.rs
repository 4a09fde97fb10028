//! All inputs that were kept keep their promises, each finding of the fuzzer among them. Needs no fuzzer.

use hostile::TARGETS;
use stack::layout::repository;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_kept_input_keeps_its_promise() {
    let corpus = repository().join("fuzz/corpus");
    let folders: BTreeSet<_> = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let known: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).into()).collect();
    assert_eq!(folders, known, "each target has a corpus, and each corpus a target");
    for (name, target) in TARGETS {
        let mut inputs = 0;
        for entry in fs::read_dir(corpus.join(name)).unwrap() {
            let path = entry.unwrap().path();
            let data = fs::read(&path).unwrap();
            let kept = std::panic::catch_unwind(|| target(&data));
            assert!(kept.is_ok(), "{} breaks the promise of `{name}`", path.display());
            inputs += 1;
        }
        assert!(inputs > 0, "`{name}` has no inputs");
    }
}
