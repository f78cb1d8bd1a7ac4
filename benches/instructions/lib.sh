# shellcheck shell=bash
# How the program is built and run on each processor. To be sourced in this folder.

a64=aarch64-unknown-linux-musl a32=armv7-unknown-linux-gnueabihf m=thumbv7em-none-eabihf

# Target and processor, one a line; the microcontrollers' programs are compiled for their core.
export PROCESSORS="$a64 max
$a64 cortex-a72
$a32 max
$m cortex-m4
$m cortex-m7"

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld
export CARGO_TARGET_ARMV7_UNKNOWN_LINUX_GNUEABIHF_LINKER=arm-linux-gnueabihf-gcc

# Builds the programs of the processors on its standard input, and the plugin.
build() {
  local target cpu linux=() cores=()
  while read -r target cpu; do
    case $target in
      "$m") cores+=("$cpu") ;;
      *) [[ " ${linux[*]} " == *" $target "* ]] || linux+=(--target "$target") ;;
    esac
  done
  cargo build --quiet --locked --release -p insn-count
  # Not all at once: what one target needs of `std` would be asked of the others.
  [ ${#linux[@]} -eq 0 ] || cargo build --quiet --locked --release -p stages "${linux[@]}"
  for cpu in "${cores[@]}"; do
    CARGO_TARGET_THUMBV7EM_NONE_EABIHF_RUSTFLAGS="-C target-cpu=$cpu" \
      cargo build --quiet --locked --release -p stages --target "$m"
    cp "target/$m/release/stages" "target/stages-$cpu"
  done
}

# Runs the program of a target on a processor; what is left of the arguments goes to QEMU. The
# environment is empty, as it lies on the program's stack.
launch() {
  local target=$1 cpu=$2 board
  shift 2
  case $target in
    "$a64") env -i "$(command -v qemu-aarch64)" -cpu "$cpu" "$@" "target/$target/release/stages" ;;
    "$a32") env -i "$(command -v qemu-arm)" -L /usr/arm-linux-gnueabihf -cpu "$cpu" "$@" \
      "target/$target/release/stages" ;;
    "$m")
      case $cpu in
        cortex-m4) board=mps2-an386 ;;
        cortex-m7) board=mps2-an500 ;;
      esac
      qemu-system-arm -M $board -icount shift=0,align=off,sleep=off -nographic -monitor none \
        -serial none -semihosting-config enable=on,target=native "$@" -kernel "target/stages-$cpu"
      ;;
  esac
}

# Counts on one processor, twice: a row of the table for each stage. With TOP=30 the functions that
# take most go to standard error, as does all else that the program says.
measure() {
  local first second
  first=$(measure_once "$@")
  second=$(TOP=0 measure_once "$@" 2>/dev/null)
  if [ "$first" != "$second" ]; then
    echo "$1 on $2: two runs of one program differ" >&2
    diff <(echo "$first") <(echo "$second") >&2 || true
    return 1
  fi
  echo "$first"
}

measure_once() {
  local target=$1 cpu=$2 work status=0
  work=$(mktemp -d)
  launch "$target" "$cpu" -d plugin -D "$work/counts" \
    -plugin "target/release/libinsn_count.so,from=count_from,to=count_to,top=${TOP:-0}" \
    >"$work/said" || status=$?
  if [ $status -ne 0 ]; then
    echo "$target on $cpu: exit status $status" >&2
    cat "$work/said" >&2
  else
    awk -F '|' -v target="$target" -v cpu="$cpu" '
      FNR == NR && $1 == "stage" { stage[++stages] = $2; kernels[stages] = $3; of[stages] = $4; next }
      FNR == NR { print target " on " cpu ": " $0 >"/dev/stderr"; next }
      split($0, word, " ") && word[2] == "total" {
        counted++
        if (counted > stages) exit
        each = word[1] / of[counted]
        printf "| %-29s | %-10s | %-12s | %-20s | %12.0f | %16s | %8s | %7s |\n",
          target, cpu, kernels[counted], stage[counted], word[1], of[counted],
          sprintf(each < 1000 ? "%.3f" : "%.0f", each), ""
        next
      }
      { print target " on " cpu ", " stage[counted] ": " $0 >"/dev/stderr" }
      END {
        if (stages == 0 || counted != stages) {
          print target " on " cpu ": " stages + 0 " stages, but " counted + 0 " counts" >"/dev/stderr"
          exit 1
        }
      }
    ' "$work/said" "$work/counts" || status=$?
  fi
  rm -r "$work"
  return $status
}

# What stands above the rows.
header() {
  cat <<END
# Instructions of each stage

Counted by \`count\`; the [README](README.md) tells what, and how this table is read and brought up to date.
Compiled by $(rustc --version).

END
  local form="| %-29s | %-10s | %-12s | %-20s | %12s | %16s | %8s | %7s |\n"
  # shellcheck disable=SC2059
  printf "$form" target processor kernels stage instructions of "for each" "at most"
  # shellcheck disable=SC2059
  printf "$form" --- --- --- --- ---: ---: ---: ---:
}
