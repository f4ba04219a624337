satchel-hub init --store class.sqlite
satchel-hub serve --store class.sqlite
