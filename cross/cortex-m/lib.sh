# What `run` and `check` share: how images are built, started and looked at. To be sourced in
# this folder.

# Symbols of an image that a panic, its formatting or an allocator would bring, at most.
MOST_PANICS=0

export TIERS="measures faces" BOARDS="m4 m7"
target=thumbv7em-none-eabihf

machine() {
  case $1 in
    m4) echo mps2-an386 ;;
    m7) echo mps2-an500 ;;
    *) echo "there is no board $1: m4 or m7" >&2; return 2 ;;
  esac
}

features() {
  case $1 in
    measures) ;;
    faces) echo faces ;;
    *) echo "there is no tier $1: measures or faces" >&2; return 2 ;;
  esac
}

# Builds the firmware for a board and a tier; prints where the image is.
image() {
  machine "$1" >/dev/null
  RUSTFLAGS="-C target-cpu=cortex-$1" cargo build --quiet --locked --release --target $target \
    --target-dir "target/$1-$2" --no-default-features --features "$(features "$2")"
  echo "target/$1-$2/$target/release/edgecull-firmware"
}

# Builds the program for the desk, of a tier; prints where it is. With a target of Linux, for that.
desk() {
  cargo build --quiet --locked --release -p edgecull-judge-host --target-dir "target/desk-$1" \
    ${2:+--target "$2"} --no-default-features --features "$(features "$1")"
  echo "$PWD/target/desk-$1/${2:+$2/}release/edgecull-judge-host"
}

# Starts an image on a board, beside a picture that it knows as frame.jpg. What is left of the
# arguments goes to QEMU.
start() {
  local image board=$2 picture folder status=0
  image=$(realpath "$1") picture=$(realpath "$3")
  shift 3
  folder=$(mktemp -d)
  ln -s "$picture" "$folder/frame.jpg"
  (cd "$folder" && timeout 600 qemu-system-arm -M "$(machine "$board")" \
    -icount shift=0,align=off,sleep=off -nographic -monitor none -serial none \
    -semihosting-config enable=on,target=native "$@" -kernel "$image") || status=$?
  rm -r "$folder"
  return $status
}

# The same with a count of the instructions from the first byte to the verdict.
counted() {
  local log status=0
  (cd ../../benches/instructions && cargo build --quiet --locked --release -p insn-count)
  log=$(mktemp)
  start "$@" -plugin "$(realpath ../../benches/instructions/target/release/libinsn_count.so),from=count_from,to=count_to,top=0" \
    -d plugin -D "$log" || status=$?
  awk '$2 == "total" { print "instructions " $1 }' "$log"
  rm "$log"
  return $status
}

# Symbols that can panic, format or allocate, as lines.
panics() {
  arm-none-eabi-nm -C "$1" | grep -E \
    'rust_begin_unwind|core::panicking|core::fmt::|::(expect|unwrap)_failed|_fail(::h[0-9a-f]+)?$|__rust_alloc|__rg_alloc| malloc$' || true
}

# Fails if an image holds more of them than it may.
no_panics() {
  local found
  found=$(panics "$1")
  local count=0
  [ -z "$found" ] || count=$(wc -l <<<"$found")
  echo "symbols that can panic, format or allocate: $count, at most $MOST_PANICS"
  if [ "$count" -gt "$MOST_PANICS" ]; then
    echo "$found" >&2
    return 1
  fi
}
