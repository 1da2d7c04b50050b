#!/bin/bash
# On every worker: codemix, with the arguments given here, in the folder where it is installed. Says how it ended, since
# not every way to a worker brings exit statuses back.

cd "$(dirname "$0")/../.." || exit 1
[ -d .venv ] && export PATH="$PWD/.venv/bin:$PATH"

# One at a time: what a lost connection has left is asked to stop, saves, and frees the accelerators.
left=$(cat .running 2> /dev/null)
if [ -n "$left" ] && grep --quiet --text codemix "/proc/$left/cmdline" 2> /dev/null; then
    kill -TERM "$left"
    while kill -0 "$left" 2> /dev/null; do sleep 1; done
fi

codemix "$@" &
child=$!
echo $child > .running
trap 'kill -TERM $child' TERM
wait $child
status=$?
while kill -0 $child 2> /dev/null; do # a signal has interrupted the wait, and codemix still saves
    wait $child
    status=$?
done
rm -f .running
echo "codemix-exit-status $status"
exit $status
