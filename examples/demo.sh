#!/bin/sh
# Run the example plan on a new sample repository: sh demo.sh FOLDER-OF-UET [SAMPLE-FOLDER]
set -eu

examples=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "${1:?"usage: sh demo.sh FOLDER-OF-UET [SAMPLE-FOLDER]"}" && pwd)
sample=${2:-"$(dirname "$examples")/demo"}

# Each demo begins afresh; only a folder that an earlier one made is removed.
if [ -e "$sample/.uet-demo" ]; then
    rm -rf "$sample"
fi
sh "$examples/make_sample.sh" "$sample"
cp -r "$examples/shop" "$sample/plan"
cd "$sample"
printf '.uet-demo\n/plan/\n' >> .git/info/exclude
: > .uet-demo

echo "the plan:"
"$bin/uet" validate plan | sed -n '1,/^critical/p' | sed '$d'
echo "the run:"
"$bin/uet" run plan
echo
echo "on branch uet/run-1:"
git --no-pager log --oneline --first-parent uet/run-1
echo
echo "try it yourself:"
echo "  cd $sample && PATH=$bin:\$PATH"
echo "  edit plan/*, then: uet validate plan && uet run plan"
