#!/bin/bash -eu
# Every target of fuzz/, its seeds as a corpus, its dictionary if it has one.
cd "$SRC/active-active"
cargo fuzz build -O
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
    zip --junk-paths --quiet "$OUT/${target}_seed_corpus.zip" "fuzz/seeds/$target"/*
    if [ -f "fuzz/dictionaries/$target.dict" ]; then
        cp "fuzz/dictionaries/$target.dict" "$OUT/"
    fi
done
