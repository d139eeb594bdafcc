#!/bin/sh
# Make a small git repository to run the example plan on: sh make_sample.sh FOLDER
set -eu

folder=${1:?"usage: sh make_sample.sh FOLDER"}
if [ -e "$folder" ]; then
    echo "$folder is there already: remove it or name another folder" >&2
    exit 1
fi

mkdir -p "$folder/shop" "$folder/tests" "$folder/data"
cd "$folder"
cat > README.md <<'TEXT'
# A bookshop

Nearly empty: the plan of the example writes it.
TEXT
printf '# Changes\n\n' > CHANGELOG.md
echo 0.1 > VERSION
printf 'title,cents\nEmma,999\nUlysses,1499\nMiddlemarch,1250\n' > data/books.csv
: > shop/__init__.py
: > tests/__init__.py

git init --quiet .
git add .
git -c user.name="uet example" -c user.email=example@localhost -c commit.gpgsign=false \
    -c core.hooksPath=/dev/null commit --quiet --message "Begin a bookshop"
