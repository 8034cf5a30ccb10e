#!/bin/sh
# Runs a command as a container would: `enter.sh ROOT FOLDER VOLUME COMMAND…`, in a user and a mount namespace of its own. ROOT is
# an empty folder, where the root file system of the command is put together; FOLDER is one of conditions.ts, VOLUME a folder of
# the disk for it.
set -eu
root=$1
folder=$2
volume=$3
shift 3
mount -t tmpfs -o mode=755 none "$root"
for path in /*; do
  inside=$root$path
  if [ "$path" = /tmp ]; then
    continue
  elif [ -L "$path" ]; then
    cp -P "$path" "$inside"
  elif [ -d "$path" ]; then
    mkdir "$inside"
    mount --rbind "$path" "$inside"
    # What is mounted below it stays as it is, as in containers: /proc, /sys, /dev/shm.
    mount -o remount,bind,ro "$inside"
  fi
done
unset TMPDIR TMP TEMP
case $folder in
  none) ;;
  volume)
    mkdir "$root/volume"
    mount --bind "$volume" "$root/volume"
    export TMPDIR=/volume
    ;;
  *)
    mkdir "$root/tmp"
    mount -t tmpfs -o "mode=777,size=64m" none "$root/tmp"
    if [ "$folder" = full ]; then head -c 64m /dev/zero > "$root/tmp/full"; fi
    ;;
esac
mount -o remount,ro "$root"
# No user may keep a capability that lets it write where it must not: another namespace leaves them behind.
exec unshare --root="$root" --wd="$PWD" --user --map-user=1000 --map-group=1000 "$@"
