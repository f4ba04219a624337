# Tests of the packages in a clean root: a minimal system of the same release, with nothing of Swift and nothing of ours.
#
# Sourced by test-packages.sh (`check`, $scratch, $debs ...). Needs no systemd: the lines of the unit are run as it would run them, by a
# user of no rights. Downloads are kept in .build/clean-root.
#
# A Swift program needs /proc: its runtime finds the arguments by /proc/self/maps, and libdispatch stops a program whose threads it cannot
# look up. Where /proc cannot be mounted in there, as in most containers, our programs run outside, with the loader and all libraries of
# the clean root; everything else still runs inside.

cache=$root/.build/clean-root
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
clean=$scratch/clean
# Ids of nobody in there.
learner_id=60001 hub_id=60002

if unshare --mount true 2>/dev/null; then mounts=1; else mounts=; fi
variables=(PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"})

# Becomes a program of the packages or an app, by a user. For a subshell. Arguments that begin with / are files of the clean root.
inside() { # UID PROGRAM ARGUMENT...
  local id=$1 argument arguments=() there=$clean loader
  shift
  [ -z "$mounts" ] || there=
  for argument in "$@"; do
    case $argument in /*) argument=$there$argument ;; esac
    arguments+=("$argument")
  done
  variables+=(HOME="$there/home/learner" SATCHEL_HUB_STORE="$there/var/lib/satchel/hub.sqlite")
  if [ -n "$mounts" ]; then
    # A mount of one's own ends with the program.
    exec unshare --mount bash -c 'mount -t proc proc "$1/proc" && shift && exec "$@"' _ "$clean" \
      chroot --userspec="$id:$id" "$clean" env -i "${variables[@]}" "${arguments[@]}"
  else
    loader=$(echo "$clean"/usr/lib/*-linux-gnu/ld-linux-*.so.*)
    exec setpriv --reuid="$id" --regid="$id" --clear-groups env -i "${variables[@]}" \
      "$loader" --library-path "$(dirname "$loader")" "${arguments[@]}"
  fi
}
as_learner() (inside $learner_id "$@")
as_keeper() (inside 0 "$@")
as_root() { chroot "$clean" env -i "${variables[@]}" "$@"; }
deb() { echo "/debs/$1_${version}_$(dpkg --print-architecture).deb"; }
get() { as_root apt-get install -y -qq --no-install-recommends "$@"; }

# Where this machine gets its packages from, one `URI SUITE COMPONENT` a line; the release itself comes first.
sources() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' | sort -u |
    awk -v suite="$suite" '$2 == suite { print; next } index($2, suite "-") == 1 { rest = rest $0 "\n" } END { printf "%s", rest }'
}

a_clean_root_is_made() {
  mkdir -p "$cache/archives"
  if [ ! -e "$cache/$suite.tar" ]; then
    local mirror
    mirror=$(sources | head -1 | cut -d' ' -f1)
    debootstrap --variant=minbase "$suite" "$scratch/bootstrap" "$mirror" || { cat "$scratch/bootstrap/debootstrap/debootstrap.log"; return 1; }
    # Outside of the folder until it is whole.
    tar -C "$scratch/bootstrap" --exclude='./proc/*' --exclude='./sys/*' --exclude='./var/cache/apt/archives/*.deb' -cf "$cache/$suite.tar.part" .
    mv "$cache/$suite.tar.part" "$cache/$suite.tar"
    rm -rf --one-file-system "$scratch/bootstrap"
  fi
  chmod 711 "$scratch"
  mkdir "$clean"
  tar -C "$clean" -xf "$cache/$suite.tar"
  cp /etc/resolv.conf "$clean/etc/resolv.conf"
  sources | sed 's/^/deb /' >"$clean/etc/apt/sources.list"
  find "$cache/archives" -name '*.deb' -exec cp -t "$clean/var/cache/apt/archives" {} +
  # So that what was downloaded can be kept.
  echo 'Binary::apt-get::APT::Keep-Downloaded-Packages "true"; APT::Keep-Downloaded-Packages "true";' >"$clean/etc/apt/apt.conf.d/keep"
  as_root apt-get update -qq
  install -d -o $learner_id -g $learner_id "$clean/home/learner"
  mkdir "$clean/debs"
  cp "$debs"/*satchel*_"$version"_*.deb "$clean/debs/"
  cp "$root"/Fixtures/course/*.satchelpack "$clean/home/course.satchelpack"
}

packages_install() {
  get "$(deb libsatchel0)" "$(deb satchel)" "$(deb satchel-hub)"
  as_root dpkg --audit | tee "$scratch/audit"
  [ ! -s "$scratch/audit" ]
  [ "$(as_learner /usr/bin/satchel --version)" = "$version" ]
  [ "$(as_learner /usr/bin/satchel-hub --version)" = "$version" ]
  # Nothing runs, and nothing will run at the next boot, that its keeper did not start.
  [ -z "$(find "$clean/etc/systemd" -name 'satchel*')" ]
  find "$clean/var/cache/apt/archives" -name '*.deb' -exec cp -t "$cache/archives" {} +
}

a_lesson_is_taken() {
  as_learner /usr/bin/satchel init
  as_learner /usr/bin/satchel import /home/course.satchelpack
  as_learner /usr/bin/satchel learner add --name Mei
  local item
  item=$(as_learner /usr/bin/satchel next Mei --json | sed -n 's/.*"item":"\([^"]*\)".*/\1/p')
  echo "next: $item"
  [ -n "$item" ]
  as_learner /usr/bin/satchel record Mei "$item" --correct --duration-ms 4000
  as_learner /usr/bin/satchel next Mei -n 3 --explain
  as_learner /usr/bin/satchel doctor --deep
}

# Becomes the program of a line of the installed unit, with the environment that the unit gives. For a subshell.
become() { # ExecStartPre|ExecStart
  local unit=$clean/lib/systemd/system/satchel-hub.service line assignment
  line=$(sed -n "s/^$1=//p" "$unit")
  while IFS= read -r assignment; do export "${assignment//%S//var/lib}"; done < <(sed -n 's/^Environment=//p' "$unit")
  [ "$SATCHEL_HUB_STORE" = /var/lib/satchel/hub.sqlite ]
  # As /etc/satchel/hub.env would say: this machine only.
  SATCHEL_HUB_LISTEN=$listen
  # systemd splits $A into words and keeps ${A} as one, as the shell does with quotes.
  eval "set -- ${line//\$\{SATCHEL_HUB_LISTEN\}/\"\$SATCHEL_HUB_LISTEN\"}"
  umask "$(sed -n 's/^UMask=//p' "$unit")"
  inside $hub_id "$@"
}

# Starts the hub as the unit does, at $listen; leaves its process in $hub and its address in $url.
start_hub() {
  (become ExecStartPre)
  : >"$scratch/hub.log"
  become ExecStart >"$scratch/hub.log" 2>&1 &
  hub=$!
  local tries
  for tries in {1..150}; do
    url=$(sed -n 's/^listening on //p' "$scratch/hub.log")
    [ -z "$url" ] || return 0
    kill -0 $hub || break
    sleep 0.2
  done
  cat "$scratch/hub.log"
  return 1
}

# Ends the hub and waits: it ends by itself with status 0.
stop_hub() {
  kill -TERM $hub
  wait $hub
}

a_round_is_synced_with_the_service() {
  local hub='' url='' code listen=127.0.0.1:0
  trap '[ -z "${hub:-}" ] || kill "$hub" 2>/dev/null || true' EXIT
  install -d -m 700 -o $hub_id -g $hub_id "$clean/var/lib/satchel"
  start_hub
  [[ $url == https://127.0.0.1:* ]]

  # What a keeper does as root leaves the hub's files to the hub.
  keeper() { as_keeper /usr/bin/satchel-hub "$@"; }
  keeper class add 3B
  code=$(keeper invite --json | sed -n 's/.*"code":"\([^"]*\)".*/\1/p')
  as_learner /usr/bin/satchel enroll "$url" --code "$code"
  as_learner /usr/bin/satchel sync --json | tee "$scratch/round"
  grep -q '"converged":true' "$scratch/round"
  grep -qE '"records_sent":[1-9]' "$scratch/round"
  # The hub knows that a device is in step when it comes again.
  as_learner /usr/bin/satchel sync
  keeper devices --json | tee "$scratch/devices"
  grep -q '"converged":true' "$scratch/devices"
  keeper publish pack /home/course.satchelpack --channel stable
  stop_hub
  keeper doctor --deep
  ls -ln "$clean/var/lib/satchel"
  find "$clean/var/lib/satchel" -type f \( -not -user $hub_id -o -perm /077 \) -not -name '*.beacon' | tee "$scratch/foreign"
  [ ! -s "$scratch/foreign" ]

  # After the keeper's work the hub's own user still can all, and devices know it again.
  listen=${url#https://}
  start_hub
  as_learner /usr/bin/satchel record Mei add-within-20-01 --wrong
  as_learner /usr/bin/satchel sync --json | tee "$scratch/round"
  grep -q '"converged":true' "$scratch/round"
  stop_hub
  hub=''
}

a_built_app_runs_without_headers() {
  [ -e "$scratch/example/lesson" ] || example_compiles_by_pkg_config
  cp "$scratch/example/lesson" "$clean/home/lesson"
  lesson_is_taken_by /home/lesson built
}

lesson_is_taken_by() { # PROGRAM STORE
  printf '1\n' | as_learner "$1" "/home/learner/$2.sqlite" /home/course.satchelpack Mei | tee "$scratch/said"
  grep -q '^1 answers' "$scratch/said"
}

an_app_is_built_with_the_dev_package() {
  get "$(deb libsatchel-dev)" gcc libc6-dev pkg-config make
  find "$clean/var/cache/apt/archives" -name '*.deb' -exec cp -t "$cache/archives" {} +
  cp -r "$root/Docs/Examples/c" "$clean/home/source"
  rm -f "$clean/home/source/lesson"
  as_root make -C /home/source
  lesson_is_taken_by /home/source/lesson inside
}

a_purge_leaves_only_the_schools_records() {
  as_root apt-get purge -y -qq libsatchel0 libsatchel-dev satchel satchel-hub
  [ -e "$clean/var/lib/satchel/hub.sqlite" ]
  find "$clean" -name '*satchel*' -not -path "$clean/home/*" -not -path "$clean/debs/*" -not -path "$clean/var/lib/satchel*" \
    -not -path "$clean/var/log/*" | tee "$scratch/left"
  [ ! -s "$scratch/left" ]
}

check "a clean root of $suite is made" a_clean_root_is_made
check "the packages install there and start nothing" packages_install
check "a lesson is taken there" a_lesson_is_taken
check "the hub of the systemd unit syncs a round there" a_round_is_synced_with_the_service
check "an app that was built elsewhere runs there" a_built_app_runs_without_headers
check "an app is built there with libsatchel-dev" an_app_is_built_with_the_dev_package
check "a purge leaves only the school's records" a_purge_leaves_only_the_schools_records
