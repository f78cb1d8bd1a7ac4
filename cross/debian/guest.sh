# A Debian in a folder, run by a systemd of its own in namespaces of its own: no network but its
# loopback device, its own processes and cgroup. To be sourced.

guest=

# Whether one can be run here: there must be a cgroup2 that can be written to, and namespaces.
can_boot() {
  local mounts
  mounts=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  [ -n "$mounts" ] && mkdir "$mounts/edgecull-check-$$" 2>/dev/null && rmdir "$mounts/edgecull-check-$$" &&
    unshare --mount --pid --fork --uts --ipc --cgroup --net true 2>/dev/null
}

# Boots the Debian in a folder; sets `guest` to its first process.
boot_guest() {
  local group=none mounts i
  mounts=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
  group=$mounts/edgecull-check-$$
  mkdir "$group"
  (
    echo "$BASHPID" >"$group/cgroup.procs"
    # shellcheck disable=SC2016 # for the shell inside
    exec unshare --mount --pid --fork --uts --ipc --cgroup --net --kill-child=KILL bash -euc '
      mount --make-rprivate /
      mount --bind "$1" "$1"
      cd "$1"
      mount -t proc proc proc
      mount -t sysfs -o ro sys sys
      mount -t cgroup2 cgroup sys/fs/cgroup
      mount -t tmpfs -o mode=755 run run
      mount -t tmpfs -o mode=1777 tmp tmp
      mount -t tmpfs -o mode=755 dev dev
      for node in null zero full random urandom tty; do
        : >"dev/$node"
        mount --bind "/dev/$node" "dev/$node"
      done
      mkdir dev/pts dev/shm
      ln -s /proc/self/fd dev/fd
      mkdir -p mnt/old
      pivot_root . mnt/old
      umount -l /mnt/old
      rmdir /mnt/old
      # As systemd has it outside of containers: credentials get to a service by propagation.
      mount --make-rshared /
      exec env -i container=edgecull PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=basic.target
    ' boot "$1"
  ) </dev/null >/dev/null 2>&1 &
  guest_group=$group guest_unshare=$!
  for ((i = 0; i < 300; i++)); do
    guest=$(pgrep -P "$guest_unshare" | head -n 1) || guest=
    if [ -n "$guest" ] && in_guest systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; then
      return
    fi
    sleep 0.2
  done
  stop "systemd does not come up in namespaces here"
}

# Runs a program of the guest in it.
in_guest() {
  nsenter --target "$guest" --mount --pid --uts --ipc --net --cgroup --root --wd=/ \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_PAGER= "$@"
}

# Runs a program of this machine on the guest's network.
on_guest_network() { nsenter --target "$guest" --net "$@"; }

halt_guest() {
  [ -n "$guest" ] || return 0
  # Its first process takes all others with it.
  kill -KILL "$guest" 2>/dev/null || true
  wait "$guest_unshare" 2>/dev/null || true
  guest=
  find "$guest_group" -depth -type d -exec rmdir {} + 2>/dev/null || true
}
