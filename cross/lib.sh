# What `build`, `check` and `debian` share: the boards, how a binary for one is built, and what
# must be true of it. To be sourced; the working directory must be the root of the repository.

# A board's program holds all networks and is copied over slow wires: 10 MiB at most.
most_bytes=$((10 * 1024 * 1024))

# How long a function may be, in LLVM's units, to be copied to where it is called; 225 is what it
# takes by itself. What must be part of a loop says so in the source, so that a lower figure takes
# more than 1 MB of a program away and no speed: a frame's verdict takes as many instructions.
longest_inlined=50

# Board, target, processor to tune for, features that it lacks, processor in QEMU, what it is.
#
# LLVM takes AES and SHA for granted on every Cortex-A53 and A72, but Broadcom left them out of
# the Pi's: code that trusts what it was compiled for would die there of an illegal instruction.
boards() {
  cat <<'BOARDS'
pi-zero2  aarch64-unknown-linux-musl       cortex-a53    -aes,-sha2  cortex-a53  Raspberry Pi Zero 2 W and 3, 64 bits
pi4       aarch64-unknown-linux-musl       cortex-a72    -aes,-sha2  cortex-a72  Raspberry Pi 4 and 400, 64 bits
pi5       aarch64-unknown-linux-musl       cortex-a76    -           cortex-a76  Raspberry Pi 5 and 500
jetson    aarch64-unknown-linux-musl       cortex-a78ae  -           cortex-a76  Jetson Orin
arm64     aarch64-unknown-linux-musl       generic       -           cortex-a53  any 64-bit ARM
pi-32bit  armv7-unknown-linux-musleabihf   cortex-a7     -           cortex-a7   Raspberry Pi 2 to 4, 32 bits
armhf     armv7-unknown-linux-musleabihf   generic       -           cortex-a7   any ARMv7 with a floating-point unit
pc        x86_64-unknown-linux-musl        x86-64        -           -           any 64-bit PC
BOARDS
}

# Their names, as a sentence wants them.
names() { boards | awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $1 } END { print "" }'; }

say() { printf '%s\n' "$*" >&2; }

# Ends with a sentence.
stop() {
  say "$*"
  exit 1
}

# Sets what is known of a board: board, triple, tune, lacks, qemu_cpu, title.
board() {
  local known
  known=$(boards | awk -v board="$1" '$1 == board')
  [ -n "$known" ] || stop "there is no board '$1': $(names)"
  read -r board triple tune lacks qemu_cpu title <<<"$known"
  [ "$lacks" != - ] || lacks=
}

# What runs a board's programs here.
emulator() {
  case $triple in
    aarch64-*) echo "qemu-aarch64 -cpu $1" ;;
    armv7-*) echo "qemu-arm -cpu $1" ;;
    x86_64-*) [ "$(uname -m)" = x86_64 ] || echo qemu-x86_64 ;;
  esac
}

# What the compiler is told about a board's processor.
tuning() {
  printf -- '-C target-cpu=%s' "$tune"
  [ -z "$lacks" ] || printf -- ' -C target-feature=%s' "$lacks"
}

# Whether Rust's standard library for a target is here, or could be had.
have_target() {
  [ -z "$(find "$(rustc --print target-libdir --target "$1")" -name 'libstd-*.rlib' 2>/dev/null)" ] || return 0
  command -v rustup >/dev/null && rustup target add "$1" >/dev/null 2>&1
}

# Whether any of these programs is here; prints the first.
first() {
  local program
  for program; do
    if command -v "$program" >/dev/null; then
      echo "$program"
      return
    fi
  done
  return 1
}

# A number of `$3` bytes at byte `$2` of a file, little-endian.
number() { od -An -v --endian=little -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# Whether a program asks for an interpreter, which is how dynamic linking begins.
is_dynamic() {
  local class table size count at i
  class=$(number "$1" 4 1)
  if [ "$class" = 2 ]; then
    table=$(number "$1" 32 8) size=$(number "$1" 54 2) count=$(number "$1" 56 2)
  else
    table=$(number "$1" 28 4) size=$(number "$1" 42 2) count=$(number "$1" 44 2)
  fi
  for ((i = 0; i < count; i++)); do
    at=$((table + i * size))
    [ "$(number "$1" "$at" 4)" != 3 ] || return 0
  done
  return 1
}

# Fails unless a file is a program for a target.
is_for() {
  local machine
  case $2 in
    aarch64-*) machine=183 ;;
    armv7-*) machine=40 ;;
    x86_64-*) machine=62 ;;
  esac
  [ "$(od -An -c -N 4 "$1" | tr -d ' ')" = '177ELF' ] && [ "$(number "$1" 18 2)" = "$machine" ] ||
    stop "$1 is no program for $2"
}

