# The service of the package that is installed in a guest that runs. To be sourced by `check`.

unit() { in_guest systemctl show -P "$1" edgecull.service; }
journal() { in_guest journalctl -u edgecull --no-pager -o cat; }
# Waits until a command says yes.
until_true() {
  local i what=$1
  shift
  for ((i = 0; i < 150; i++)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.2
  done
  journal >&2
  fail "$what"
}
frames() { in_guest edgecull tether list --spool /var/lib/edgecull/spool --format ndjson; }
restarted() { [ "$(unit NRestarts)" -ge 1 ] && [ "$(unit ActiveState)" = active ]; }

# Does something to the service; when that fails, what it logged tells more.
service() { in_guest systemctl "$@" edgecull.service || { journal >&2; fail "systemctl $*"; }; }

# A camera starts nothing where nobody asked for it.
in_guest systemctl start edgecull-camera.target
[ "$(unit ActiveState)" = inactive ] || fail "a camera started a service that is off"

# As it comes: cameras on USB, frames stay in the spool.
service enable --quiet --now
[ "$(unit ActiveState)" = active ] || fail "the service does not run with the configuration that it comes with"
service stop
in_guest systemctl start edgecull-camera.target
until_true "a camera does not start a service that is on" in_guest systemctl is-active --quiet edgecull

# By FTP, with a password from the credential store, to a folder, as README.Debian says.
install -d -m 700 "$root/etc/credstore"
echo hunter2 >"$root/etc/credstore/edgecull.ftp-password"
chmod 600 "$root/etc/credstore/edgecull.ftp-password"
install -d -g users -m 2775 "$root/srv/photos"
install -d "$root/etc/systemd/system/edgecull.service.d"
printf '[Service]\nReadWritePaths=/srv/photos\nSupplementaryGroups=users\n' >"$root/etc/systemd/system/edgecull.service.d/override.conf"
sed -i 's|^sources = .*|sources = ["ftp://127.0.0.1:2121"]|; s|^#user = |user = |; s|^#to = .*|to = "/srv/photos"|' \
  "$root/etc/edgecull/edgecull.toml"
in_guest systemctl daemon-reload
service restart
put() {
  on_guest_network curl --silent --show-error --max-time 60 --retry 10 --retry-connrefused --user camera:hunter2 -T "$root/root/shoot/$1" ftp://127.0.0.1:2121/
}
for frame in EDGE0002.JPG EDGE0003.JPG; do
  put $frame || { journal >&2; fail "$frame was not taken"; }
done
until_true "what is kept was not handed on" test -f "$root/srv/photos/EDGE0002.JPG"
cmp "$root/root/shoot/EDGE0002.JPG" "$root/srv/photos/EDGE0002.JPG"
[ "$(stat -c %a:%G "$root/srv/photos/EDGE0002.JPG")" = 644:users ] || fail "others cannot read what was handed on"
frames | grep -q EDGE0003.JPG || fail "the list lacks what was rejected"
[ ! -f "$root/srv/photos/EDGE0003.JPG" ] || fail "what was rejected was handed on"

# Its sandbox: it is nobody that was there before, and reaches nothing else.
user=$(ps -o uid= -p "$(pgrep -P "$guest" -x edgecull)" | tr -d ' ')
[ "$user" -ge 61184 ] && [ "$user" -le 65519 ] || fail "the service runs as user $user"
[ "$(stat -c %u "$root/var/lib/private/edgecull/spool")" = "$user" ] || fail "the spool is not the service's"

# Reload, a crash, a stop.
sed -i 's/^#deliver = .*/deliver = "all"/' "$root/etc/edgecull/edgecull.toml"
service reload
until_true "the service does not read its configuration again" test -f "$root/srv/photos/EDGE0003.JPG"
service kill --signal=KILL
until_true "the service is not restarted after a crash" restarted
put EDGE0001.JPG || fail "nothing is taken after a crash"
until_true "nothing is handed on after a crash" test -f "$root/srv/photos/EDGE0001.JPG"
begin=$(date +%s)
service stop
[ $(($(date +%s) - begin)) -le 5 ] || fail "stopping takes too long"
[ "$(unit Result)" = success ] || fail "stopped with $(unit Result)"

# What is wrong is said once.
cp "$root/etc/edgecull/edgecull.toml" "$work/kept.toml"
echo 'speed = 1' >>"$root/etc/edgecull/edgecull.toml"
! in_guest systemctl start edgecull 2>/dev/null || fail "a wrong configuration is taken"
sleep 3
[ "$(unit ActiveState)" = failed ] || fail "a wrong configuration is tried again and again"
journal | grep -q 'speed' || fail "the log does not say what is wrong"
cp "$work/kept.toml" "$root/etc/edgecull/edgecull.toml"

# One frame waits in the spool from here on.
sed -i 's/^to = .*/to = "\/srv\/away"/' "$root/etc/edgecull/edgecull.toml"
service reset-failed
service start
put EDGE0004.JPG || fail "nothing is taken while the host is away"
service stop
