#!/bin/sh
# Copies what the programs of the image need into a directory: their bundles, and no dependencies.
set -eu
source=$(dirname "$(readlink -f "$0")")/..
target=$1

for package in sync validate; do
  mkdir -p "$target/packages/$package/dist"
  cp "$source/packages/$package/package.json" "$target/packages/$package/"
  for file in bin.js bundle.cjs bundle.code; do
    cp "$source/packages/$package/dist/$file" "$target/packages/$package/dist/"
  done
done

# Each program loads its bundle with one module of core.
mkdir -p "$target/packages/core/dist/cli" "$target/node_modules/@pilot-light" "$target/image"
cp "$source/packages/core/package.json" "$target/packages/core/"
cp "$source/packages/core/dist/cli/bundle.js" "$target/packages/core/dist/cli/"
ln -sfn ../../packages/core "$target/node_modules/@pilot-light/core"
cp "$source/image/pilot-light" "$target/image/"