# A C compiler for the target, which the FTP server's cryptography (ring) is built with. It
# needs no C library, only the compiler's own headers.
c_compiler() {
  local native=
  [ "${triple%%-*}" != "$(uname -m)" ] || native=cc
  case $triple in
    aarch64-*-gnu) first aarch64-linux-gnu-gcc $native ;;
    armv7-*-gnueabihf) first arm-linux-gnueabihf-gcc ;;
    x86_64-*-gnu) first $native x86_64-linux-gnu-gcc ;;
    aarch64-*) first clang aarch64-linux-musl-gcc aarch64-linux-gnu-gcc $native ;;
    armv7-*) first clang arm-linux-musleabihf-gcc arm-linux-gnueabihf-gcc ;;
    x86_64-*) first $native musl-gcc clang x86_64-linux-gnu-gcc ;;
  esac
}

# Decides how a board's binary is built: triple, flags (for rustc), linker, compiler (for C, if
# any), static. `$1` is the C library, musl or gnu.
plan() {
  flags="$(tuning) -C llvm-args=-inline-threshold=$longest_inlined" static=yes linker=
  if [ "$1" = gnu ]; then
    triple=${triple/musl/gnu} static=
  elif [ "$triple" = armv7-unknown-linux-musleabihf ] && ! have_target "$triple"; then
    triple=armv7-unknown-linux-gnueabihf
    flags+=' -C target-feature=+crt-static'
    say "no Rust library for armv7-unknown-linux-musleabihf can be had here: linking glibc statically instead"
  fi
  have_target "$triple" ||
    stop "Rust's library for $triple is missing: \`rustup target add $triple\` says why it could not be had"
  compiler=$(c_compiler) || compiler=
  if [[ $triple == *-musl* ]]; then
    linker=rust-lld
    # Code that is there twice is kept once: Rust promises nothing about addresses of functions.
    flags+=' -C link-arg=--icf=all'
    # Where a program may lie anywhere, a bit for each address to set right, not 24 bytes.
    flags+=' -C link-arg=--pack-dyn-relocs=relr'
  elif [ -n "$compiler" ]; then
    linker=$compiler
  else
    case $triple in
      aarch64-*) stop "aarch64-linux-gnu-gcc is missing as a linker: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
      armv7-*) stop "arm-linux-gnueabihf-gcc is missing as a linker: apt-get install gcc-arm-linux-gnueabihf libc6-dev-armhf-cross" ;;
      *) stop "cc is missing as a linker: apt-get install gcc libc6-dev" ;;
    esac
  fi
  first cc gcc clang >/dev/null ||
    stop "cc is missing, with which Rust links what runs on this machine while it builds: apt-get install gcc libc6-dev"
}

# Builds the planned binary, with the features given, and sets `binary` to where it is. Each
# board has a folder of its own, as flags differ.
compile() {
  local folder=$1 features=$2 upper under=${triple//-/_} home=${CARGO_HOME:-$HOME/.cargo}
  upper=${under^^}
  # The same program wherever it is built: no path of this machine is in it.
  # shellcheck disable=SC2206 # flags are words
  local words=(${RUSTFLAGS:-} $flags "--remap-path-prefix=$home=/cargo" "--remap-path-prefix=$PWD=/edgecull")
  (
    export "CARGO_TARGET_${upper}_LINKER=$linker"
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf %s "${words[*]}")
    export CARGO_ENCODED_RUSTFLAGS
    if [ -n "$compiler" ]; then
      local archiver
      archiver=$(first llvm-ar ar) || archiver=
      [[ $compiler != *-gcc ]] || archiver=$(first "${compiler%gcc}ar" ar) || archiver=
      # What a distribution's compiler adds by itself calls functions that only its own C
      # library has.
      export "CC_$under=$(printenv "CC_$under" || echo "$compiler")"
      export "AR_$under=$(printenv "AR_$under" || echo "$archiver")"
      export "CFLAGS_$under=$(printenv "CFLAGS_$under" || echo "-U_FORTIFY_SOURCE -fno-stack-protector")"
    fi
    cargo build --locked --profile board -p edgecull --no-default-features ${features:+--features "$features"} \
      --target "$triple" --target-dir "$folder"
  )
  binary=$folder/edgecull
  # As one step: whoever copies it at this moment has the old one or the new.
  cp "$folder/$triple/board/edgecull" "$binary.new"
  mv "$binary.new" "$binary"
}

# Fails unless a binary is what was planned: for its target, static if it should be, small.
inspect() {
  local bytes
  bytes=$(stat -c %s "$1")
  is_for "$1" "$triple"
  [ -z "$static" ] || ! is_dynamic "$1" || stop "$1 is not static"
  [ "$bytes" -le "$most_bytes" ] || stop "$1 has $bytes bytes, and $most_bytes is the most it may have"
}

# The folder that builds of a board go to.
folder_of() { echo "$(realpath -m "${CARGO_TARGET_DIR:-target}")/cross/$1"; }

# Installs Debian packages; each argument is `TEST:PACKAGE`, where TEST is a program or a file.
need() {
  local pair test missing=()
  for pair; do
    test=${pair%%:*}
    case $test in
      /*) [ -e "$test" ] || missing+=("${pair#*:}") ;;
      *) command -v "$test" >/dev/null || missing+=("${pair#*:}") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
